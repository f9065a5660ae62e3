"""`models train fusion`: it finds out which source to believe, from the table that a run writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.judging.fuse import FuseSettings, Source, fuse
from harness.output.export import row_of
from harness.records.types import Clip, Record
from models.__main__ import main

LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")


def made_up_run(folder: Path, clips: int = 120) -> tuple[Path, Path, Path]:
    """A run in which the text is often right, the video never knows, and every third clip has no text."""
    random = np.random.default_rng(5)
    rows, truth = [], []
    (folder / "run" / "video_emotion_results").mkdir(parents=True)
    for i in range(clips):
        label = int(random.integers(5))
        text = np.full(5, 0.1)
        text[label if random.random() < 0.7 else int(random.integers(5))] += 0.5
        video = random.dirichlet(np.ones(5) * 2)
        sources = {"video": [round(float(p), 6) for p in video]}
        if i % 3:
            sources["text"] = [round(float(p), 6) for p in text]
        data: dict[str, Any] = {"label": "NEUT", "probabilities": [0.2] * 5, "status": "ok", "sources": sources}
        clip = Clip(f"-{i}.mp4", "x", "", 0)
        rows.append(row_of(clip, {"fuse": Record("fuse", clip.id, "p", "f", "ok", data)}, "NEUT"))
        rows[-1]["ID"] = "'" + clip.id  # as files for people have it
        story = {"clip": {"id": clip.id}, "prediction": data}
        (folder / "run" / "video_emotion_results" / f"{i}.json").write_text(json.dumps(story), encoding="utf-8")
        truth.append((clip.id, LABELS[label]))
    for name, header, table in (
        ("predictions.csv", list(rows[0]), [list(row.values()) for row in rows]),
        ("labels.csv", ["ID", "Label"], truth),
    ):
        with (folder / name).open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows([header, *table])
    return folder / "predictions.csv", folder / "labels.csv", folder / "run"


def test_it_learns_whom_to_believe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    predictions, labels, run = made_up_run(tmp_path)
    out = tmp_path / "fusion.json"
    flags = ["--labels", str(labels), "--out", str(out)]
    assert main(["train", "fusion", "--predictions", str(predictions), *flags]) == 0
    learned = json.loads(out.read_text(encoding="utf-8"))
    assert learned["exponents"]["text"] > 2 * learned["exponents"]["video"]
    figures = learned["figures"]
    assert figures["clips"] == 120
    assert figures["log_loss_five_fold"] < figures["log_loss_equal_weights"]
    assert figures["accuracy_five_fold"] > figures["accuracy_majority"]
    assert "accuracy_five_fold" in capsys.readouterr().out
    settings = FuseSettings("learned", {"text": 1.0, "video": 1.0}, learned=learned)
    sure, unsure = (0.6, 0.1, 0.1, 0.1, 0.1), (0.1, 0.1, 0.1, 0.1, 0.6)
    pooled = fuse({"text": Source(sure), "video": Source(unsure)}, settings).probabilities
    assert pooled[0] > pooled[4]
    assert main(["train", "fusion", "--run", str(run), *flags]) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == learned


@pytest.mark.parametrize(("text", "message"), [("ID,Label\na,NEUT\n", "no columns"), ("", "holds no row")])
def test_a_table_without_sources_is_refused(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, labels, _ = made_up_run(tmp_path, 3)
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    flags = ["--predictions", str(tmp_path / "p.csv"), "--labels", str(labels), "--out", str(tmp_path / "o.json")]
    assert main(["train", "fusion", *flags]) == 2
    assert message in capsys.readouterr().err


def test_too_few_clips_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    predictions, labels, _ = made_up_run(tmp_path, 10)
    flags = ["--predictions", str(predictions), "--labels", str(labels), "--out", str(tmp_path / "o.json")]
    assert main(["train", "fusion", *flags]) == 2
    assert "10 labelled clips" in capsys.readouterr().err
