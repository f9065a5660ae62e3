"""CMU-MOSI, CMU-MOSEI, CH-SIMS and CH-SIMS v2: sentiment values by MMSA's rules.

The published form is `eval/metrics/regression.py`, float32 as MMSA computes. Source: thuiar/MMSA,
`utils/metricsTop.py`; figures of its results/result-stat.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from eval.benchmarks.base import MISSING_DROPPED, Benchmark, Figures, Given, Item
from eval.benchmarks.counts import share
from eval.metrics.classification import Floats
from eval.metrics.regression import REGRESSION

DROPPED = {"missing-dropped": MISSING_DROPPED}
MOSEI_QUIRKS = {
    "half-to-even": "values are rounded half to even: 0.5 is 0 and 1.5 is 2; else half away from 0"
} | DROPPED
SIMS_QUIRKS = {"zero-negative": "two classes: a true 0 counts as negative; else such clips are left out"} | DROPPED
PUBLISHED: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "mosei": {"MMSA CENET": {"Mult_acc_5": 0.5615, "Mult_acc_7": 0.5426, "MAE": 0.5259, "Corr": 0.7775}},
    "simsv2": {"MMSA MTFN": {"Mult_acc_2": 0.8043, "Mult_acc_5": 0.5605, "F1_score": 0.8050, "MAE": 0.2926}},
}


def _value(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _away(values: Floats, limit: float) -> Floats:
    clipped = np.clip(values, -limit, limit)
    return np.asarray(np.sign(clipped) * np.floor(np.abs(clipped) + 0.5))


def score_of(dataset: str, items: Sequence[Item], quirks: frozenset[str]) -> Figures:
    """MMSA's figures. Without quirks a clip without a readable value is wrong in every accuracy; MAE and Corr lack it.

    >>> one = [Item("1", {"value": "0.5"}, {"value": "1.0"})]
    >>> score_of("mosei", one, frozenset())["Mult_acc_5"], score_of("mosei", one, frozenset(MOSEI_QUIRKS))["Mult_acc_5"]
    (1.0, 0.0)
    """
    pairs = [(_value(i.truth["value"]), _value((i.said or {"value": ""})["value"])) for i in items]
    table = np.array([pair for pair in pairs if not math.isnan(pair[0])], np.float64).reshape(-1, 2)
    read = table[~np.isnan(table[:, 1])]
    figures = dict(REGRESSION[dataset](read[:, 0], read[:, 1]))
    mosei = "MAE" in figures and "Mult_acc_7" in figures
    if mosei and "half-to-even" not in quirks:
        for name, limit in (("Mult_acc_5", 2.0), ("Mult_acc_7", 3.0)):
            figures[name] = share((_away(read[:, 0], limit) == _away(read[:, 1], limit)).tolist())
    if not mosei and "zero-negative" not in quirks:
        away = read[read[:, 0] != 0]
        polar = REGRESSION[dataset](away[:, 0], away[:, 1])
        figures |= {name: polar[name] for name in ("Mult_acc_2", "F1_score")}
    if "missing-dropped" not in quirks and len(table):
        figures |= {name: v * len(read) / len(table) for name, v in figures.items() if "acc" in name}
    return figures


def _scorer(dataset: str) -> Callable[[Sequence[Item], frozenset[str], Given], Figures]:
    return lambda items, quirks, given: score_of(dataset, items, quirks)


_VALUE = {"value": ("score", "value", "prediction", "label")}
_NONE: frozenset[str] = frozenset()
_BY_DATA = {"mosi": MOSEI_QUIRKS, "mosei": MOSEI_QUIRKS, "sims": SIMS_QUIRKS, "simsv2": SIMS_QUIRKS}
BENCHMARKS = tuple(
    Benchmark(n, "1", "Mult_acc_5", "thuiar/MMSA", _VALUE, _VALUE, q, _scorer(n), _NONE, PUBLISHED.get(n, {}), "values")
    for n, q in _BY_DATA.items()
)
