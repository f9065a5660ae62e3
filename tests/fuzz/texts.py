"""Readers of text: replies, transcripts, claims, csv, settings."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import yaml
from hypothesis import strategies as st

from eval.claims.find import find_claims
from eval.errors import EvalError
from eval.tables.validate import validate_file as validate
from harness.config import load_profile, make_config
from harness.faults import ClipError, HarnessFault
from harness.inputs.table import read_ids, read_rows
from harness.output.tables import csv_line, neutral_cell
from harness.records.answers import read_answer
from harness.records.csv_rows import lists_of
from harness.records.labels import SPACES
from models.transcription.sidecar import parse_sidecar
from tests.fuzz.made import JSON, damaged, pieced

REPLY_PIECES = (
    *("<think>", "</think>", "<answer>", "</answer>", "<｜end▁of▁sentence｜>", "[/INST]", "＜answer＞", "【答案】"),
    *(
        "SPOS",
        "WNEG",
        "happy",
        "neutral",
        "强烈正面",
        "负面",
        "\\boxed{",
        "}",
        "<|begin_of_box|>",
        "<|end_of_box|>",
    ),
    *(
        "**Answer:** ",
        '"label": "',
        "最终答案：",
        "the sentiment is ",
        "could",
        "如果",
        "I'm sorry",
        "```json\n{",
        "\n",
    ),
    *("&lt;answer&gt;", ".", "。", " ", "not ", "<", "[", "{", "("),
)
REPLIES = pieced(REPLY_PIECES)
TIMED_PIECES = (
    *("1\n", "00:00:01,000", " --> ", "00:00:02.5", "\n\n", "\r\n", "\r", "WEBVTT\n\n", "NOTE\n", "STYLE\n"),
    *(
        "[Script Info]\n",
        "[Events]\n",
        "Format: Start, End, Text\n",
        "Dialogue: ",
        "0,0:00:01.00,0:00:02.00,",
        "{\\p1}",
    ),
    *(
        "[00:01.00]",
        "[offset:",
        "]",
        "<v Ann>",
        "<i>",
        "</i>",
        "♪",
        "[掌声]",
        "(laughs)",
        "- ",
        ">> ",
        "Ann: ",
        "words ",
    ),
    *("你好", "<00:00:01.5>", "&amp;", "{y:i}", "\ufeff", "\u202e", "\x00", "\\N", "[00:01 -> 00:02] "),
)
TIMED = pieced(TIMED_PIECES)
SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".lrc", ".txt")
GOOD_SIDECARS = (
    b"1\n00:00:00,000 --> 00:00:01,000\nhello [laughs]\n\n2\n00:00:01,500 --> 00:00:02,000\nyes\n",
    "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>你好</v>\n".encode("utf-16"),
    "[00:01.00][00:05.00]我们\n[00:02.00]走吧\n".encode("gbk"),
    b"[Script Info]\n[Events]\nFormat: Layer, Start, End, Text\nDialogue: 0,0:00:01.00,0:00:02.00,{\\i1}hi\n",
)
SIDECAR_TEXTS = (
    "1\n00:00:00,000 --> 00:00:01,000\nhello [laughs]\n\n2\n00:00:01,500 --> 00:00:02,000\n- yes\n- no\n",
    "WEBVTT\n\nSTYLE\n::cue {}\n\n1\n00:00.000 --> 00:01.000 align:start\n<v Ann>你好</v> <00:00:00.500>&amp; hi\n",
    "[ar:x]\n[offset:100]\n[00:01.00][00:05.00]我们\n[00:02.00]<00:02.50>走吧\n",
    "[Script Info]\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ann,{\\i1}hi{\\i0}\\Nthere\n",
    "Ann: I am glad. (laughs)\n[掌声] 我很高兴 ♪ la ♪\n>> and you?\n",
)
CLAIM_PIECES = (
    *(
        "the corners of the mouth ",
        "rise",
        "lips ",
        "are pressed together ",
        "brows ",
        "the voice ",
        "is higher ",
        "pauses ",
    ),
    *(
        "not ",
        "might ",
        "at 2.5 s",
        "from 1 to 3 seconds",
        "嘴角",
        "上扬",
        "没有",
        "眉头",
        "皱起",
        "音调",
        "升高",
        "停顿",
        "在第2秒",
    ),
    *(", ", "。", ". ", "; ", "and ", "和", "“", "”", '"', "(", ")", "Hz", "分贝", "%", "\n"),
)
CLAIMS = pieced(CLAIM_PIECES)
CELLS = st.text(max_size=12) | st.sampled_from(
    ["", '"', ",", "\r", "\n", "=1+1", "SPOS", "a.mp4", "\ufeff", "'", "\t", ";"]
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=6)
TABLE_PIECES = (
    "ID",
    "Label",
    "p_SPOS",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\r",
    '"',
    '""',
    "a.mp4",
    "SPOS",
    "4",
    "=1",
    " ",
    "\ufeff",
)
TABLES = pieced(TABLE_PIECES)
KEYS = st.sampled_from(
    [
        "seed",
        "workers",
        "fuse.weights.text",
        "fuse.strategy",
        "media",
        "media.fps",
        "omni.frames",
        "language",
        "ids",
        "opinions",
    ]
) | st.text(max_size=10)


def answer(value: tuple[str, str, str]) -> None:
    """A reply is a label of the space, or a problem."""
    raw, finish, space = value
    found = read_answer(raw, finish, SPACES[space])
    if found.label is None:
        assert found.problem, "neither a label nor a problem"
    else:
        assert found.label in SPACES[space].labels and not found.problem


ANSWERS = st.tuples(REPLIES, st.sampled_from(["stop", "length"]), st.sampled_from(sorted(SPACES)))


def sidecar(value: tuple[str, str | bytes]) -> None:
    """A transcript is lines whose times are numbers, or a fault that names the file."""
    suffix, content = value
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    try:
        found = parse_sidecar(f"clip{suffix}", data)
    except ClipError as fault:
        assert f"clip{suffix}" in fault.message and fault.remedy
        return
    assert found.segments or found.sounds
    for segment in (*found.segments, *found.sounds):
        for time in (segment.start, segment.end):
            assert time is None or (math.isfinite(time) and time >= 0)
        assert segment.start is None or segment.end is None or segment.end >= segment.start
        assert segment.text.strip()


SIDECARS = st.tuples(st.sampled_from(SUFFIXES), TIMED | damaged(GOOD_SIDECARS) | st.binary(max_size=60))


def claims(text: str) -> None:
    """A claim stands in the text where it says."""
    for claim in find_claims(text):
        assert 0 <= claim.start < claim.end <= len(text)


def csv_file(value: tuple[str | bytes, Path]) -> None:
    """A csv is read by the validator and the reader of small tables, or refused with the file's name."""
    content, folder = value
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    path = folder / "submission.csv"
    path.write_bytes(data)
    for problem in validate(path).problems:
        assert problem.message
    for reader in (read_ids, read_rows):
        try:
            reader(path)
        except HarnessFault as fault:
            assert "submission.csv" in fault.message and fault.remedy
    try:
        validate(path, ids=path)
    except EvalError as fault:
        assert "submission.csv" in str(fault)


def csv_rows(rows: list[list[str]]) -> None:
    """What is written as csv is read back as it was; for people no cell is a formula."""
    text = "".join(map(csv_line, rows))
    back = list(lists_of(io.StringIO(text, newline="")))
    assert back == [row if row != [""] else [] for row in rows]
    assert list(csv.reader(io.StringIO(text, newline=""))) == back
    for cell in (cell for row in rows for cell in row):
        assert neutral_cell(cell)[:1] not in ("=", "@", "\t", "\r")


def setting(value: tuple[str, str]) -> None:
    """A setting is taken, or refused with a remedy."""
    here = Path("x")
    try:
        settings = load_profile("embedded", ["=".join(value)])
        places = {"models_dir": here, "test_data": here, "results": here, "supplements": here}
        make_config(settings, profile="embedded", **places)
    except HarnessFault as fault:
        assert fault.message and fault.remedy, "a refusal says what helps"


SETTINGS = st.tuples(
    KEYS, JSON.map(lambda value: yaml.safe_dump(value).removesuffix("...\n").strip()) | st.text(max_size=12)
)
