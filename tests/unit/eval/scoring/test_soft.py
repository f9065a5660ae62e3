"""Soft labels: against statsmodels, scipy and figures made by hand."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as published_kappa

from eval.__main__ import main
from eval.metrics import annotators


def test_against_other_code() -> None:
    assert doctest.testmod(annotators).failed == 0
    rng = np.random.default_rng(3)
    ratings = rng.integers(0, 4, (60, 3))
    assert annotators.fleiss_kappa(ratings, 4) == pytest.approx(
        published_kappa(aggregate_raters(ratings)[0]), abs=1e-12
    )
    p, q = rng.dirichlet(np.ones(4), 30), rng.dirichlet(np.ones(4), 30)
    assert annotators.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2, axis=1) ** 2, abs=1e-9)


def test_alpha_of_krippendorffs_own_example() -> None:
    # Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example C: nominal .743, ordinal .815.
    data = """1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 ."""
    ratings = np.array([[-1 if c == "." else int(c) - 1 for c in row.split()] for row in data.splitlines()]).T
    assert annotators.krippendorff_alpha(ratings, 5) == pytest.approx(0.743, abs=5e-4)
    assert annotators.krippendorff_alpha(ratings, 5, ordinal=True) == pytest.approx(0.815, abs=5e-4)


def test_the_human_ceiling_stands_beside_the_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels, said, out = tmp_path / "l.csv", tmp_path / "p.csv", tmp_path / "out.json"
    labels.write_text("ID,r1,r2,r3\na,glad,glad,glad\nb,low,low,glad\nc,low,low,low\nd,,,\n", encoding="utf-8")
    said.write_text("ID,p_glad,p_low\na,0.9,0.1\nb,0.2,0.8\n", encoding="utf-8")
    flags = ["--label-space", "glad,low", "--annotators", "r1,r2,r3", "--bootstrap", "50", "--json", str(out)]
    assert main(["soft", str(said), str(labels), *flags]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["n"] == 3
    assert {p["kind"] for p in result["problems"]} == {"missing", "unlabelled"}
    # r3 is wrong of b; r1 and r2 meet a tie there, so they are right of the two others.
    assert result["human"]["ceiling"]["accuracy"] == pytest.approx((1 + 1 + 2 / 3) / 3)
    wanted = np.mean([-np.log(0.9), -(np.log(0.2) + 2 * np.log(0.8)) / 3, np.log(2)])
    assert result["system"]["cross_entropy"]["mean"] == pytest.approx(wanted)
    assert "an annotator against the others" in capsys.readouterr().out
    assert main(["soft", str(said), str(said), "--label-space", "glad,low"]) == 2


def test_a_label_with_its_confidence(tmp_path: Path) -> None:
    labels, said, out = tmp_path / "l.csv", tmp_path / "p.csv", tmp_path / "out.json"
    labels.write_text("id,emotion,confidence\na,glad,0.8\n", encoding="utf-8")
    said.write_text("id,p_glad,p_low\na,0.5,0.5\n", encoding="utf-8")
    assert main(["soft", str(said), str(labels), "--label-space", "glad,low", "--json", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["human"] is None and result["system"]["entropy_of_truth"] == pytest.approx(0.5004, abs=1e-4)
