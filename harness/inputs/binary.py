"""Files that are no text, told by their first bytes and never by their names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BinaryKind:
    """What a binary file is, in words with its article, and what to do about it."""

    what: str
    remedy: str


_EXCEL = "open it in the spreadsheet and save it as CSV UTF-8"
_UNPACK = "unpack it and name the file inside"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook or another Office file", _EXCEL),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"PAR1", "a Parquet file", "write it as CSV UTF-8 (pandas: read_parquet, to_csv)"),
    (b"ARROW1", "an Arrow file", "write it as CSV UTF-8 (pandas: read_feather, to_csv)"),
    (b"\x89HDF", "an HDF5 file", "write it as CSV UTF-8"),
    (b"\x93NUMPY", "a NumPy array", "write it as CSV UTF-8"),
    (b"SQLite format 3\0", "an SQLite database", "write the table as CSV UTF-8"),
    (b"%PDF-", "a PDF document", "write its table as CSV UTF-8"),
    (b"{\\rtf", "a rich text document", "save it as plain text in UTF-8"),
    (b"\x7fELF", "a program", "name the right file"),
    (b"\x89PNG", "a picture", "name the right file"),
    (b"\xff\xd8\xff", "a picture", "name the right file"),
    (b"RIFF", "a sound or video file", "name the right file"),
    (b"\x1a\x45\xdf\xa3", "a Matroska video", "name the right file"),
    (b"OggS", "a sound file", "name the right file"),
    (b"fLaC", "a sound file", "name the right file"),
    (b"ID3", "a sound file", "name the right file"),
    (b"bplist00", "a property list", "name the right file"),
)
_PICKLE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_ZIPPED: tuple[tuple[bytes, str, str], ...] = (
    (b"xl/", "an Excel workbook", _EXCEL),
    (b"word/", "a Word document", "save it as plain text in UTF-8"),
    (b"ppt/", "a PowerPoint document", "save its table as CSV UTF-8"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet", _EXCEL),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file", "save it as plain text in UTF-8"),
    (b"Index/", "a Numbers or Pages document", "export it as CSV UTF-8"),
)


def binary_kind(data: bytes) -> BinaryKind | None:
    """What a binary file is by its first bytes; None for what may be text."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        inside = data[:4096] + data[-65536:]  # names stand before each member and again in the directory at the end
        for sign, what, remedy in _ZIPPED:
            if sign in inside:
                return BinaryKind(what, remedy)
        return BinaryKind("a zip archive", _UNPACK)
    for magic, what, remedy in _MAGIC:
        if data.startswith(magic) and not (magic in (b"ID3", b"BZh", b"RIFF", b"PAR1") and _looks_like_words(data)):
            return BinaryKind(what, remedy)
    if data.startswith(_PICKLE):
        return BinaryKind("a Python pickle, which is never opened", "write it as CSV UTF-8")
    if data[4:8] == b"ftyp":
        return BinaryKind("a sound or video file", "name the right file")
    return None


def _looks_like_words(data: bytes) -> bool:
    """Whether a short sign of letters only is the beginning of a text: no control characters in its first line."""
    return all(byte >= 0x20 or byte in b"\t\r\n" for byte in data[:64])
