"""csv files of predictions and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from eval.__main__ import main as evaluate
from tests.hostile.kinds import Kind

GOOD = "ID,Label\na.mp4,SPOS\nb.mp4,SNEG\nc.mp4,NEUT\n"
ROWS = 200_000


def contents() -> dict[str, bytes]:
    """Kind → bytes."""
    good = GOOD.encode()
    return {
        "empty": b"",
        "header alone": b"ID,Label\n",
        "no header": b"a.mp4,SPOS\n",
        "other header": b"x,y\n1,2\n",
        "bom": b"\xef\xbb\xbf" + good,
        "two boms": b"\xef\xbb\xbf\xef\xbb\xbf" + good,
        "utf-16": GOOD.encode("utf-16"),
        "gbk": "ID,Label\n星期天.mp4,SPOS\n".encode("gbk"),
        "nul": good.replace(b"SPOS", b"SP\0OS"),
        "nuls": bytes(50_000),
        "random": bytes(range(256)) * 200,
        "semicolons": good.replace(b",", b";"),
        "tabs": good.replace(b",", b"\t"),
        "carriage returns": good.replace(b"\n", b"\r"),
        "mixed line ends": b"ID,Label\r\na.mp4,SPOS\nb.mp4,SNEG\rc.mp4,NEUT",
        "open quote": good + b'"d.mp4,SPOS\n' * 100,
        "open quote, long": b'ID,Label\n"' + b"a,SPOS\n" * ROWS,
        "quotes": b'ID,Label\n""""""a""","S""POS"\n',
        "many quotes": b"ID,Label\n" + b'"' * 300_000 + b",SPOS\n",
        "one long cell": b"ID,Label\n" + b"a" * 5_000_000 + b",SPOS\n",
        "many columns": b"ID,Label" + b",x" * 50_000 + b"\na,SPOS\n",
        "many commas": b"ID,Label\na,SPOS" + b"," * 500_000 + b"\n",
        "many blank lines": b"ID,Label\n" + b"\n" * 1_000_000 + b"a,SPOS\n",
        "many rows": b"ID,Label\n" + b"".join(b"%d,SPOS\n" % i for i in range(ROWS)),
        "one ID over and over": b"ID,Label\n" + b"a.mp4,SPOS\n" * ROWS,
        "unknown labels": b"ID,Label\n" + b"".join(b"%d,L%d\n" % (i, i) for i in range(20_000)),
        "repeated header": good + good,
        "same column twice": b"ID,Label,Label\na.mp4,SPOS,SNEG\n",
        "too few cells": b"ID,Label\na.mp4\n",
        "too many cells": b"ID,Label\na.mp4,SPOS,x,y\n",
        "formulas": b"ID,Label\n=1+1,SPOS\n@x,=cmd|' /C calc'!A0\n",
        "blank ID": b"ID,Label\n,SPOS\n \t,SPOS\n",
        "marks": "ID,Label\n\u202ea.mp4,SPOS\nb\u200b.mp4,SPOS\n".encode(),
        "escapes": b"ID,Label\n\x1b]0;x\x07.mp4,\x1b[31mSPOS\n",
        "surrogates": "ID,Label\n\ud800,SPOS\n".encode("utf-8", "surrogatepass"),
        "numbers": b"ID,Label\n1,4\n2,-1\n3,1e999\n4,nan\n",
        "probabilities": b"ID,Label,p_SNEG,p_WNEG,p_NEUT,p_WPOS,p_SPOS\na,SPOS,nan,inf,-1,1e999,x\n",
        "html": b"<!DOCTYPE html><table><tr><td>ID</td></tr></table>",
        "json": b'[{"ID": "a", "Label": "SPOS"}]',
        "spreadsheet": b"PK\x03\x04" + bytes(2000),
        "gzip": b"\x1f\x8b\x08" + bytes(1000),
    }


READERS: dict[str, Callable[[str, str], list[str]]] = {
    "validate": lambda bad, good: ["validate", bad],
    "ids": lambda bad, good: ["validate", good, "--ids", bad],
    "predictions": lambda bad, good: ["score", bad, good, "--bootstrap", "0"],
    "labels": lambda bad, good: ["score", good, bad, "--bootstrap", "0"],
    "calibration": lambda bad, good: ["calibration", bad, good],
}
"""Who reads it → the command."""


def kinds() -> Iterator[Kind]:
    """Every content for every reader, and what is no file at all."""
    for reader, words in READERS.items():
        for name, data in contents().items():
            yield Kind(f"csv, {reader}", name, partial(_write, data, words), "")
        yield Kind(f"csv, {reader}", "folder", partial(_write, None, words), "bad.csv")
        yield Kind(f"csv, {reader}", "missing", partial(_write, b"", words, gone=True), "bad.csv")


def _write(
    data: bytes | None, words: Callable[[str, str], list[str]], folder: Path, gone: bool = False
) -> Callable[[], object]:
    bad, good = folder / "bad.csv", folder / "good.csv"
    good.write_text(GOOD, encoding="utf-8")
    if data is None:
        bad.mkdir(exist_ok=True)
    elif not gone:
        bad.write_bytes(data)
    return partial(evaluate, words(str(bad), str(good)))
