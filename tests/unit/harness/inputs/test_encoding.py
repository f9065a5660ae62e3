"""Encodings are told by evidence: what was written is read, named, or refused; never something else unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.inputs.encoding import NotText, decode_text, read_text

SIMPLIFIED = "我今天很高兴，真的很开心"
TRADITIONAL = "我今天非常高興，謝謝你們。"
SRT = "1\r\n00:00:00,100 --> 00:00:01,200\r\n{}\r\n"


@pytest.mark.parametrize(
    ("text", "codec", "shown"),
    [
        (SIMPLIFIED, "utf-8", "UTF-8"),
        (SIMPLIFIED, "utf-8-sig", "UTF-8"),
        (SIMPLIFIED, "utf-16", "UTF-16"),
        (SIMPLIFIED, "utf-32", "UTF-32"),
        (SIMPLIFIED, "gbk", "GBK"),
        (SIMPLIFIED, "gb18030", "GBK"),
        ("谢谢", "gbk", "GBK"),  # sound UTF-8 by chance, for two Cyrillic letters
        ("你好", "gbk", "GBK"),
        ("ID,Label\n视频一.mp4,SNEG\n", "gbk", "GBK"),
        (TRADITIONAL, "big5", "Big5"),
        ("我真的很討厭你，你太可惡了", "big5", "Big5"),
        ("你好", "big5", "Big5"),
        (SRT.format(TRADITIONAL), "big5", "Big5"),
        ("I don’t think it’s fair, we’re angry and they’ll see.", "cp1252", "Windows-1252"),
        ("“Hello” – she said…", "cp1252", "Windows-1252"),
        ("C’est déjà très bien, ça va", "cp1252", "Windows-1252"),
        ("café", "cp1252", "Windows-1252"),
        ("今日はとても嬉しいです。ありがとう", "cp932", "Shift-JIS"),
        (SRT.format("今日はとても嬉しいです。"), "cp932", "Shift-JIS"),
        ("今日はとても嬉しいです。ありがとう", "euc_jp", "EUC-JP"),
        ("오늘 정말 기쁩니다. 감사합니다", "cp949", "EUC-KR"),
        (SIMPLIFIED, "utf-16-le", "UTF-16 without a mark"),
        (SIMPLIFIED, "utf-16-be", "UTF-16 without a mark"),
        (SRT.format("I am happy"), "utf-16-le", "UTF-16 without a mark"),
        ("I am happy", "utf-16-be", "UTF-16 without a mark"),
        ("Привет, как дела", "utf-8", "UTF-8"),
        ("😀", "utf-8", "UTF-8"),
    ],
)
def test_what_was_written_is_read(text: str, codec: str, shown: str) -> None:
    decoded = decode_text("a.srt", text.encode(codec))
    assert (decoded.text, decoded.encoding) == (text, shown)


@pytest.mark.parametrize(
    "data",
    [
        "Привет, как дела".encode("cp1251"),
        "Γειά σου κόσμε".encode("cp1253"),
        bytes(range(128, 256)) * 3,
        b"\xff\x80\x81\x00\x01" * 9,
    ],
    ids=["cyrillic", "greek", "all bytes", "noise"],
)
def test_what_cannot_be_told_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match=r"a\.srt") as caught:
        decode_text("a.srt", data)
    assert "UTF-8" in caught.value.remedy


def test_a_broken_place_costs_itself_only() -> None:
    data = "我很高兴\n谢谢你们\n".encode().replace("很".encode(), b"\xff", 1)
    decoded = decode_text("a.srt", data)
    assert (decoded.encoding, decoded.damage) == ("damaged UTF-8", 1)
    assert decoded.text == "我\ufffd高兴\n谢谢你们\n"


def test_only_a_part_in_the_encoding_is_refused_with_its_line() -> None:
    data = (SIMPLIFIED + "\n").encode("gbk") * 5000 + b"\xff\xff\n"
    with pytest.raises(NotText):
        decode_text("a.csv", data)


def test_a_size_is_looked_at_before_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.srt"
    with path.open("wb") as stream:
        stream.truncate(4_000_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("was read"))
    with pytest.raises(NotText, match="4000000000 bytes"):
        read_text(path, 8_000_000)


@given(st.text(alphabet=st.characters(codec="gb2312", min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=8))
@settings(max_examples=60)
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    assert decode_text("a.txt", text.encode()).text == text


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        decode_text("a.txt", data).text.encode()
    except NotText as refusal:
        assert "a.txt" in refusal.message
