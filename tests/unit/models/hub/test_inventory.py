"""What `models list` and `models check` say of a light install, and of folders that are missing or altered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from harness.inputs.profile_file import profile_names
from models.__main__ import main
from models.fingerprint import file_sha256
from models.folders import WEIGHTS
from models.hub.catalogue import models_of, profiles, sections_of
from models.hub.fetch_hub import SOURCE
from models.registry import PROVIDERS

NO_MODEL = {("transcribe", "embedded")}


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    return code, capsys.readouterr().out


def test_a_light_install_is_whole_though_other_profiles_need_more(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = said(capsys, "check", "--models-dir", str(models))
    assert code == 0
    assert "profile embedded: all 5 providers usable" in told
    assert "optional, not in embedded: unavailable" in told, "what is not there is still told"


def test_another_profile_is_not_whole_and_says_what_to_fetch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = said(capsys, "check", "--profile", "speech-full", "--models-dir", str(tmp_path))
    assert code == 2
    assert "python -m models fetch whisper --size large-v3-turbo" in told
    assert "python -m models fetch emotion2vec --name plus_base" in told
    assert "python -m models fetch face" in told
    assert "3 of 5 providers unusable" in told


def test_only_the_providers_that_are_named_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "check", "prosody", "text-head", "--models-dir", str(tmp_path))[0] == 0
    code, told = said(capsys, "check", "cvmesh", "--models-dir", str(tmp_path))
    assert (code, told.count("\n")) == (2, 2)
    assert main(["check", "nonsense"]) == 2
    assert "no provider is called nonsense" in capsys.readouterr().err


def test_a_profile_of_ones_own_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(yaml.safe_dump({"speech": {"weights": str(tmp_path / "nowhere")}}), encoding="utf-8")
    code, told = said(capsys, "check", "--profile", str(own), "--models-dir", str(tmp_path))
    assert code == 2
    assert "speech head not found" in told


def test_a_file_that_was_altered_after_its_fetch_is_found(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "models" / "face"
    shutil.copytree(models / "face", place)
    sums = {path.name: file_sha256(path) for path in place.iterdir()}
    content = {"hub": "h", "repository": "r", "revision": "v", "sha256": sums}
    (place / SOURCE).write_text(json.dumps(content), encoding="utf-8")
    assert said(capsys, "check", "cvmesh", "--models-dir", str(tmp_path / "models"))[0] == 0
    (place / SOURCE).write_text(json.dumps({**content, "sha256": {**sums, "extra": "0"}}), encoding="utf-8")
    code, told = said(capsys, "check", "cvmesh", "--models-dir", str(tmp_path / "models"))
    assert (code, "not as fetched: extra" in told) == (2, True)


def test_the_list_tells_place_size_sum_licence_and_need_of_every_model(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = said(capsys, "list", "--json", "--models-dir", str(models))
    assert code == 0
    listed = {entry["name"]: entry for entry in json.loads(told)}
    assert {"face nets", "face head", "text head", "voice head (prosody)", "whisper/large-v3-turbo"} <= set(listed)
    for name, entry in listed.items():
        assert entry["licence"] and entry["licence"] != "no card says", name
        assert entry["where"] and entry["needed by"], name
        assert bool(entry["sha256"]) == (entry["state"] != "not there"), name
    assert "non-commercial" in listed["text head"]["licence"].lower()
    assert listed["whisper/large-v3-turbo"]["needed by"] == ", ".join(
        name for name, own in profiles().items() if own["transcribe"]["provider"] == "whisper"
    )
    head = WEIGHTS / "text" / "head.safetensors"
    assert listed["text head"]["sha256"]["head.safetensors"] == file_sha256(head)
    assert listed["face nets"]["state"] == "there, as known beforehand"
    code, told = said(capsys, "list", "--models-dir", str(models))
    assert "needed by   embedded" in told and code == 0


def test_every_provider_of_every_profile_has_its_models_in_the_catalogue(tmp_path: Path) -> None:
    assert list(profiles()) == profile_names() and len(profiles()) >= 2
    for name, sections in profiles().items():
        for stage in ("transcribe", "text", "speech", "face"):
            provider = sections[stage]["provider"]
            rules_alone = sections[stage].get("weights") == "none"
            if provider in PROVIDERS[stage] and (stage, provider) not in NO_MODEL and not rules_alone:
                assert models_of({stage: sections[stage]}, tmp_path), f"{name}: {stage} {provider}"


def test_a_profile_of_rules_alone_lists_no_head(tmp_path: Path) -> None:
    named = [model.name for model in models_of(sections_of("embedded-permissive"), tmp_path)]
    assert "face nets" in named and not [name for name in named if "head" in name]
