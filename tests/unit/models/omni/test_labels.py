from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence

import pytest

from harness.records.labels import SENTIMENT5
from models.omni.answer import END, LABELS
from models.omni.labels import BadLogprobs, Step, enough_tokens, score, steps_of


class Speller:
    """A language model over a few tokens, asked as a constrained server would be.

    `likes` gives each token's weight, the same everywhere; a token is allowed where an option begins with it.
    """

    def __init__(self, likes: Mapping[str, float], greedy: bool = True) -> None:
        self.likes, self.greedy, self.asked = likes, greedy, 0

    def allowed(self, options: Sequence[str]) -> dict[str, float]:
        fitting = {token: p for token, p in self.likes.items() if any(option.startswith(token) for option in options)}
        total = sum(fitting.values())
        return {token: p / total for token, p in fitting.items()}

    def ask(self, begun: str, options: Sequence[str]) -> list[Step]:
        self.asked += 1
        steps, left = [], list(options)
        for _ in range(enough_tokens(options) if self.greedy else 1):
            listed = self.allowed(left)
            if not listed:
                break
            taken = max(listed, key=lambda token: listed[token])
            steps.append((taken, listed))
            left = [option[len(taken) :] for option in left if option.startswith(taken)]
        return steps

    def truth(self, labels: Sequence[str]) -> dict[str, float]:
        """P(label) by going through every spelling."""
        found = dict.fromkeys(labels, 0.0)

        def walk(options: Mapping[str, str], p: float) -> None:
            for token, q in self.allowed(list(options.values())).items():
                left = {label: rest[len(token) :] for label, rest in options.items() if rest.startswith(token)}
                done = [label for label, rest in left.items() if not rest]
                if done:
                    found[done[0]] += p * q
                else:
                    walk(left, p * q)

        walk({label: label + END for label in labels}, 1.0)
        return found


def vocabulary(seed: int) -> dict[str, float]:
    """Every substring of the labels' endings up to three characters, weighed at random."""
    draw = random.Random(seed)
    words = {
        (label + END)[a:b]
        for label in LABELS
        for a, b in itertools.combinations(range(len(label + END) + 1), 2)
        if b - a <= 3 and (b - a == 1 or draw.random() < 0.7)
    }
    return {word: math.exp(draw.gauss(0, 2)) for word in sorted(words)}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("greedy", [True, False])
def test_all_spellings_are_summed(seed: int, greedy: bool) -> None:
    speller = Speller(vocabulary(seed), greedy)
    scores = score(LABELS, speller.ask)
    truth = speller.truth(LABELS)
    assert scores.probabilities is not None
    assert scores.probabilities == pytest.approx([truth[label] for label in LABELS], abs=2e-4)
    assert sum(scores.probabilities) == pytest.approx(1)
    assert scores.captured > 0.999 and scores.requests == speller.asked <= 3


def test_the_path_that_was_taken_needs_no_further_request() -> None:
    speller = Speller({"S": 0.9, "NEG": 0.5, "POS": 0.3, "NEUT": 0.1, **dict.fromkeys("<", 1.0)})
    scores = score(("SNEG", "NEUT", "SPOS"), speller.ask)
    assert speller.asked == 1
    assert scores.probabilities == pytest.approx((0.9 * 0.5 / 0.8, 0.1, 0.9 * 0.3 / 0.8))


def test_a_label_that_begins_another() -> None:
    speller = Speller({"A": 0.5, "B": 0.5, "<": 0.25})
    scores = score(("A", "AB"), speller.ask)
    assert scores.probabilities == pytest.approx((1 / 3, 2 / 3))


def test_a_server_that_ignores_the_constraint() -> None:
    scores = score(LABELS, lambda begun, options: [("The", {"The": 0.6, "S": 0.3, "NE": 0.1})])
    assert scores.probabilities is None and "does not keep to the labels" in scores.reason


def test_a_server_without_alternatives() -> None:
    scores = score(LABELS, lambda begun, options: [])
    assert scores.probabilities is None and scores.captured == 0


def test_few_alternatives_say_too_little() -> None:
    scores = score(LABELS, lambda begun, options: [("NEUT", {"NEUT": 0.9})])
    assert scores.probabilities is None and "cover 0.90" in scores.reason


def test_reading_the_listed_alternatives() -> None:
    listed = [{"token": "S", "logprob": math.log(0.75)}, {"token": "S", "logprob": math.log(0.25)}]
    masked = [{"token": "x", "logprob": -9999.0}, {"token": "", "logprob": 0.0}, {"token": None}]
    content = [
        {"token": "S", "top_logprobs": listed + masked},
        {"token": "NEG"},
        {"token": "<", "top_logprobs": listed},
    ]
    ((taken, found),) = steps_of({"choices": [{"logprobs": {"content": content}}]})
    assert taken == "S" and found == {"S": pytest.approx(1.0), "x": 0.0}
    for nothing in ({}, {"choices": []}, {"choices": [{"logprobs": None}]}, {"choices": [{"logprobs": {}}]}):
        assert steps_of(nothing) == []


@pytest.mark.parametrize(
    "logprobs", [[math.nan], [0.5], [math.inf], [10**400], [0.0, 0.0], [-0.1, math.nan], [math.log(0.8)] * 2]
)
def test_numbers_that_are_no_log_probabilities_are_no_certainty(logprobs: list[float]) -> None:
    listed = [{"token": f"t{i}", "logprob": logprob} for i, logprob in enumerate(logprobs)]
    with pytest.raises(BadLogprobs):
        steps_of({"choices": [{"logprobs": {"content": [{"token": "t0", "top_logprobs": listed}]}}]})


def test_minus_infinity_and_rounding_are_borne() -> None:
    listed = [
        {"token": "a", "logprob": 1e-5},
        {"token": "b", "logprob": -math.inf},
        {"token": "c", "logprob": -(10**400)},
    ]
    ((_, found),) = steps_of({"choices": [{"logprobs": {"content": [{"token": "a", "top_logprobs": [*listed, 5]}]}}]})
    assert found == {"a": 1.0, "b": 0.0, "c": 0.0}


def test_enough_tokens_to_part_any_two() -> None:
    assert enough_tokens([label + END for label in LABELS]) == 2
    assert enough_tokens(["NEG", "POS"]) == 1
    assert enough_tokens(["A</answer>", "AB</answer>"]) == 2
    assert enough_tokens(["NEUT"]) == 1


def test_the_labels_are_the_label_space() -> None:
    assert SENTIMENT5.labels == LABELS
