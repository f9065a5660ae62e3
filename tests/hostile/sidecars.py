"""Transcripts beside a clip that are damaged, huge, of another encoding, or something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

TIMED = "1\n00:00:00,000 --> 00:00:00,400\n{}\n\n"
WORDS = "我非常高兴，谢谢你今天来看我们，大家都很开心。"
LARGE = 3_000_000


def contents() -> dict[str, tuple[str, bytes]]:
    """Kind → (suffix, bytes)."""
    srt = TIMED.format(WORDS)
    deep = "<i>" * 50_000 + "words" + "</i>" * 50_000
    return {
        "empty": (".srt", b""),
        "blank": (".txt", b" \n\n \t \n"),
        "bom-alone": (".srt", b"\xef\xbb\xbf"),
        "nul": (".txt", b"words\0words"),
        "nuls": (".srt", bytes(10_000)),
        "random": (".srt", bytes(range(256)) * 40),
        "utf-16": (".srt", srt.encode("utf-16")),
        "utf-16-without-bom": (".srt", srt.encode("utf-16-le")),
        "utf-16-odd": (".srt", srt.encode("utf-16")[:-1]),
        "utf-32": (".srt", srt.encode("utf-32")),
        "gbk": (".srt", (srt * 5).encode("gbk")),
        "big5": (".srt", ("我非常高興，謝謝你今天來看我們" * 5).encode("big5")),
        "mixed": (".txt", WORDS.encode("gbk") + WORDS.encode("utf-8")),
        "surrogates": (".txt", "a\ud800b".encode("utf-8", "surrogatepass")),
        "overlong": (".txt", b"\xc0\x80\xc0\xaf" * 100),
        "no-time": (".srt", b"1\n--> \nwords\n"),
        "malformed-time": (".srt", b"1\n00:00:xx,000 --> 00:00:01,000\nwords\n"),
        "minute-99": (".srt", b"1\n00:99:00,000 --> 00:99:01,000\nwords\n"),
        "backwards": (".srt", b"1\n00:00:02,000 --> 00:00:01,000\nwords\n"),
        "beyond-the-clip": (".srt", b"1\n99:00:00,000 --> 99:59:59,999\nwords\n"),
        "negative": (".srt", b"1\n-00:00:01,000 --> 00:00:01,000\nwords\n"),
        "numbers-alone": (".srt", b"1\n2\n3\n" * 100),
        "many-cues": (".srt", (TIMED.format("word") * 40_000).encode()),
        "one-long-line": (".txt", b"word " * (LARGE // 5)),
        "a-long-word": (".txt", b"w" * LARGE),
        "many-lines": (".txt", b"\n" * LARGE + b"word\n"),
        "too-large": (".srt", b"x" * 40_000_000),
        "markup-without-end": (".srt", TIMED.format("<" * 100_000).encode()),
        "markup-deep": (".srt", TIMED.format(deep).encode()),
        "brackets": (".srt", TIMED.format("[" * 100_000).encode()),
        "sounds-alone": (".srt", TIMED.format("[掌声]").encode()),
        "script": (".srt", TIMED.format("<script>alert(1)</script>").encode()),
        "formula": (".txt", b"=cmd|' /C calc'!A0\n"),
        "csv": (".txt", b'"a","b"\r\n"c\n'),
        "escapes": (".txt", b"\x1b]0;title\x07\x1b[2Jwords\n"),
        "right-to-left": (".txt", "\u202ewords\u202c\u2066\n".encode()),
        "combining": (".txt", ("a" + "\u0301" * 50_000).encode()),
        "vtt-without-head": (".vtt", b"00:00.000 --> 00:00.400\nwords\n"),
        "vtt-note": (".vtt", b"WEBVTT\n\nNOTE\n" + b"x\n" * 50_000),
        "vtt-style": (
            ".vtt",
            b"WEBVTT\n\nSTYLE\n::cue{background:url(file:///etc/passwd)}\n\n00:00.0 --> 00:00.4\nhi\n",
        ),
        "ass-without-events": (".ass", b"[Script Info]\nTitle: x\n"),
        "ass-broken": (".ass", b"[Script Info]\n[Events]\nFormat: Text\nDialogue: 0\nDialogue: {\\p1}m 0 0{\\p0}hi\n"),
        "ass-drawings": (".ass", b"[Events]\nFormat: Start, End, Text\nDialogue: 0:0:0,0:0:1," + b"{\\k1}" * 50_000),
        "lrc-tags": (".lrc", b"[ar:x][ti:y]\n[00:00.00]" + b"[00:00.10]" * 20_000 + b"words\n"),
        "json": (".txt", b'{"text": ["words"]}'),
        "picture": (".srt", b"\x89PNG\r\n\x1a\n" + bytes(1000)),
        "rtf": (".srt", b"{\\rtf1\\ansi words}"),
    }


def write_sidecars(folder: Path, sound: bytes) -> Iterator[Path]:
    """Write a clip for every kind, with the transcript beside it; yields the clips. OSError as of writing."""
    for kind, (suffix, data) in contents().items():
        clip = folder / f"words-{kind}.wav"
        clip.write_bytes(sound)
        clip.with_suffix(suffix).write_bytes(data)
        yield clip
    clip = folder / "words-folder.wav"
    clip.write_bytes(sound)
    clip.with_suffix(".srt").mkdir()
    yield clip
