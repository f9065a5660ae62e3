from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from models.features.table import About, Writer, read_about, read_arrays, read_table

ABOUT = About("k", ("a", "b"), "frame", 50.0)


def test_items_come_back_from_their_shards(tmp_path: Path) -> None:
    writer = Writer(tmp_path, ABOUT, shard=2)
    for number in range(5):
        writer.add(f"ö,{number}.wav", np.full((number + 1, 2), number, np.float32))
    writer.skip("bad.wav", 'torn, "really"')
    writer.flush()
    assert read_about(tmp_path) == ABOUT
    assert [(item, array.shape, float(array[0, 0])) for item, array in read_arrays(tmp_path)] == [
        (f"ö,{number}.wav", (number + 1, 2), float(number)) for number in range(5)
    ]
    assert len(list(tmp_path.glob("shard-*.safetensors"))) == 3
    assert read_table(tmp_path)[-1] == {"id": "bad.wav", "shard": "", "rows": "0", "problem": 'torn, "really"'}


def test_a_killed_extraction_goes_on_behind_its_last_shard(tmp_path: Path) -> None:
    first = Writer(tmp_path, ABOUT, shard=2)
    for number in range(3):
        first.add(str(number), np.zeros((1, 2), np.float32))
    again = Writer(tmp_path, ABOUT, shard=2)  # the third item was never flushed
    assert again.done == {"0", "1"}
    again.add("2", np.ones((1, 2), np.float32))
    again.flush()
    assert [item for item, _ in read_arrays(tmp_path)] == ["0", "1", "2"]
    with pytest.raises(ConfigError, match="other features"):
        Writer(tmp_path, dataclasses.replace(ABOUT, feature_key="other"))


def test_what_is_no_folder_of_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder of features"):
        read_about(tmp_path)
    (tmp_path / "features.json").write_text('{"schema": "other/1"}', encoding="utf-8")
    with pytest.raises(ConfigError, match="schema"):
        read_about(tmp_path)
    (tmp_path / "features.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ConfigError, match="no folder of features"):
        read_about(tmp_path)
    writer = Writer(tmp_path / "x", ABOUT)
    writer.add("a", np.zeros((1, 2), np.float32))
    writer.flush()
    next((tmp_path / "x").glob("shard-*")).write_bytes(b"torn")
    with pytest.raises(ConfigError, match="shard-00000"):
        list(read_arrays(tmp_path / "x"))


@pytest.mark.parametrize("shard", ["/", "/etc/passwd", "../x/shard-00000.safetensors", "shard-00000.safetensors/", "."])
def test_a_table_names_no_file_but_its_own_shards(tmp_path: Path, shard: str) -> None:
    writer = Writer(tmp_path, ABOUT)
    writer.add("a", np.zeros((1, 2), np.float32))
    writer.flush()
    table = tmp_path / "table.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("shard-00000.safetensors", shard), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"table\.csv: the shard of 'a' is no shard"):
        list(read_arrays(tmp_path))
