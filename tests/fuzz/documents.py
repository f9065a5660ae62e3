"""Readers of documents: stories, label spaces, what was learned of pooling."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from eval.claims.claims import check as check_claims
from eval.claims.facts import facts_of
from eval.errors import EvalError
from eval.probes.questions import probes_of
from eval.reasoning import contributions, explanation, faithfulness, rationale
from eval.reasoning.judges import judge_named
from eval.report.report import page_of
from eval.stories.read import FOLDER, Stories, read_stories, worked
from harness.faults import HarnessFault
from harness.inputs.own_space import read_space
from harness.judging.fuse_settings import SHIPPED, read_settings
from tests.support.argued_stories import argued
from tests.support.stories import ITEMS

LONGEST_MESSAGE = 2_000
"""Characters of a refusal; what it quotes of the file is cut."""
NAME = "a.mp4.json"


@cache
def good_story() -> bytes:
    """A story with everything that a verb reads."""
    items = [{**asdict(item), "quote": item.quote} for item in ITEMS[:12]]
    story = argued(
        "a.mp4",
        evidence={"items": items, "missing": {"video": "no face"}, "opinions": {"audio": {"confidence": 0.5}}},
        reask={"label": "SNEG", "method": "masked", "values": {"text": 0.2, "audio": 0.0, "video": -0.1}},
        early={"steps": [{"share": 0.5, "label": "WNEG", "probabilities": [0.2, 0.5, 0.1, 0.1, 0.1]}]},
        stages={"speech": {"fingerprint": "f1"}},
    )
    return json.dumps(story).encode()


def story(value: tuple[bytes, Path]) -> None:
    """Every verb that reads stories makes figures with it, or leaves it out by name."""
    data, place = value
    folder = place / "run" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(data)
    found = read_stories(folder.parent)
    assert len(found.stories) + len(found.problems) == 1
    if not found.stories:
        return
    json.dumps(check_claims(found))
    worked(found.stories, lambda one: probes_of(one.id, facts_of(one)))
    argued_ones = [s for s in found.stories if isinstance((s.part("reasoning") or {}).get("argument"), dict)]
    explanation.as_text(explanation.summary(worked(argued_ones, explanation.check_story)[0]))
    _summaries(found)
    page_of(folder.parent, place / "page.html")


def _summaries(found: Stories) -> None:
    for work in (
        lambda: rationale.as_text(rationale.check(found, judge_named("lexicon"))),
        lambda: contributions.as_text(contributions.summarise(found, ("label",), 0, np.random.default_rng(0))),
        lambda: faithfulness.as_text(faithfulness.summarise(found, {}, 0, np.random.default_rng(0))),
    ):
        try:
            work()
        except EvalError as fault:
            assert fault.message and len(fault.message) < LONGEST_MESSAGE


def space(value: tuple[bytes, Path]) -> None:
    """A file is a label space, or is refused in a line that names it."""
    data, folder = value
    path = folder / "space.yaml"
    path.write_bytes(data)
    try:
        found = read_space(path)
    except HarnessFault as fault:
        assert str(path) in fault.message and fault.remedy and len(fault.message) < LONGEST_MESSAGE
        return
    assert len(found.labels) >= 2 and found.name


SPACES_OF_OWN = (
    b"labels: [calm, glad, upset, tense]\norder: nominal\naliases:\n  glad: [happy, \xe9\xab\x98\xe5\x85\xb4]\n"
    b"mapping:\n  joy: glad\n  neutral: calm\n",
    b"name: mood\nlabels: [bad, good]\norder: ordinal\nmapping: {SNEG: bad, SPOS: good}\n",
)
YAML_PIECES = tuple(
    piece.encode()
    for piece in (
        *(
            "name: ",
            "labels: ",
            "order: ",
            "aliases: ",
            "mapping: ",
            "calm",
            "glad",
            "joy",
            "SPOS",
            "nominal",
            "ordinal",
        ),
        *(
            ": ",
            "- ",
            "\n",
            "\n  ",
            ", ",
            "[",
            "]",
            "{",
            "}",
            '"',
            "'",
            "|",
            ">",
            "? ",
            "&a ",
            "*a",
            "!!int ",
            "!!set ",
        ),
        *(
            "null",
            "yes",
            "~",
            "2024-13-45",
            "0x1F",
            "1_000",
            "0o17",
            ".inf",
            ".nan",
            "<<: ",
            "---\n",
            "...\n",
            "%YAML 9.9\n",
        ),
        *("#", "@", "`", "\t", "!!python/name:os.system ", "!!binary ", "1:30:00", "=", "\\u12", '"\\x', "高兴"),
    )
)


def fusion(value: tuple[bytes, Path, str, Any]) -> None:
    """What was learned of pooling is taken, or refused in a line that names its file."""
    data, folder, strategy, section = value
    path = folder / "fusion.json"
    path.write_bytes(data)
    try:
        read_settings({**section, "strategy": strategy, "learned": str(path)})
    except HarnessFault as fault:
        assert str(path) in fault.message and fault.remedy and len(fault.message) < LONGEST_MESSAGE


def good_fusions() -> tuple[bytes, bytes]:
    """What is shipped, and what is learned of labelled runs."""
    labels = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"]
    exponents = {"text": 1.0, "audio": 0.5, "video": 0.2}
    learned = {"schema": "fusion/1", "labels": labels, "exponents": exponents, "bias": [0.0, 0.1, 0.0, -0.1, 0.0]}
    return SHIPPED.read_bytes(), json.dumps(learned).encode()
