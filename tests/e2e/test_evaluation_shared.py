"""`models evaluate` on sound and pictures of the development data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.__main__ import main
from models.evaluation.face import evaluate as evaluate_faces

pytestmark = pytest.mark.shared


def test_speech(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "score.json"
    data = shared / "data" / "speech" / "emodb.csv"
    # Twenty, since from there on features are normalised over the set.
    flags = ["--data", str(data), "--limit", "20", "--json", str(out), "--bootstrap", "0"]
    assert main(["evaluate", "speech", *flags]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["label_space"] == "polarity3"
    assert result["counts"]["labels"] + sum(result["head"]["left_out"].values()) == 20
    assert result["calibration"]["n"] == result["counts"]["labels"] - result["head"]["no_opinion"]


def test_faces(shared: Path, models: Path, tmp_path: Path) -> None:
    with np.load(shared / "data" / "faces" / "fer2013_valid.npz") as arrays:
        pick = np.random.default_rng(0).permutation(len(arrays["labels"]))[:80]
        chosen = {"images": arrays["images"][pick], "truth": arrays["labels"][pick], "classes": arrays["classes"]}
    data, out = tmp_path / "faces.npz", tmp_path / "score.json"
    np.savez(data, **chosen)
    flags = ["--data", str(data), "--labels", "truth", "--models-dir", str(models), "--json", str(out)]
    assert main(["evaluate", "face", *flags, "--bootstrap", "0"]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["overall"]["n"] == 80
    assert result["overall"]["accuracy"] > result["baselines"]["majority"]["accuracy"]
    assert main(["evaluate", "face", "--data", str(data), "--models-dir", str(models)]) == 2  # no array "labels"
    assert len(evaluate_faces(data, Path("models/weights/face").resolve(), models, "truth", 5).cases) == 5
