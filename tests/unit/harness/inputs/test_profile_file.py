from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.inputs.profile_file import USUAL, find_profile, parse_yaml, profile_names, read_profile


def test_every_profile_that_ships_is_found_by_its_name_and_can_be_read() -> None:
    assert USUAL in profile_names() == sorted(profile_names())
    assert all(read_profile(find_profile(name)) for name in profile_names())
    with pytest.raises(ConfigError, match="unknown profile 'nope'") as fault:
        find_profile("nope")
    assert fault.value.remedy.startswith(f"known: {USUAL}")


def test_what_a_caller_changes_stays_the_callers() -> None:
    path = find_profile(USUAL)
    read_profile(path)["fuse"]["strategy"] = "other"
    assert read_profile(path)["fuse"]["strategy"] != "other"


def test_a_file_that_is_no_profile_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    assert find_profile(str(path)) == path
    for content, message in ((None, "cannot be read"), (b"\xff\xfe\xfd", "cannot be read"), (b"- 1\n", "no settings")):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError, match=message) as fault:
            read_profile(path)
        assert str(path) in fault.value.message and fault.value.remedy
    with pytest.raises(ConfigError, match="own is not valid YAML"):
        parse_yaml("a: [", "own")
