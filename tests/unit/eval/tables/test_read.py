"""Ill-formed files: what is accepted in silence, and what gets a message with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.errors import EvalError
from eval.tables.csvfile import read_sheet
from eval.tables.read import read_labels, read_predictions, read_scores
from eval.tables.validate import validate_file
from harness.records.labels import SENTIMENT5

GOOD = "ID,Label\na.mp4,WPOS\nb.mp4,NEUT\n"


def save(folder: Path, content: str | bytes) -> Path:
    path = folder / "p.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.rstrip("\n"),
        GOOD + "\n\n",
        "Label,ID\nWPOS,a.mp4\nNEUT,b.mp4\n",
        "ID,score,Label,note\na.mp4,1,WPOS,x\nb.mp4,2,NEUT,\n",
        '"ID","Label"\n"a.mp4","WPOS"\n"b.mp4","NEUT"\n',
        'ID,text,Label\na.mp4,"one, two\nlines ""so""",WPOS\nb.mp4,,NEUT\n',
        "ID, Label\na.mp4,WPOS\nb.mp4,NEUT\n",
        "\n" + GOOD,
    ],
    ids=[
        "plain",
        "bom",
        "crlf",
        "cr",
        "noend",
        "blankend",
        "reordered",
        "extra",
        "quoted",
        "multiline",
        "space",
        "blankstart",
    ],
)
def test_accepted_in_silence(tmp_path: Path, content: str) -> None:
    table = read_predictions(save(tmp_path, content), SENTIMENT5, exact=True)
    assert table.ids.tolist() == ["a.mp4", "b.mp4"]
    assert table.codes.tolist() == [3, 2]
    assert table.problems == []
    assert validate_file(tmp_path / "p.csv").problems == ()


ODD = {
    "gbk": (
        "ID,Label\na.mp4,WPOS\n片段.mp4,NEUT\n".encode("gbk"),
        "encoding",
        3,
        "not UTF-8 but GBK: save it as UTF-8",
    ),
    "damaged": ("ID,Label\n片段一.mp4,WPOS\n片段\n".encode()[:-3] + b"x.mp4,NEUT\n", "encoding", 3, "damaged UTF-8"),
    "utf16": (GOOD.encode("utf-16"), "encoding", 1, "save it as UTF-8"),
    "semicolon": (GOOD.replace(",", ";"), "separator", 1, "with commas"),
    "tab": (GOOD.replace(",", "\t"), "separator", 1, "with commas"),
    "no header": (GOOD.split("\n", 1)[1], "missing-header", 1, "must be the header ID,Label"),
    "second header": (GOOD + "ID,Label\nc.mp4,SPOS\n", "second-header", 4, "delete the line"),
    "integer": ("ID,Label\na.mp4,WPOS\nb.mp4,3\n", "integer-label", 3, "write one of SNEG"),
    "index column": (",ID,Label\n0,a.mp4,WPOS\n1,b.mp4,NEUT\n", "index-column", 1, "index=False"),
    "unnamed": ("Unnamed: 0,ID,Label\n0,a.mp4,WPOS\n", "index-column", 1, "index=False"),
    "lower-case": (GOOD.replace("ID,Label", "id,label"), "header", 1, "write the header 'ID'"),
    "no extension": ("ID,Label\na.mp4,WPOS\nb,NEUT\n", "id-extension", 3, "whole file name"),
    "folder": ("ID,Label\nTest_Data/a.mp4,WPOS\n", "id-folder", 2, "'a.mp4'"),
    "windows folder": ("ID,Label\nx\\a.mp4,WPOS\n", "id-folder", 2, "'a.mp4'"),
    "formula": ("ID,Label\na.mp4,WPOS\n=HYPERLINK(1),NEUT\n", "formula", 3, "plain text"),
    "formula label": ("ID,Label\na.mp4,@SUM(A1)\n", "formula", 2, "plain text"),
    "computed": ("ID,Label\n#NAME?,WPOS\n", "formula", 2, "write the file again"),
    "duplicate": (GOOD + "a.mp4,SPOS\n", "duplicate", 4, "keep one row"),
    "nul": ("ID,Label\na.mp4,WPOS\nb\0.mp4,NEUT\n", "nul-byte", 3, "write the file again"),
    "open quote": ('ID,Label\na.mp4,WPOS\n"b.mp4,NEUT\nc.mp4,SPOS\n', "quote", 3, "double every quotation mark"),
    "few cells": ("ID,Label\na.mp4\nb.mp4,NEUT\n", "cells", 2, "1 cells where the header has 2"),
    "many cells": ("ID,Label\na.mp4,WPOS,x\n", "cells", 2, "3 cells where the header has 2"),
    "unknown": ("ID,Label\na.mp4,happy\n", "unknown-label", 2, "write one of SNEG"),
    "case": ("ID,Label\na.mp4,wpos\n", "unknown-label", 2, "write WPOS"),
    "alias": ("ID,Label\na.mp4,弱正面\n", "unknown-label", 2, "write WPOS"),
    "no label": ("ID,Label\na.mp4,\n", "empty-label", 2, "write one of"),
    "no id": ("ID,Label\n,WPOS\n", "empty-id", 2, "file name"),
    "space": ("ID,Label\n a.mp4,WPOS\n", "id-space", 2, "'a.mp4'"),
    "header only": ("ID,Label\n", "no-rows", None, "one row ID,Label"),
    "empty": ("", "unreadable", 1, "must be the header ID,Label"),
    "blank": ("\n\n", "unreadable", 1, "must be the header ID,Label"),
    "other columns": ("x,y\n1,2\n", "unreadable", 1, "must be the header ID,Label"),
}


