"""Binary files are told by their first bytes, whatever they are called."""

from __future__ import annotations

import io
import pickle
import zipfile

import pytest

from harness.inputs.binary import binary_kind
from harness.inputs.encoding import NotText, decode_text


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "Excel workbook"),
        (zipped("[Content_Types].xml", "word/document.xml"), "Word document"),
        (zipped("a.csv"), "zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Excel workbook"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "gzip"),
        (b"PAR1" + bytes(20), "Parquet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "picture"),
        (b"%PDF-1.7\n", "PDF"),
        (b"SQLite format 3\0" + bytes(20), "SQLite"),
        (b"\x93NUMPY\x01\x00", "NumPy"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"\0\0\0\x18ftypisom" + bytes(20), "video"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "sound"),
    ],
)
def test_kinds(data: bytes, word: str) -> None:
    kind = binary_kind(data)
    assert kind is not None and word in kind.what
    assert kind.remedy
    with pytest.raises(NotText, match=word):
        decode_text("labels.csv", data)


@pytest.mark.parametrize("data", [b"ID,Label\n", b"RIFF raff,x\n", b"PAR1,WPOS\n", b"ID3,WPOS\n", b"", "你好".encode()])
def test_text_is_no_binary(data: bytes) -> None:
    assert binary_kind(data) is None
