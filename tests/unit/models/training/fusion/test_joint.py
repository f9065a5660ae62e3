"""What is learned from people's labels, what is drawn for our heads, and that training pools as a run does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from harness.judging.joint import read_joint
from models.__main__ import main
from models.training.fusion.data import experts, graded, opinions, read_held_out, read_judged
from models.training.fusion.joint import PARTS, learn, pool

GRID = np.array([-1.0, -0.4, 0.0, 0.4, 1.0])


@pytest.fixture
def judged_file(tmp_path: Path) -> Path:
    """300 clips of 30 videos: the whole is mostly what the voice is, the words go along half of the time."""
    random = np.random.default_rng(0)
    path = tmp_path / "judged.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "video_id", "score", "text_score", "voice_score", "picture_score"])
        for i in range(300):
            voice = random.choice(GRID)
            text, picture = (voice if random.random() < 0.5 else random.choice(GRID) for _ in range(2))
            whole = voice if random.random() < 0.9 else random.choice(GRID)
            writer.writerow([f"c{i}", f"v{i // 10}", whole, text, voice, picture])
    return path


@pytest.fixture
def held_file(tmp_path: Path) -> Path:
    """A head that gives .7 to the right polarity."""
    path = tmp_path / "held.csv"
    lines = ["Label,p_negative,p_neutral,p_positive,strength,strong"]
    for label, row in (("negative", ".7,.2,.1"), ("neutral", ".1,.7,.2"), ("positive", ".1,.2,.7")):
        lines += [f"{label},{row},.9,1", f"{label},{row},.1,0", f"{label},{row},.5,"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_scores_are_cut_at_the_corpus_bounds(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("id,score,text_score,voice_score,picture_score\na,-0.8,-0.6,0.04,0.2\nb,0.66,0.7,1,0\n", "utf-8")
    found = read_judged(path)
    assert [found.labels[name].tolist() for name in ("whole", *PARTS)] == [[0, 4], [1, 4], [2, 4], [3, 2]]
    path.write_text("id,score\na,1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="picture_score"):
        read_judged(path)


def test_a_value_between_two_labels_is_an_opinion_of_both(tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    path.write_text("id,score,text_score,voice_score,picture_score\na,0,0.2,-1,0\nb,0,0.6,0.7,0\n", encoding="utf-8")
    said = graded(read_judged(path), 0.15)
    weakly, nearly = said["text"].tolist()
    assert weakly.index(max(weakly)) == nearly.index(max(nearly)) == 3
    assert nearly[4] > 10 * weakly[4], "of two weakly positive values the larger is nearer to strongly positive"
    assert said["audio"][1, 3] == pytest.approx(0.5, abs=1e-3), "on the cut both labels are equal"
    assert said["audio"][0, 0] > 0.97
    assert np.allclose([p.sum(axis=1) for p in said.values()], 1)


def test_opinions_are_drawn_by_polarity_and_strength(judged_file: Path, held_file: Path) -> None:
    judged, held = read_judged(judged_file), read_held_out(held_file)
    assert (len(held.five), sorted(set(held.strong.tolist()))) == (9, [-1, 0, 1])
    drawn = opinions(judged, {"audio": held})["audio"]
    assert np.array_equal(drawn, opinions(judged, {"audio": held})["audio"]), "equal seeds, equal draws"
    guess, truth = drawn.argmax(axis=1), judged.labels["audio"]
    assert np.array_equal(np.sign(guess - 2), np.sign(truth - 2))
    polar = truth != 2
    assert np.array_equal(np.abs(guess[polar] - 2), np.abs(truth[polar] - 2)), "strong is drawn among the strong"


def test_training_pools_as_a_run_does(judged_file: Path) -> None:
    judged = read_judged(judged_file)
    priors = {name: np.full(5, 0.2) for name in PARTS}
    learned = learn(judged.labels, priors)
    given, weights = experts(judged, 0.8), {"text": 1.9, "audio": 0.7, "video": 1.0}
    content = {
        "together": learned.together.tolist(),
        "given": learned.given.tolist(),
        "priors": {name: shares.tolist() for name, shares in learned.priors.items()},
    }
    joint = read_joint(json.loads(json.dumps(content)))
    many = pool(learned, given, weights)
    for i in range(0, 300, 50):
        one = joint.pool({name: tuple(given[name][i].tolist()) for name in PARTS}, weights)
        assert one == pytest.approx(many[i].tolist(), abs=1e-9)
    assert (many.argmax(axis=1) == judged.labels["whole"]).mean() > 0.8, "the voice decides, as it does in these labels"
    with pytest.raises(ValueError, match="cells"):
        read_joint({**content, "together": content["together"][:-1]})


def test_the_command_learns_and_the_pool_is_evaluated(
    judged_file: Path, held_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = [f"{name}={held_file}" for name in PARTS]
    out = tmp_path / "fusion"
    assert main(["train", "fusion", "--opinions", str(judged_file), "--heads", *heads, "--out", str(out)]) == 0
    content = json.loads((out / "fusion.json").read_text(encoding="utf-8"))
    assert content["schema"] == "fusion/2"
    assert content["weights"]["audio"] > 0
    assert "video" in (out / "CARD.md").read_text(encoding="utf-8")
    figures = tmp_path / "figures.json"
    flags = ["--data", str(judged_file), "--limit", "150", "--bootstrap", "0", "--json", str(figures)]
    assert main(["evaluate", "fusion", *flags, "--heads", *heads]) == 0
    told = json.loads(figures.read_text(encoding="utf-8"))
    rows = told["strategies, people's values as opinions"]
    assert rows["joint, the profile's weights"]["accuracy"] == pytest.approx(
        float(told["overall"]["accuracy"]), abs=1e-3
    )
    assert rows["audio alone"]["accuracy"] > rows["text alone"]["accuracy"]
    assert all(row["low"] <= row["accuracy"] <= row["high"] for row in rows.values())
    assert all(rows[f"{name} alone"]["three-class"] >= rows[f"{name} alone"]["accuracy"] for name in PARTS)
    apart = told["clips whose words and picture disagree in sign"]
    assert all(apart[f"{name} moves to its own side"]["share"] > 0.9 for name in PARTS)
    assert apart["joint, the profile's weights"]["n"] == apart["text moves to its own side"]["n"] > 10
    capsys.readouterr()
    assert main(["train", "fusion", "--opinions", str(judged_file), "--heads", heads[0], "--out", str(out)]) == 2
    assert "audio=FILE" in capsys.readouterr().err
