"""Tables of the joint pool from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.judging.fuse_settings import SHIPPED
from harness.judging.joint import TRIPLES, read_joint


@pytest.fixture
def content() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(SHIPPED).read_text(encoding="utf-8"))
    return read


def test_the_shipped_tables_are_read(content: dict[str, Any]) -> None:
    found = read_joint(content)
    assert len(found.together) == len(found.given) == len(TRIPLES)


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan"), 0, -0.1, 1.5, True, "0.1", None, [0.1]])
def test_what_is_no_probability_is_refused_in_a_few_words(content: dict[str, Any], value: Any) -> None:
    for cells in (content["together"], content["given"][7], content["priors"]["audio"]):
        before, cells[0] = cells[0], value
        with pytest.raises(ValueError, match="is no probability above 0") as refused:
            read_joint(content)
        assert len(str(refused.value)) < 200
        cells[0] = before
