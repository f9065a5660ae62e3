from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from harness.output.spool import Spool
from harness.output.tables import ExportError, Table, neutral_cell, write_tables


def test_rows_that_come_in_any_order_are_read_in_theirs(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 4)
    for place, value in ((2, ["c"]), (0, ["a", "\ud800"]), (2, ["later"]), (3, [])):
        spool.put(place, value)
    assert list(spool) == [["a", "�"], ["later"], []]
    assert spool.empty() == [1]
    spool.put(1, "b")
    assert list(spool) == [["a", "�"], "b", ["later"], []] == list(spool)
    assert list(tmp_path.iterdir()) == []
    spool.close()


class Changing:
    """Rows that are others when they are gone through again: as if the disk had not kept what was written."""

    def __init__(self, *times: list[list[str]]) -> None:
        self.times = list(times)

    def __iter__(self) -> Any:
        return iter(self.times.pop(0))


@pytest.mark.parametrize("back", [[["1"], ["x"]], [["1"]], [["1"], ["2"], ["3"]]])
def test_a_table_that_does_not_read_back_is_said(tmp_path: Path, back: list[list[str]]) -> None:
    table = Table(tmp_path / "t.csv", ["n"], list)
    with pytest.raises(ExportError, match=r"t\.csv"):
        write_tables([table], Changing([["1"], ["2"]], back))
    write_tables([table], [["1"], ["=2"]])
    assert table.path.read_bytes() == b"\xef\xbb\xbfn\n1\n'=2\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *((number, number) for number in ("-0.25", "+inf", "-.5", "-1e-05", "+7", "a", "")),
        *((cell, f"'{cell}") for cell in ("-x", "=1+1", "\r0", "\t1", "-1_0", "-1 ", "+٣", "--1")),
    ],
)
def test_neutral_cell(cell: str, expected: str) -> None:
    assert neutral_cell(cell) == expected


def test_several_tables_of_the_same_rows(tmp_path: Path) -> None:
    tables = [Table(tmp_path / f"{i}.csv", ["a"], lambda kept, i=i: [kept[i]], for_people=False) for i in (0, 1)]
    write_tables(tables, [['x,"y"', "p\rq"], ["z", "ü"]])
    for table, column in zip(tables, (['x,"y"', "z"], ["p\rq", "ü"]), strict=True):
        with table.path.open(encoding="utf-8", newline="") as stream:
            assert [row[0] for row in csv.reader(stream)] == ["a", *column]
