"""The checker's error rate by counterfactuals: what is known to be false, and what must not move."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.__main__ import main
from eval.claims import card as cards
from eval.claims.facts import Event
from tests.support.stories import write_story
from tests.unit.eval.claims.test_check import FACTS

CLIPS = {"a": FACTS, "b": replace(FACTS, seconds=12.0), "c": replace(FACTS, complete=frozenset({"audio"}))}


def test_only_verdicts_that_must_change_change() -> None:
    result = cards.card(CLIPS)
    assert result["n"] > 100 and result["languages"]["en"] == result["languages"]["zh"] == result["n"] // 2
    assert result["precision_contradicted"] >= 0.95 and result["precision_supported"] >= 0.95
    assert result["unaffected_kept"] >= 0.98 and result["silent"] == 0
    changes = {"negate", "swap", "time", "cue", "modality", "freeze the face", "cut the smile", "mirror", "level"}
    assert changes | {"mute a second", "raise the pitch"} <= set(result["by_change"])
    # Half of what is known of the third clip's face is not complete: absence there is no verdict.
    assert result["abstained"] > 0


def test_a_wrong_checker_is_found_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(cards, "verdict_of", lambda text, facts, at=0: "supported")
    result = cards.card(CLIPS)
    assert result["recall_contradicted"] == 0.0 and result["precision_supported"] < 0.8
    assert result["flips"] == 0.0 and result["missed"]


def test_muting_removes_what_is_within_and_leaves_the_rest() -> None:
    louder = FACTS.events["audio"][0]
    (muted,) = [found for name, *found in cards.media_changes(FACTS, louder) if name == "mute a second"]
    facts, gone = muted
    assert gone == (louder,) and Event("pause", 6.9, 7.9, 1.0, "s") in facts.events["audio"]
    assert FACTS.events["audio"][2] in facts.events["audio"]
    assert facts.speech is not None and facts.speech[-1] == (7.9, 9.0)


def test_the_verb(tmp_path: Path) -> None:
    write_story(tmp_path, "a.mp4", "她的声音变大了。")
    out = tmp_path / "card.json"
    assert main(["claims", "card", str(tmp_path), "--json", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["schema"] == "claims-card/1" and result["clips"] == 1 and result["n"] > 0
    assert result["signature"].startswith("task:claims-card|")
