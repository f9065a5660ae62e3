"""Names of clips that break programs which make paths, rows, logs or pages out of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

CLIPS = (
    *(
        " .wav",
        "  two  blanks.wav",
        " begins.wav",
        "ends .wav",
        "new\nline.wav",
        "carriage\rreturn.wav",
        "tab\there.wav",
    ),
    *('comma,quote".wav', "'apostrophe.wav", "semi;colon.wav", "back\\slash.wav", "percent%00.wav", "%s%n.wav"),
    *("=1+1.wav", "+1.wav", "-1.wav", "--fresh.wav", "@SUM(A1).wav", "#.wav", "$HOME.wav", "`id`.wav", "$(id).wav"),
    *("<script>alert(1)</script>.wav".replace("/", "∕"), "&amp;.wav", "{{7*7}}.wav", "${7*7}.wav", "{0}.wav"),
    *(
        "星期天.wav",
        "e\u0301.wav",
        "\u00e9.wav",
        "\u202eright-to-left.wav",
        "zero\u200bwidth.wav",
        "😀👩‍👩‍👧.wav",
        "\ufeffbom.wav",
    ),
    *("CON.wav", "nul.wav", "a..wav", "..wav.wav", "...wav", "~.wav", "*.wav", "?.wav", "[a].wav", "|.wav", ":.wav"),
    *(
        "x" * 251 + ".wav",
        "字" * 83 + ".wav",
        "UPPER.WAV",
        "upper.wav",
        "double.wav.wav",
        "true.wav",
        "null.wav",
        "1e5.wav",
    ),
    *(
        "records.wav",
        "report.html.wav",
        ".tmp-x.wav.wav",
        "\x7f.wav",
        "\x1b[31mred.wav",
        "\u2028line.wav",
        "\u0085.wav",
    ),
)
UNDECODABLE = b"\xff\xfe not UTF-8.wav"
HIDDEN = (".hidden.wav", ".wav", "._resource.wav")
NO_CLIPS = (
    *("half.mp4.part", "half.mp4.crdownload", "Thumbs.db", "desktop.ini", "notes.docx", "no-suffix", "picture.jpg"),
    *("labels.xlsx", "table.csv", "run.sh", "weights.safetensors", "orphan.srt", "story.json", "x.", "dots..."),
)


def write_names(folder: Path, sound: bytes) -> Iterator[Path]:
    """Write a clip under every name; yields those that have to have a row. OSError as of writing."""
    for name in CLIPS:
        (folder / name).write_bytes(sound)
        if not name.startswith("."):
            yield folder / name
    odd = folder / os.fsdecode(UNDECODABLE)
    odd.write_bytes(sound)
    yield odd
    for name in HIDDEN:
        (folder / name).write_bytes(sound)


def write_no_clips(folder: Path) -> list[str]:
    """Write files that are no clips; returns their names, which the log has to tell."""
    for name in NO_CLIPS:
        (folder / name).write_bytes(b"x")
    return list(NO_CLIPS)
