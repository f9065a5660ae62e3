"""What once broke a reader, tried before anything is made up. A file's bytes; where it lies is added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FOUND: Mapping[str, Sequence[Any]] = {
    "settings": [("media", ""), ("fuse", "1"), ("media", "null")],
    "profiles": [b"\x80seed: 3\n", b"fuse: x\n", b"- a\n", b""],
    "csv rows": [[["\r0"]]],
    "csv": [b"ID\r\xef\xbb\xbf", bytes(2000), b"\xff\xfe", b'"' * 3000],
    "transcripts": [(".srt", bytes(2000)), (".lrc", "[00:00.10]" * 200 + "words\n"), (".txt", "\n" * 3000 + "word\n")],
    "features": [
        ("table.csv", b"\x80id,shard,rows,problem\n"),
        ("table.csv", b"\x00id,shard,rows,problem\nx,shard-00000.safetensors,1,\n"),
        ("table.csv", b"id,shard,rows,problem\nz,shard-00000.safetensors,1,\n"),
    ],
    "requests": [
        ("GET", "/", [(b"host", b"127.0.0.1:8000"), (b"range", asked)], b"")
        for asked in (b"bytes=-1-", b"lines=1-2", b"bytes=9999999-")
    ],
}
"""Target → values, as its strategy makes them but for the folder."""
FILES = ("profiles", "csv")
"""Targets whose value is bytes alone."""
PLACED = ("features",)
"""Targets whose value ends with the folder."""
EDITED: Sequence[tuple[str, str | bytes, int]] = (
    *(("label spaces", text, 0) for text in (b"!!int", b"!!bool x", b"!!timestamp x", b"!!float ''", b"!!null [x: ]")),
    *(
        ("label spaces", b"labels: [calm, glad]\n" + text, 0)
        for text in (b"order: " + b"nominal" * 400, b"name: [" + b"x, " * 900 + b"x]", b"order: 0x" + b"f" * 5000)
    ),
    (
        "heads",
        b'{"schema":"linear-head/1","space":"","labels":["N","W","","P","S"],"feature_names":["",""],"penalty":0,'
        b'"balanced":true,"temperature":{}}',
        0,
    ),
    ("scalers", b'{"mean": [0.0], "scale": [1' + b"0" * 400 + b"]}", 0),
    ("scalers", b'{"mean": [0.0, NaN], "scale": [1, 2]}', 0),
    ("scalers", b'{"mean": ' + b"[" * 100_000, 0),
    ("features, table", b"id,shard,rows,problem\n,/,,", 0),
)
"""(target of `tests.fuzz.targets`, edited value, number) of cases that once broke a reader."""
