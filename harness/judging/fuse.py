"""From the opinions of the modalities to one distribution over the labels of the run's space. Pure functions.

The formulas hold for any number of labels K; `ordinal` needs labels that ascend, `joint` sentiments. What has been
learned of a space's classes (`FuseSettings.prior`) is added to the pool's log-probabilities, whatever the strategy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.judging.joint import Joint
from harness.records.conversions import neutral_of
from harness.records.labels import SENTIMENT5, LabelSpace

Shares = tuple[float, ...]
FLOOR = 1e-6
"""Smallest probability that enters a logarithm, so that one source cannot veto a class for ever."""
LEAST_SPREAD = 0.1
"""Of a value that every source is certain of."""


@dataclass(frozen=True)
class Source:
    """One voice in the pool.

    Attributes:
        probabilities: over the labels of the run's space.
        confidence: 0..1, how far its input allowed an opinion (`Opinion.confidence`).
        coverage: 0..1, the share of the clip's time that it rests on.
        trust: above 0, up to 1: how far its input is what it seems (words may be misheard); scales its prior weight in
            every strategy.
    """

    probabilities: Shares
    confidence: float = 1.0
    coverage: float = 1.0
    trust: float = 1.0


@dataclass(frozen=True)
class FuseSettings:
    """Strategy, weights by source, and the parameters of `learned` and `joint` where they are used.

    `answer_certainty` is the probability given to the label that a reasoner answers without probabilities. `space` is
    what is pooled over; `prior` what is added to the logarithm of each of its labels at the end, empty for nothing.
    """

    strategy: str
    weights: Mapping[str, float]
    label_from: str = "fused"
    answer_certainty: float = 0.8
    learned: Mapping[str, Any] = field(default_factory=dict)
    joint: Joint | None = None
    space: LabelSpace = SENTIMENT5
    prior: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Number of labels."""
        return len(self.space.labels)


@dataclass(frozen=True)
class Fused:
    """The pooled distribution, and the share that each source had in it (they sum to 1)."""

    probabilities: Shares
    weights: Mapping[str, float]


