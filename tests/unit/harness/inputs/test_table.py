"""Small csv files that a user hands over."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.inputs.table import numbers_in, read_ids, read_rows
from harness.records.numbers import Number


def put(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows(tmp_path: Path, encoding: str, separator: str) -> None:
    text = "path,情感\n视频一.mp4,我很高兴\n视频二.mp4\n".replace(",", separator)
    assert read_rows(put(tmp_path, text, encoding), "path") == [
        {"path": "视频一.mp4", "情感": "我很高兴"},
        {"path": "视频二.mp4", "情感": ""},
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ID,Label\na.mp4,\nb.mp4,\n", ["a.mp4", "b.mp4"]),
        ("Label,id\nx,a\n", ["a"]),
        ("a.mp4,NEUT\nb.mp4,NEUT\n", ["a.mp4", "b.mp4"]),
        ("a\nb\n", ["a", "b"]),
        ("filename;label\n v/1.mp4 ;NEUT\n", ["v/1.mp4"]),
    ],
)
def test_ids(tmp_path: Path, text: str, ids: list[str]) -> None:
    assert read_ids(put(tmp_path, text)) == ids


def test_refusals(tmp_path: Path) -> None:
    for text, message in (("", "holds no row"), ("a,b\n", "holds no row"), ("a,b\n1,2\n", "no column path")):
        with pytest.raises(ConfigError, match=message):
            read_rows(put(tmp_path, text), *(["path"] if "1" in text else []))
    for text, message in (("", "is empty"), ("x,y\n1,2\n", "no column ID"), ("ID,Label\n", "no IDs")):
        with pytest.raises(ConfigError, match=message):
            read_ids(put(tmp_path, text))
    with pytest.raises(ConfigError, match="Excel workbook"):
        path = tmp_path / "book.csv"
        path.write_bytes(b"PK\x03\x04" + b"xl/workbook.xml" * 3)
        read_rows(path)
    with pytest.raises(ConfigError, match="there is no file"):
        read_rows(tmp_path / "absent.csv")


@pytest.mark.parametrize("cell", ["nan", "inf", "1.2", "", "x"])
def test_a_number_out_of_range_names_its_row(tmp_path: Path, cell: str) -> None:
    path = put(tmp_path, f"id,score\na,-1\nb,{cell}\n")
    with pytest.raises(ConfigError, match="row 3: score is") as refused:
        numbers_in(path, read_rows(path, "score"), "score", Number(-1, 1))
    assert "a number, from -1 to 1" in refused.value.remedy


def test_numbers_of_a_column(tmp_path: Path) -> None:
    path = put(tmp_path, "id;score\na;-1\nb;0.5\n")
    assert numbers_in(path, read_rows(path), "score", Number(-1, 1)) == [-1.0, 0.5]
