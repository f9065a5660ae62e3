"""A benchmark of one's own: a YAML of at most 20 lines, or a Python file with `BENCHMARKS` as those of this room.

name: my-task              # needed
labels: [happy, sad]       # needed for kind classification
kind: classification       # or regression (mosi, mosei, sims, simsv2 in `rules`), multiple-choice
version: "1"
headline: weighted_f1      # accuracy, uar, weighted_f1 …
truth: gold                # columns; default as in the benchmarks
prediction: reply
aliases: {joy: happy}
rules: simsv2
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.benchmarks import emorealm, mmsa
from eval.benchmarks.base import MISSING_DROPPED, PREDICTION, TRUTH, Benchmark, Figures, Given, Item, answered
from eval.benchmarks.counts import answer_of, classification
from eval.errors import EvalError
from harness.inputs.yaml_text import yaml_value
from harness.records.labels import fold

MOST_LINES = 20
KEYS = ("name", "labels", "kind", "version", "headline", "truth", "prediction", "aliases", "rules")
KINDS = ("classification", "regression", "multiple-choice")
QUIRKS = {"missing-dropped": MISSING_DROPPED, "exact-text": "the whole reply must equal the label as written"}


def read_task(path: Path) -> Benchmark:
    """The benchmark of a file.

    Raises:
        EvalError: the file is missing, too long, or says something that is not known.
    """
    if path.suffix == ".py":
        return _from_python(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = yaml_value(text)
    except (OSError, ValueError) as fault:
        raise EvalError(f"{path}: {fault}", "python -m eval reproduce --help shows the keys of a task") from fault
    if len([line for line in text.splitlines() if line.strip()]) > MOST_LINES:
        raise EvalError(f"{path}: more than {MOST_LINES} lines", "write what it takes more for as a Python file")
    if not isinstance(content, dict) or not isinstance(content.get("name"), str):
        raise EvalError(f"{path}: no task", f"the keys are {', '.join(KEYS)}; name is needed")
    if unknown := sorted(set(map(str, content)) - set(KEYS)):
        raise EvalError(f"{path}: unknown key {', '.join(unknown)}", f"the keys are {', '.join(KEYS)}")
    return _task(path, content)


def _task(path: Path, content: Mapping[str, Any]) -> Benchmark:
    kind, version = content.get("kind", KINDS[0]), str(content.get("version", "1"))
    if kind not in KINDS:
        raise EvalError(f"{path}: kind {kind}", f"one of {', '.join(KINDS)}")
    truth = {"label": (content["truth"],) if "truth" in content else TRUTH}
    said = {"reply": (content["prediction"],) if "prediction" in content else PREDICTION}
    head = content.get("headline")
    if kind == "regression":
        rules = {each.name: each for each in mmsa.BENCHMARKS}.get(str(content.get("rules")))
        if rules is None:
            raise EvalError(f"{path}: rules {content.get('rules')}", "one of mosi, mosei, sims, simsv2")
        values = {"value": (*truth["label"], "score", "value")}, {"value": (*said["reply"], "score", "value")}
        return Benchmark(
            content["name"], version, head or rules.headline, str(path), *values, rules.quirks, rules.score
        )
    if kind == "multiple-choice":
        (model,) = emorealm.BENCHMARKS
        fields = {**model.truth, "label": truth["label"]}
        return Benchmark(
            content["name"],
            version,
            head or model.headline,
            str(path),
            fields,
            said,
            model.quirks,
            model.score,
            model.optional,
        )
    labels = content.get("labels")
    if not isinstance(labels, list) or not labels:
        raise EvalError(f"{path}: labels", "list them: labels: [happy, sad]")
    names = {fold(str(label)): str(label) for label in labels}
    names |= {fold(str(a)): str(b) for a, b in (content.get("aliases") or {}).items()}

    def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
        kept = answered(items, quirks)
        exact = "exact-text" in quirks
        true = [names.get(fold(i.truth["label"]), i.truth["label"]) for i in kept]
        replies = [(i.said or {"reply": ""})["reply"] for i in kept]
        return classification(true, replies if exact else [names.get(fold(answer_of(r)), "") for r in replies])

    joined = "/".join(map(str, labels))
    return Benchmark(content["name"], version, head or "accuracy", str(path), truth, said, QUIRKS, score, labels=joined)


def _from_python(path: Path) -> Benchmark:
    spec = importlib.util.spec_from_file_location(f"task_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise EvalError(f"{path}: no such file", "a .yaml or a .py file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: tuple[object, ...] = tuple(getattr(module, "BENCHMARKS", ()))
    first = found[0] if len(found) == 1 else None
    if not isinstance(first, Benchmark):
        raise EvalError(f"{path}: BENCHMARKS must hold one Benchmark", "see eval/benchmarks/emorealm.py")
    return first
