"""The LSTM and the CNN over rows: they learn what the order tells, ignore padding, and come back from their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not part of the light core")

from models.__main__ import main  # noqa: E402
from models.features.table import About, Writer  # noqa: E402
from models.heads.bilstm import BiLstmHead  # noqa: E402
from models.heads.load import load_head  # noqa: E402
from models.heads.sequence import CnnHead, LstmHead  # noqa: E402
from tests.slow.test_bilstm import LABELS, RECIPE, WIDTH, planted, right  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", [LstmHead, CnnHead])
def test_a_head_learns_ignores_padding_and_comes_back(kind: type[BiLstmHead], tmp_path: Path) -> None:
    clips, labels, groups = planted()
    head = kind("movement", LABELS, WIDTH, "frame", "key").fit(clips, labels, groups, RECIPE)
    unseen, truth, _ = planted(60, seed=1)
    assert right(head, unseen, truth) > 0.9
    alone = np.concatenate([head.predict_proba([clip]) for clip in unseen])
    assert head.predict_proba(unseen) == pytest.approx(alone, abs=1e-5), "beside longer clips, or by itself"
    head.save(tmp_path / "head")
    read = load_head(tmp_path / "head", "key", WIDTH)
    assert type(read) is kind and read.predict_proba(unseen) == pytest.approx(head.predict_proba(unseen), abs=1e-7)


def test_rows_of_whole_clips_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = Writer(tmp_path / "features", About("a" * 64, ("x", "y"), "utterance", None), shard=30)
    lines = ["path,polarity,speaker"]
    for number in range(8):
        writer.add(f"{number}.wav", np.zeros(2, np.float16))
        lines.append(f"{number}.wav,{LABELS[number % 2]},s{number // 2}")
    writer.flush()
    (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    flags = ["--features", str(tmp_path / "features"), "--labels", str(tmp_path / "labels.csv")]
    assert main(["train", "lstm", *flags, "--out", str(tmp_path / "head")]) == 2
    assert "lstm reads rows in time" in capsys.readouterr().err
