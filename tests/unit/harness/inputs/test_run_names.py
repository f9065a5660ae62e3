from __future__ import annotations

import argparse

import pytest

from harness.inputs.run_names import run_name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", ".hidden", "records", "records.x", "shard-1-of-2", "a" * 65]
)
def test_what_is_no_name_of_a_run(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="name|called"):
        run_name(name)


def test_a_name_of_a_run() -> None:
    assert [run_name(name) for name in ("b2", "第一次", "joint-0.5", "shard")] == ["b2", "第一次", "joint-0.5", "shard"]
