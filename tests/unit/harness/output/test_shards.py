"""Parts of a run: told apart, held against each other, and their records taken into one store."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.inputs.folder import Passed
from harness.output.shards import (
    NAME,
    Part,
    differing,
    named_shard,
    parse_shard,
    read_part,
    take_records,
    whole_run,
    with_test_data,
    write_part,
)
from harness.records.store import Store
from harness.records.types import Clip, Record

SETTINGS = {"seed": 0, "workers": 0, "fuse": {"strategy": "joint", "weights": {"text": 1.0}}}


def part(number: int, of: int = 2, *ids: str, **changes: object) -> Part:
    clips = tuple(Clip(name, f"clips/{name}", "0" * 64, 1) for name in ids)
    made = Part(number, of, "f" * 64, "name", "embedded", SETTINGS, "clips", clips, ("a warning",), ())
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_a_shard_is_read_as_written() -> None:
    assert parse_shard("2/3") == (2, 3) and parse_shard("1/1") == (1, 1)
    for wrong in ("0/3", "4/3", "3", "1/0", "-1/3", "a/b", "1/2/3", "", "½/3"):
        with pytest.raises(ValueError, match="is no shard"):
            parse_shard(wrong)


def test_a_part_comes_back_from_its_file(tmp_path: Path) -> None:
    made = part(1, 2, "a.mp4", passed=(Passed("notes.txt", "no media file"),))
    write_part(tmp_path, made)
    assert read_part(tmp_path) == made
    (tmp_path / NAME).write_text("{", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ConfigError, match="holds no shard of a run"):
            read_part(folder)


def test_the_parts_in_any_order_give_every_clip_once_sorted() -> None:
    found = whole_run([part(2, 2, "b.mp4", "d.mp4"), part(1, 2, "a.mp4", "c.mp4")])
    assert [clip.id for clip in found.clips] == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    assert found.warnings == ("a warning",)
    assert named_shard([part(1, 2, "a.mp4"), part(2, 2, "b.mp4")], found.clips[1]) == "2/2"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([part(3, 3)], "shard 2/3 is missing"),
        ([part(1, 3), part(2, 3), part(3, 3)], "shard 1/3 is given twice"),
        ([part(2, 2)], "different runs"),
        ([part(2, 3, ids_sha256="e" * 64), part(3, 3)], "shard 2/3 saw other clips"),
        ([part(2, 3, settings={**SETTINGS, "seed": 1}), part(3, 3)], "shard 2/3 ran with another seed"),
    ],
)
def test_what_does_not_belong_together_is_named(other: list[Part], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        whole_run([part(1, 3), *other])
    assert caught.value.remedy


def test_settings_of_the_machine_may_differ() -> None:
    assert differing(SETTINGS, {**SETTINGS, "workers": 7}) == ""
    deeper = {**SETTINGS, "fuse": {"strategy": "joint", "weights": {"text": 2.0}}}
    assert differing(SETTINGS, deeper) == "fuse.weights.text"


def test_records_and_their_arrays_are_taken_and_others_left(tmp_path: Path) -> None:
    folder, target = tmp_path / "part", Store(tmp_path / "whole" / "records")
    source = Store(folder / "records")
    for clip in ("a.mp4", "old.mp4"):
        kept = source.put(Record("media", clip, "pyav", "f", "ok", {"seconds": 1.0}))
        source.attachment("media", clip, "embedding").write_bytes(b"an array")
    for _ in range(2):  # a second time changes nothing
        take_records(part(1, 1, "a.mp4"), folder, target.root)
    assert target.get("media", "a.mp4") == source.get("media", "a.mp4")
    assert target.get("media", "old.mp4") is None
    assert target.attachment("media", "a.mp4", "embedding").read_bytes() == b"an array"
    assert len(list((target.root / "media").iterdir())) == 2
    # A new record replaces the link, not the part's file.
    target.put(Record("media", "a.mp4", "pyav", "g", "ok", {"seconds": 2.0}))
    assert source.get("media", "a.mp4") == dataclasses.replace(kept, clip="a.mp4")
    with pytest.raises(ConfigError, match="is to hold the whole run"):
        take_records(part(1, 1, "a.mp4"), folder, source.root)


def test_clips_that_lie_elsewhere_here(tmp_path: Path) -> None:
    one = part(1, 1, "a.mp4")
    place, found = with_test_data(one, whole_run([one]), tmp_path)
    assert (place, found.clips[0].path) == (tmp_path, str(tmp_path / "a.mp4"))
    assert with_test_data(one, found, None)[0] == Path("clips")
