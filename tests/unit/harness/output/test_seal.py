"""A seal holds as long as nothing was touched, and breaks with whatever was."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import Config, load_profile, make_config
from harness.output import seal
from harness.output.seal import NAME, TICK_NS, Begun, begin, finished, key_of, outputs, seal_up

LATER = time.time_ns() + 10**15
"""After everything that the tests write."""
STAGES = ["media-1", "face-1"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folders = {key: tmp_path / key for key in ("models_dir", "test_data", "results", "supplements")}
    config = make_config(load_profile("embedded"), profile="embedded", **folders)
    for path in (config.test_data / "zh" / "a.mp4", config.test_data / "a.txt", *outputs(config)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")
    for stage in ("media", "face"):
        (config.records / stage).mkdir(parents=True)
        (config.records / stage / "a.mp4.json").write_bytes(b"{}")
    return config


def sealed(config: Config) -> Begun:
    begun = begin(config, STAGES, None, LATER)
    assert begun is not None
    assert seal_up(config, begun, LATER, 1, ["a warning"], "all is said")
    return begun


def again(config: Config) -> Begun | None:
    """The same run, begun once more."""
    return begin(config, STAGES, None, LATER)


def test_a_seal_says_what_the_run_said(config: Config) -> None:
    found = finished(config, sealed(config))
    assert found is not None
    assert (found.clips, found.warnings, found.said) == (1, ("a warning",), "all is said")


def test_a_clip_that_changed_while_the_clock_was_set_back_is_not_sealed(config: Config) -> None:
    # As where the run began at a time that lies in the future of the clock that the change was made by.
    begun = begin(config, STAGES, None, LATER)
    assert begun is not None
    (config.test_data / "zh" / "a.mp4").write_bytes(b"another")
    assert not seal_up(config, begun, LATER, 1, [], "")
    assert finished(config, again(config)) is None


def keep_date(path: Path) -> None:
    """Other bytes of the same number, and the old date."""
    facts = path.stat()
    time.sleep(2 * TICK_NS / 1e9)
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_mtime_ns == facts.st_mtime_ns


def exchange(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.replace(other, path)


TOUCHED: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"torn"),
    lambda path: path.unlink(),
    lambda path: path.with_name("new.json").write_bytes(b""),
    keep_date,
    exchange,
]


@pytest.mark.parametrize("touch", TOUCHED)
@pytest.mark.parametrize("what", ["clip", "record", "story", "submission", "page"])
def test_whatever_is_touched_breaks_it(config: Config, what: str, touch: Callable[[Path], object]) -> None:
    stories = config.supplements / "video_emotion_results"
    stories.unlink()
    stories.mkdir()
    (stories / "a.mp4.json").write_bytes(b"{}")
    sealed(config)
    place = {
        "clip": config.test_data / "zh" / "a.mp4",
        "record": config.records / "face" / "a.mp4.json",
        "story": stories / "a.mp4.json",
        "submission": config.submission,
        "page": config.supplements / "report.html",
    }[what]
    added_beside_an_output = touch is TOUCHED[2] and what in ("submission", "page")
    touch(place)
    assert (finished(config, again(config)) is None) == (not added_beside_an_output)


def test_other_settings_stages_flags_or_code_break_it(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = sealed(config)
    assert begin(config, STAGES, None, LATER) == begun
    for other in (
        begin(replace(config, default_label="WPOS"), STAGES, None, LATER),
        begin(replace(config, limit=1), STAGES, None, LATER),
        begin(config, ["media-2", "face-1"], None, LATER),
        begin(config, STAGES, [["a"], None], LATER),
    ):
        assert finished(config, other) is None
    assert finished(replace(config, fresh=True), begun) is None
    (tmp_path / "code.py").write_bytes(b"x = 1")
    monkeypatch.setattr(seal, "ROOT", tmp_path)
    monkeypatch.setattr(seal, "CODE", ("code.py",))
    before = key_of(config, STAGES, None)
    assert before != begun.key
    (tmp_path / "code.py").write_bytes(b"x = 12")
    assert key_of(config, STAGES, None) != before


def test_what_changed_a_moment_ago_is_not_sealed(config: Config) -> None:
    """A second change in the same tick would leave no trace."""
    youngest = (config.records / "face" / "a.mp4.json").stat().st_ctime_ns
    begun = begin(config, STAGES, None, LATER)
    assert begun is not None
    assert seal_up(config, begun, LATER, 1, [], "")
    assert not seal_up(config, begun, youngest + TICK_NS, 1, [], "")
    assert not seal_up(config, replace(begun, at_ns=youngest), LATER, 1, [], "")
    assert finished(config, again(config)) is None  # the old seal is gone too


def test_links_to_folders_are_not_sealed_and_links_to_files_are_looked_through(config: Config, tmp_path: Path) -> None:
    aim = tmp_path / "aim.mp4"
    aim.write_bytes(b"far away")
    (config.test_data / "link.mp4").symlink_to(aim)
    begun = sealed(config)
    assert finished(config, again(config))
    aim.write_bytes(b"changed far away")
    assert finished(config, again(config)) is None
    (config.test_data / "folder").symlink_to(tmp_path)
    assert not seal_up(config, begun, LATER, 1, [], "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 3}', b"\xff\xfe"])
def test_a_torn_seal_is_none(config: Config, content: bytes) -> None:
    sealed(config)
    (config.supplements / NAME).write_bytes(content)
    assert finished(config, again(config)) is None


def test_single_files_omni_models_and_nets_from_outside_are_not_sealed(config: Config) -> None:
    assert begin(replace(config, test_data=config.test_data / "zh" / "a.mp4"), STAGES, None, LATER) is None
    asking = {**config.sections, "omni": {**config.sections["omni"], "provider": "server"}}
    assert begin(replace(config, sections=asking), STAGES, None, LATER) is None
    outside = {**config.sections, "opinions": {"net": {"file": "opinions.csv"}}}
    assert begin(replace(config, sections=outside), STAGES, None, LATER) is None
    assert finished(config, None) is None