@pytest.mark.parametrize("name", ODD)
def test_message_with_line_and_remedy(tmp_path: Path, name: str) -> None:
    content, kind, line, remedy = ODD[name]
    problems = [p for p in validate_file(save(tmp_path, content)).problems if p.kind == kind]
    # A misspelt header is told column by column, everything else once.
    assert len(problems) == (2 if name == "lower-case" else 1), problems
    assert problems[0].line == line
    assert remedy in problems[0].message


@pytest.mark.parametrize(
    "name",
    ["gbk", "utf16", "semicolon", "tab", "no header", "second header", "index column", "lower-case", "open quote"],
)
def test_what_can_be_read_is_read(tmp_path: Path, name: str) -> None:
    table = read_predictions(save(tmp_path, ODD[name][0]), SENTIMENT5)
    assert table.ids[0] == "a.mp4"
    assert (table.codes >= 0).all()
    assert len(table.ids) >= 2


def test_lines_are_physical_lines(tmp_path: Path) -> None:
    content = 'ID,text,Label\na.mp4,"x\n\ny",WPOS\n\nb.mp4,z,oops\nc.mp4,"q",NEUT\n'
    table = read_predictions(save(tmp_path, content), SENTIMENT5)
    assert table.ids.tolist() == ["a.mp4", "b.mp4", "c.mp4"]
    assert table.lines.tolist() == [2, 6, 7]
    assert [(p.line, p.id) for p in table.problems] == [(6, "b.mp4")]


def test_two_open_quotes_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    content = 'ID,Label\n"a.mp4,WPOS\nb.mp4,NEUT\n"c.mp4,SPOS\nd.mp4,SNEG\n'
    table = read_predictions(save(tmp_path, content), SENTIMENT5)
    assert table.ids.tolist() == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    assert [p.line for p in table.problems if p.kind == "quote"] == [2, 4]


