"""Every record of a run is held against its type."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from eval.stories.schemas import PAYLOADS, configure, faults_of, run
from harness.engine.pipeline import STAGES
from harness.records.store import Store, digest_of
from tests.support.rule_reasoner import Rule, judged


def faults(root: Path) -> list[str]:
    store = Store(root)
    return [fault for path in sorted(root.glob("*/*.json")) for fault in faults_of(path, store)]


def test_the_records_of_a_run_with_an_omni_model_are_sound(tmp_path: Path) -> None:
    judged(tmp_path, Rule(), "attribute.by=omni", "attribute.early_answers=true")
    assert len(list(tmp_path.glob("*/*.json"))) == 14
    assert faults(tmp_path) == []


def test_every_stage_has_a_type() -> None:
    assert {*STAGES, "voice", "reask", "early"} == PAYLOADS.keys()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: r["data"].update(label=7), "payload: Expected"),
        (lambda r: r["data"].update(mood="x"), r"payload holds $.mood"),
        (lambda r: r.update(clip="b.mp4"), "says that it is parse of b.mp4"),
        (lambda r: r.update(outcome="error", reason=""), "needs a reason"),
        (lambda r: r.update(outcome="maybe"), "no record"),
    ],
)
def test_a_wrong_record_is_found(tmp_path: Path, change, fault: str) -> None:  # type: ignore[no-untyped-def]
    judged(tmp_path, Rule())
    path = tmp_path / "parse" / "a.mp4.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    record["digest"] = digest_of(record["outcome"], record["data"], record["reason"])
    path.write_text(json.dumps(record), encoding="utf-8")
    assert [fault in found for found in faults(tmp_path)] == [True]


def test_an_altered_record_is_found(tmp_path: Path) -> None:
    judged(tmp_path, Rule())
    path = tmp_path / "reason" / "a.mp4.json"
    path.write_text(path.read_text(encoding="utf-8").replace("SNEG", "SPOS"), encoding="utf-8")
    assert faults(tmp_path) == ["was altered: the digest does not fit"]


def test_the_schemas_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    configure(parser)
    assert run(parser.parse_args(["--write", str(tmp_path)])) == 0
    written = msgspec.json.decode((tmp_path / "fuse.schema.json").read_bytes())
    assert "probabilities" in json.dumps(written)
    judged(tmp_path / "records", Rule())
    assert run(parser.parse_args([str(tmp_path)])) == 0
    assert "12 records of 12 stages, 0 faults" in capsys.readouterr().out
