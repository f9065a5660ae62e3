"""The grounded reward: measured claims pay, contradicted ones cost, silence and repetition do not pay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eval.reasoning.rewards import grounding_reward

EVIDENCE: dict[str, Any] = {
    "items": [
        {"modality": "audio", "kind": "speech_seconds", "value": 6.0, "unit": "s", "start": None, "end": None},
        {"modality": "audio", "kind": "louder", "value": 5.0, "unit": "dB", "start": 7.0, "end": 8.0},
        {"modality": "audio", "kind": "pause", "value": 0.6, "unit": "s", "start": 3.0, "end": 3.6},
    ],
    "opinions": {"audio": {"confidence": 0.9}},
    "missing": {"video": "no picture track"},
}


def reward(think: str, **columns: Any) -> float:
    (value,) = grounding_reward(
        [f"<think>{think}</think><answer>SNEG</answer>"],
        evidence=[EVIDENCE],
        transcript=["leave me alone"],
        seconds=[10.0],
        prompts=["ignored"],
        **columns,
    )
    return value


def test_rates() -> None:
    assert reward("Her voice gets louder. She pauses.") == 1.0
    assert reward("Her voice gets louder. She smiles.") == 0.5
    assert reward("Her pitch rises.") == -1.0
    assert reward("She says “leave me alone” and her pitch rises.") == 0.0
    assert reward("The emotion is negative.") == 0.0
    assert reward("") == 0.0


def test_repeating_a_safe_claim_does_not_pay() -> None:
    once = "She pauses. Her pitch rises. "
    assert reward(once) == 0.0
    assert reward(once + "She pauses. " * 8) == 0.0


def test_a_long_text_owes_more_claims() -> None:
    filler = "The scene is hard to judge and needs careful thought. " * 24
    assert reward("She pauses. " + filler) == pytest.approx(1 / ((2 + 240) / 60))
    assert reward("She pauses. " + filler, units_per_claim=1000) == 1.0


def test_columns() -> None:
    conversation = [{"role": "assistant", "content": "<think>她停顿了一下。</think><answer>WNEG</answer>"}]
    assert grounding_reward([conversation], evidence=[json.dumps(EVIDENCE)]) == [1.0]
    with pytest.raises(ValueError):
        grounding_reward(["a", "b"], evidence=[EVIDENCE])
    with pytest.raises(ValueError):
        grounding_reward(["a"], evidence=[EVIDENCE], units_per_claim=0)