def test_odd_rows_among_many(tmp_path: Path) -> None:
    rows = [f"-clip{i}.mp4,{SENTIMENT5.labels[i % 5]}" for i in range(20_000)]
    rows[777] = '"-quoted, clip.mp4",WPOS'
    rows[15_000] = "-three.mp4,WPOS,extra"
    rows[19_999] = "-x.mp4,sPoS"
    table = read_predictions(save(tmp_path, "ID,Label\n" + "\n".join(rows)), SENTIMENT5)
    assert len(table.ids) == 20_000
    assert (table.lines == np.arange(20_000) + 2).all()
    assert table.ids[777] == "-quoted, clip.mp4"
    assert [(p.line, p.kind) for p in table.problems] == [(15_002, "cells"), (20_001, "label-spelling")]


@pytest.mark.parametrize("rows", ["\ufeffa.mp4,WPOS\nb.mp4,NEUT\n", "b.mp4,NEUT\n\ufeffa.mp4,WPOS\n"])
def test_a_byte_order_mark_in_a_row_is_not_taken_off_in_silence(tmp_path: Path, rows: str) -> None:
    sheet = read_sheet(save(tmp_path, "ID,Label\n" + rows), {"ID": ["ID"], "Label": ["Label"]})
    assert sorted(sheet.columns["ID"]) == ["b.mp4", "\ufeffa.mp4"]
    alone = read_sheet(save(tmp_path, "ID\n\ufeff\n"), {"ID": ["ID"]})
    assert alone.columns["ID"].tolist() == ["\ufeff"]


def test_long_cells_and_a_quote_inside_a_name(tmp_path: Path) -> None:
    content = 'ID,cot,Label\na"1.mp4,x,WPOS\nb.mp4,"' + "想" * 200_000 + '",NEUT\n'
    table = read_predictions(save(tmp_path, content), SENTIMENT5)
    assert table.ids.tolist() == ['a"1.mp4', "b.mp4"] and not table.problems


def test_labels_file_columns_and_errors(tmp_path: Path) -> None:
    path = save(tmp_path, "ID,Label,Language,Speaker\na.mp4,wpos,zh,s1\nb.mp4, NEUT,en,s2\n")
    table = read_labels(path, SENTIMENT5, ["language", "SPEAKER", "absent"])
    assert table.codes.tolist() == [3, 2]
    assert {name: cells.tolist() for name, cells in table.columns.items()} == {
        "language": ["zh", "en"],
        "SPEAKER": ["s1", "s2"],
    }
    with pytest.raises(EvalError, match="no such file"):
        read_labels(tmp_path / "none.csv", SENTIMENT5)
    with pytest.raises(EvalError, match="folder"):
        read_labels(tmp_path, SENTIMENT5)


def test_problems_of_the_labels_file_name_it(tmp_path: Path) -> None:
    table = read_labels(save(tmp_path, GOOD.replace("ID,Label", "id,label")), SENTIMENT5)
    assert table.problems and all(problem.message.startswith("p.csv: ") for problem in table.problems)


def test_scores(tmp_path: Path) -> None:
    table = read_scores(save(tmp_path, "ID,score\na,0.5\nb,oops\nc,inf\nd,-1\nID,score\n"))
    assert table.ids.tolist() == ["a", "b", "c", "d"]
    assert np.isnan(table.values).tolist() == [False, True, True, False]
    assert [(p.line, p.kind) for p in table.problems] == [
        (6, "second-header"),
        (3, "not-a-number"),
        (4, "not-a-number"),
    ]


def test_probability_columns(tmp_path: Path) -> None:
    head = "ID,Label," + ",".join(f"p_{label}" for label in SENTIMENT5.labels)
    table = read_predictions(save(tmp_path, head + "\na,WPOS,0.1,0.2,0.3,0.4,0\nb,NEUT,,,,,\n"), SENTIMENT5)
    assert table.probabilities is not None
    assert table.probabilities[0].tolist() == [0.1, 0.2, 0.3, 0.4, 0]
    assert np.isnan(table.probabilities[1]).all()


