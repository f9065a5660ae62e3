from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import Config, load_profile, make_config
from harness.faults import ConfigError

FOLDERS = {key: Path(key) for key in ("models_dir", "test_data", "results", "supplements")}


def config(*overrides: str, **flags: object) -> Config:
    return make_config(load_profile("embedded", overrides), profile="embedded", **{**FOLDERS, **flags})


def test_defaults_profile_and_flags_in_that_order(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("language: zh\nfuse: {strategy: adaptive}\n", encoding="utf-8")
    settings = load_profile(str(mine), ["fuse.strategy=hierarchical", "fuse.weights.text=0.5"])
    assert settings["language"] == "zh"
    assert settings["fuse"]["strategy"] == "hierarchical"
    assert settings["fuse"]["weights"] == {"text": 0.5, "audio": 0.75, "video": 0.95, "answer": 0.0}
    assert settings["workers"] == 0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fuse.stratgy=adaptive", "did you mean fuse.strategy"),
        ("fuse", "key=value"),
        ("=1", "key=value"),
        ("fuse=1", "settings of its own"),
        ("language=de", "en or zh"),
        ("default_label=GOOD", "SNEG"),
        ("workers=-1", "workers"),
        ("workers=two", "workers"),
        ("max_errors=lots", "max_errors"),
        ("max_errors=.nan", "max_errors is nan"),
        ("clip_time_limit=.inf", "clip_time_limit is inf"),
        ("clip_time_limit=true", "clip_time_limit is True"),
        ("worker_memory=.nan", "worker_memory is nan"),
        ("worker_memory=0", "worker_memory is 0"),
        ("seed=1e3", "seed"),
        ("media={", "not valid YAML"),
        ("default_label=2024-13-45", "default_label=2024-13-45 is not valid YAML: month"),
        ("default_label=2024-01-02", "default_label is"),
        ("default_label=[SNEG]", "default_label is"),
        ("workers.x=1", "workers is"),
        ("language={a: b}", "language is"),
        ("ids=folder", "ids is 'folder'"),
        ("pairs=3", "pairs is 3"),
        ("seed=" + "[" * 3000, "seed=.* is not valid YAML"),
        ("seed=0x" + "f" * 5000, "seed=.* is not valid YAML"),
        ("language=" + "x" * 5000, r"language is 'x{78}…"),
    ],
)
def test_mistakes_are_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(override)


def test_unknown_profile_and_bad_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="known: embedded"):
        load_profile("nope")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(str(tmp_path / "none.yaml"))
    (tmp_path / "list.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no settings"):
        load_profile(str(tmp_path / "list.yaml"))
    (tmp_path / "key.yaml").write_text(f"{'k' * 500}: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"unknown setting k{80}( |$)"):
        load_profile(str(tmp_path / "key.yaml"))


@pytest.mark.parametrize("name", ["a/b.csv", "plain.txt"])
def test_submission_name(name: str) -> None:
    with pytest.raises(ConfigError, match="submission-name"):
        config(submission_name=name)


def test_error_allowance() -> None:
    assert config("max_errors=0.1").error_allowance(50) == pytest.approx(5)
    assert config("max_errors=3").error_allowance(50) == 3
    assert config("max_errors=0").error_allowance(50) == 0
    assert config("max_errors=1").error_allowance(50) == 1


def test_what_a_caller_does_with_the_settings_reaches_no_other() -> None:
    load_profile("full")["fuse"]["weights"]["text"] = 99
    assert load_profile("full")["fuse"]["weights"]["text"] != 99