def fuse(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """Pool `sources` by the named strategy; weights are scaled by trust and renormalised over what is present.

    Without sources, or when all present ones have weight 0, the result is uniform with no weights.
    """
    heard, trusted = _heard(sources, settings)
    if not heard:
        return Fused(with_prior((1 / settings.size,) * settings.size, settings), {})
    found = STRATEGIES[settings.strategy](heard, trusted)
    return replace(found, probabilities=with_prior(found.probabilities, settings))


def pooled(sources: Mapping[str, Source], settings: FuseSettings) -> Shares:
    """The probabilities of `fuse` alone, without the shares, which may cost several pools each."""
    heard, trusted = _heard(sources, settings)
    if heard and settings.strategy == joint.__name__:
        return with_prior(_joint_pool(heard, trusted), settings)
    return fuse(sources, settings).probabilities


def with_prior(probabilities: Shares, settings: FuseSettings) -> Shares:
    """P(y) · exp(b_y), renormalised, b the learned prior; the same where there is none."""
    if not settings.prior:
        return probabilities
    logs = [math.log(max(p, FLOOR)) + b for p, b in zip(probabilities, settings.prior, strict=True)]
    return _softmax(logs)


def varied(sources: Mapping[str, Source], settings: FuseSettings, name: str) -> Callable[[Shares], Shares]:
    """The pool as a function of one source's opinion, all else fixed. `name` is among `sources` and has a weight."""
    heard, trusted = _heard(sources, settings)
    if settings.strategy == joint.__name__ and trusted.joint is not None:
        opinions = {other: source.probabilities for other, source in heard.items() if other != name}
        pool = trusted.joint.varied(name, opinions, trusted.weights)
        return lambda opinion: with_prior(pool(opinion), settings)
    strategy = STRATEGIES[settings.strategy]

    def other(opinion: Shares) -> Shares:
        found = strategy({**heard, name: replace(heard[name], probabilities=opinion)}, trusted)
        return with_prior(found.probabilities, settings)

    return other


def _heard(sources: Mapping[str, Source], settings: FuseSettings) -> tuple[dict[str, Source], FuseSettings]:
    """The sources that have a weight, and the settings with each weight scaled by its source's trust."""
    heard = {name: source for name, source in sources.items() if settings.weights.get(name, 0.0) > 0}
    return heard, replace(settings, weights={name: settings.weights[name] * s.trust for name, s in heard.items()})


def log_pool(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """P(y) ∝ Π_m p_m(y)^w_m, the w_m from the profile, renormalised to sum 1 (Genest & Zidek, 1986)."""
    return _log_pool(sources, _normalised({name: settings.weights[name] for name in sources}))


def weighted_average(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """P(y) = Σ_m w_m · p_m(y)."""
    return _linear_pool(sources, _normalised({name: settings.weights[name] for name in sources}))


def confidence_based(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """P(y) = Σ_m v_m · p_m(y), v_m ∝ w_m · c_m · (max_y p_m(y) − 1/K) / (1 − 1/K), c_m the source's confidence."""
    even = 1 / settings.size
    raw = {
        name: settings.weights[name] * s.confidence * (max(s.probabilities) - even) / (1 - even)
        for name, s in sources.items()
    }
    return _linear_pool(sources, _normalised(raw, sources, settings))


def temporal_weighted(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """P(y) ∝ Π_m p_m(y)^v_m, v_m ∝ w_m · coverage_m: the share of the clip's time on which a source rests."""
    raw = {name: settings.weights[name] * s.coverage for name, s in sources.items()}
    return _log_pool(sources, _normalised(raw, sources, settings))


def hierarchical(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """Non-verbal first: q = (w_a·p_a + w_v·p_v) / (w_a + w_v); then P(y) ∝ q(y)^(w_a+w_v) · Π_rest p_m(y)^w_m.

    The inner pool is linear (one channel alone can carry an expression), the outer one log-linear.
    """
    shares = _normalised({name: settings.weights[name] for name in sources})
    nonverbal = [name for name in ("audio", "video") if name in sources]
    if len(nonverbal) < 2:
        return _log_pool(sources, shares)
    mass = sum(shares[name] for name in nonverbal)
    inner = _linear_pool({n: sources[n] for n in nonverbal}, {n: shares[n] / mass for n in nonverbal})
    outer = {name: source for name, source in sources.items() if name not in nonverbal}
    outer["nonverbal"] = Source(inner.probabilities)
    pooled = _log_pool(outer, {**{n: shares[n] for n in outer if n != "nonverbal"}, "nonverbal": mass})
    return Fused(pooled.probabilities, shares)


def adaptive(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """P(y) ∝ Π_m p_m(y)^v_m, v_m ∝ w_m · c_m · (1 − H(p_m)/ln K): sure and well-founded sources count more."""
    raw = {
        name: settings.weights[name] * s.confidence * (1 - _entropy(s.probabilities) / math.log(settings.size))
        for name, s in sources.items()
    }
    return _log_pool(sources, _normalised(raw, sources, settings))


def learned(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """P(y) ∝ exp(b_y + Σ_m α_m · ln p_m(y)), α ≥ 0 and b fitted on the user's labels (`models train fusion`).

    A source that is absent leaves its term out; the α are not renormalised, so P is flatter with fewer sources.
    """
    known = {name: source for name, source in sources.items() if name in settings.learned["exponents"]}
    exponents = {name: settings.learned["exponents"][name] * source.trust for name, source in known.items()}
    logits = list(settings.learned["bias"])
    for name, source in known.items():
        for y, p in enumerate(source.probabilities):
            logits[y] += exponents[name] * math.log(max(p, FLOOR))
    total = sum(exponents[name] for name in known)
    shares = {name: exponents[name] / total for name in known} if total > 0 else {}
    return Fused(_softmax(logits), shares)


def ordinal(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """Labels as values: P(y) = the part of Normal(μ, σ²) that lies nearest to y's value.

    With shares v_m ∝ w_m, m_m and s_m² the mean and variance of the values under p_m: μ = Σ v_m · m_m and
    σ² = Σ v_m² · s_m², at least `LEAST_SPREAD`². Between strongly positive and neutral it finds weakly positive.
    """
    shares = _normalised({name: settings.weights[name] for name in sources})
    values = values_of(settings.size)
    mean = variance = 0.0
    for name, source in sources.items():
        first, second = (sum(p * v**k for p, v in zip(source.probabilities, values, strict=True)) for k in (1, 2))
        mean += shares[name] * first
        variance += shares[name] ** 2 * (second - first**2)
    spread = math.sqrt(2) * max(math.sqrt(max(variance, 0.0)), LEAST_SPREAD)
    bounds = [(a + b) / 2 for a, b in zip(values, values[1:], strict=False)]
    below = [0.0, *(0.5 * math.erfc((mean - bound) / spread) for bound in bounds), 1.0]
    return Fused(tuple(b - a for a, b in zip(below, below[1:], strict=False)), shares)


def values_of(labels: int) -> tuple[float, ...]:
    """What ascending labels are worth where a pool adds values, −1 … 1; the bounds between them lie half way."""
    return tuple(2 * k / (labels - 1) - 1 for k in range(labels))


def joint(sources: Mapping[str, Source], settings: FuseSettings) -> Fused:
    """What people's labels of words, voice and picture alone say of the whole (`harness/judging/joint.py`).

    A source's share is how far the result moves when it alone is left out (total variation), over the sum of these;
    the profile's weights where nothing moves.
    """
    whole = _joint_pool(sources, settings)
    moved = {}
    for name in sources:
        without = _joint_pool({k: source for k, source in sources.items() if k != name}, settings)
        moved[name] = sum(abs(a - b) for a, b in zip(whole, without, strict=True))
    return Fused(whole, _normalised(moved, sources, settings))


def _joint_pool(sources: Mapping[str, Source], settings: FuseSettings) -> Shares:
    if settings.joint is None:
        raise ValueError("the strategy joint was not given what it has learned")
    return settings.joint.pool({name: source.probabilities for name, source in sources.items()}, settings.weights)


STRATEGIES: Mapping[str, Callable[[Mapping[str, Source], FuseSettings], Fused]] = {
    strategy.__name__: strategy
    for strategy in (
        log_pool,
        weighted_average,
        confidence_based,
        temporal_weighted,
        hierarchical,
        adaptive,
        learned,
        ordinal,
        joint,
    )
}


def _normalised(
    raw: Mapping[str, float],
    sources: Mapping[str, Source] | None = None,
    settings: FuseSettings | None = None,
) -> dict[str, float]:
    """Weights that sum to 1. When all are 0 (no source is sure of anything), the profile's weights stand."""
    total = sum(raw.values())
    if total <= 0 and sources is not None and settings is not None:
        return _normalised({name: settings.weights[name] for name in sources})
    return {name: weight / total for name, weight in raw.items()}


def _linear_pool(sources: Mapping[str, Source], weights: Mapping[str, float]) -> Fused:
    size = len(next(iter(sources.values())).probabilities)
    pooled = [sum(weights[n] * s.probabilities[y] for n, s in sources.items()) for y in range(size)]
    total = sum(pooled)
    return Fused(tuple(p / total for p in pooled), dict(weights))


def _log_pool(sources: Mapping[str, Source], weights: Mapping[str, float]) -> Fused:
    size = len(next(iter(sources.values())).probabilities)
    logits = [
        sum(weights[n] * math.log(max(s.probabilities[y], FLOOR)) for n, s in sources.items()) for y in range(size)
    ]
    return Fused(_softmax(logits), dict(weights))


def _softmax(logits: Sequence[float]) -> Shares:
    top = max(logits)
    exponentials = [math.exp(value - top) for value in logits]
    total = sum(exponentials)
    return tuple(value / total for value in exponentials)


def _entropy(probabilities: Sequence[float]) -> float:
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def argmax_label(probabilities: Sequence[float], space: LabelSpace = SENTIMENT5) -> str:
    """The most probable label; of equals, the one nearest to neutral, and then the one that stands first."""
    neutral = neutral_of(space)
    middle = space.rank(neutral) if neutral is not None else 0
    best = max(range(len(space.labels)), key=lambda y: (round(probabilities[y], 12), -abs(y - middle), -y))
    return space.labels[best]
