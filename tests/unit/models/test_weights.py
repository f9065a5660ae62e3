"""The shipped heads: retrained by one command, and named by their hashes."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from models.folders import WEIGHTS
from models.text import sentence
from models.text.head import spec as text
from models.training.sentence import emotions
from models.voice.measure import spec as speech


@pytest.mark.parametrize(
    ("head", "folder"), [("text", "text"), ("emotions", "text/emotions"), ("speech", "speech"), ("face", "face")]
)
def test_make_weights_runs_the_command_of_the_card(root: Path, head: str, folder: str) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    card = (WEIGHTS / folder / "CARD.md").read_text(encoding="utf-8")
    (made,) = re.findall(rf"-m (models train {head} .*)", makefile)
    (said,) = re.findall(rf"python -m (models train {head} .*)", card)
    made = made.replace("--keep $(HELD_OUT) ", "")
    plain = [re.sub(r"\$\(DATA\)/\w+/|DATA/", "", command).split() for command in (made, said)]
    assert plain[0] == plain[1]


@pytest.mark.parametrize(
    ("folder", "layers"), [("text/sentence", sentence.LAYERS), ("text/emotions/sentence", emotions.LAYERS)]
)
def test_training_reads_the_layers_of_the_shipped_head(folder: str, layers: tuple[int, ...]) -> None:
    head = json.loads((WEIGHTS / folder / "head.json").read_text(encoding="utf-8"))
    assert tuple(head["layers"]) == layers


def test_providers_name_their_files() -> None:
    alone = {"encoder": "none"}
    for provider, folder in ((text(alone), "text"), (speech(alone), "speech")):
        names = {"head.json", "head.safetensors"}
        parts = ("arousal", "prosody") if folder == "speech" else ("emotions",)
        also = {f"{part}/{name}" for part in parts for name in names}
        assert set(provider.files) == names | also
        for name, digest in provider.files.items():
            assert digest == hashlib.sha256((WEIGHTS / folder / name).read_bytes()).hexdigest()