def test_against_ids(tmp_path: Path) -> None:
    path = save(tmp_path, GOOD)
    clips = tmp_path / "clips" / "zh"
    clips.mkdir(parents=True)
    for name in ("a.mp4", "c.MP4", "notes.txt", ".hidden.mp4"):
        (clips / name).touch()
    found = {(p.kind, p.id, p.line) for p in validate_file(path, ids=tmp_path / "clips").problems}
    assert found == {("extra", "b.mp4", 3), ("missing", "c.MP4", None)}
    listed = tmp_path / "ids.csv"
    listed.write_text("ID\na.mp4\nb.mp4\n", encoding="utf-8")
    assert validate_file(path, ids=listed).problems == ()
    (tmp_path / "none").mkdir()
    with pytest.raises(EvalError, match="no clips"):
        validate_file(path, ids=tmp_path / "none")


def test_ids_without_extension_are_fine_where_the_labels_have_none(tmp_path: Path) -> None:
    path = save(tmp_path, "ID,Label\na,WPOS\n")
    listed = tmp_path / "ids.csv"
    listed.write_text("ID,Label\na,WPOS\n", encoding="utf-8")
    assert validate_file(path, ids=listed).problems == ()


def test_the_wanted_column_may_be_alone(tmp_path: Path) -> None:
    sheet = read_sheet(save(tmp_path, "ID\na\n\nb\n"), {"id": ("ID",)})
    assert sheet.columns["id"].tolist() == ["a", "b"] and sheet.lines.tolist() == [2, 4]


PIECES = [
    "ID",
    "Label",
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    "\r",
    '"',
    ";",
    "\t",
    "\0",
    "a.mp4",
    "WPOS",
    "片",
    " ",
    "\u2028",
    "\x1c",
    "=1",
    "é",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.sampled_from(["ID,Label\n", "", "\ufeffid;LABEL\r\n"]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused(tmp_path: Path, pieces: list[str], head: str) -> None:
    content = head + "".join(pieces)
    path = save(tmp_path, content)
    try:
        table = read_predictions(path, SENTIMENT5)
    except EvalError:
        return
    assert len(table.ids) == len(table.lines) == len(table.codes) == len(table.raw)
    assert (np.diff(table.lines) > 0).all()
    validate_file(path)
    # The rows of lines that hold nothing special are there, in order.
    if head == "ID,Label\n" and not any(odd in content for odd in '"\r\0'):
        plain = [line for line in content.split("\n")[1:] if line.count(",") == 1 and line.strip()]
        found = {f"{name},{label}" for name, label in zip(table.ids, table.raw, strict=True)}
        assert {line for line in plain if line.strip().casefold() != "id,label"} <= found


@given(st.binary(max_size=60))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, tail: bytes) -> None:
    path = save(tmp_path, b"ID,Label\na.mp4,WPOS\n" + tail)
    validate_file(path)
    try:
        table = read_predictions(path, SENTIMENT5)
    except EvalError as refusal:
        assert "p.csv" in refusal.message
        assert refusal.remedy
    else:
        assert table.ids[0] == "a.mp4"


def test_an_id_that_was_made_safe_for_spreadsheets_is_itself_again(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("ID,Label\n'-3g5y.mp4,SPOS\n'=a.mp4,SNEG\n'quoted'.mp4,NEUT\n", encoding="utf-8-sig")
    table = read_predictions(path, SENTIMENT5)
    assert list(table.ids) == ["-3g5y.mp4", "=a.mp4", "'quoted'.mp4"]


def test_rows_without_a_true_label_are_listed_not_scored(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("ID,Label,Split\na.mp4,SPOS,x\nb.mp4, ,y\nc.mp4,SNEG,z\n", encoding="utf-8")
    table = read_labels(path, SENTIMENT5, ("Split",))
    assert list(table.ids) == ["a.mp4", "c.mp4"]
    assert list(table.columns["Split"]) == ["x", "z"]
    assert [(p.line, p.id, p.kind) for p in table.problems] == [(3, "b.mp4", "unlabelled")]
    path.write_text("ID,Label\na.mp4,\n", encoding="utf-8")
    with pytest.raises(EvalError, match="none of its rows has a label"):
        read_labels(path, SENTIMENT5)
