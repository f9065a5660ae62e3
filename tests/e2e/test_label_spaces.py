"""One run, four label spaces: four submissions from the same records, without perceiving again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.inputs.own_space import find_space
from harness.records.conversions import convert
from harness.records.labels import EMOTION7, LabelSpace
from tests.support.needs import needs
from tests.support.own_space import LINES, OWN
from tests.support.run_command import predictions, python, run, submission

needs("cv2")
CLIPS = ("demo_zh_happy", "demo_en_angry")
PERCEIVED = ("media", "transcribe", "speech", "face", "text", "evidence")


@pytest.fixture(scope="module")
def place(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two demo clips with their words, a space of twelve lines, and a first run in sentiment5."""
    place = tmp_path_factory.mktemp("spaces")
    (place / "clips").mkdir()
    for stem in CLIPS:
        for path in (root / "Test_Data").glob(f"{stem}.*"):
            shutil.copy(path, place / "clips" / path.name)
    (place / "mood.yaml").write_text(OWN, encoding="utf-8")
    assert LINES == 12
    done = run(root, place / "clips", place / "out")
    assert done.returncode == 0, done.stderr
    return place


def stamps(place: Path) -> dict[str, int]:
    folder = place / "out" / "supplements" / "records"
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for stage in PERCEIVED
        for path in (folder / stage).glob("[!.]*.json")
    }


def told(place: Path) -> list[dict[str, Any]]:
    folder = place / "out" / "supplements" / "video_emotion_results"
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def evaluated(*words: str) -> subprocess.CompletedProcess[str]:
    return python(["-m", "eval", *words], Path(__file__).parents[2])


def write_truth(place: Path, space: LabelSpace) -> Path:
    """Labels that are right for the first clip alone."""
    said = submission(place / "out")
    first, second = sorted(said)
    wrong = next(label for label in space.labels if label != said[second])
    path = place / f"{space.name}.csv"
    path.write_text(f"ID,Label\n{first},{said[first]}\n{second},{wrong}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["emotion7", "mer6", "mood.yaml", "polarity3"])
def test_a_space_is_one_flag(root: Path, place: Path, name: str) -> None:
    before = stamps(place)
    chosen = str(place / name) if name.endswith(".yaml") else name
    space = find_space(chosen)
    done = run(root, place / "clips", place / "out", "--label-space", chosen)
    assert done.returncode == 0, done.stderr
    assert before and stamps(place) == before, "nothing was perceived again"
    assert set(submission(place / "out").values()) <= set(space.labels)
    for clip, row in predictions(place / "out").items():
        assert row["label_space"] == space.name
        p = [float(row[f"p_{label}"]) for label in space.labels]
        assert sum(p) == pytest.approx(1, abs=1e-5)
        assert row["Label"] == space.labels[max(range(len(p)), key=p.__getitem__)] == submission(place / "out")[clip]
        felt = [float(row[f"emotion_{label}"]) for label in EMOTION7.labels]
        assert row["emotion"] == EMOTION7.labels[max(range(7), key=felt.__getitem__)]
        assert row["emotions.openset"].count("(") in (1, 2, 3)
    for story in told(place):
        reasoning = story["reasoning"]["text"]
        assert reasoning.endswith(f"<answer>{story['prediction']['label']}</answer>")
        assert story["answer"]["label"] == story["prediction"]["label"]
        assert story["reasoning"]["argument"]["label"] == story["prediction"]["label"]
        values = story["attribution"]["values"]
        full = dict(zip(space.labels, story["prediction"]["probabilities"], strict=True))[story["prediction"]["label"]]
        assert sum(values.values()) == pytest.approx(full - 1 / len(space.labels))
        if name == "mer6":
            face = dict(zip(EMOTION7.labels, story["emotions"]["by_modality"]["video"], strict=True))
            image = convert(EMOTION7, space).apply([face[label] for label in EMOTION7.labels])
            assert story["prediction"]["sources"]["video"] == pytest.approx(image)
            assert story["emotions"]["labels"] == list(EMOTION7.labels)
    manifest = json.loads((place / "out" / "supplements" / "run_manifest.json").read_text(encoding="utf-8"))
    lost = manifest["run"]["label_space"]["unmapped"]
    assert lost == {"mer6": ["disgust"], "mood.yaml": ["surprise"]}.get(name, [])
    assert all(label in done.stderr + done.stdout for label in lost)
    sound = evaluated("schemas", str(place / "out" / "supplements"))
    assert sound.returncode == 0, sound.stdout

    file = str(place / "out" / "results" / "combined_results.csv")
    labels = write_truth(place, space)
    scored = evaluated("score", file, str(labels), "--label-space", chosen, "--json", str(place / "score.json"))
    assert scored.returncode == 0, scored.stderr
    score = json.loads((place / "score.json").read_text(encoding="utf-8"))
    assert (score["label_space"], score["overall"]["accuracy"]) == (space.name, 0.5)
    assert evaluated("validate", file, "--label-space", chosen).returncode == 0
    page = evaluated("report", str(place / "out" / "supplements"), "--labels", str(labels))
    assert page.returncode == 0, page.stderr
    html = (place / "out" / "supplements" / "report.html").read_text(encoding="utf-8")
    assert json.dumps(list(space.labels), ensure_ascii=False, separators=(",", ":")) in html


def test_another_space_is_an_error_that_names_both(root: Path, place: Path) -> None:
    done = run(root, place / "clips", place / "out", "--label-space", "emotion7")
    assert done.returncode == 0, done.stderr
    file, labels = str(place / "out" / "results" / "combined_results.csv"), str(write_truth(place, EMOTION7))
    for words in (["score", file, labels], ["compare", file, file, labels]):
        refused = evaluated(*words)
        assert refused.returncode != 0
        assert "emotion7" in refused.stderr and "sentiment5" in refused.stderr, refused.stderr
    refused = evaluated("validate", file)
    assert refused.returncode == 1 and "emotion7" in refused.stdout and "sentiment5" in refused.stdout
    unknown = run(root, place / "clips", place / "out", "--label-space", "emotoin7")
    assert unknown.returncode == 2 and "did you mean emotion7" in unknown.stderr
    held = run(root, place / "clips", place / "out", "--label-space", "mer6", "--set", "default_label=NEUT")
    assert held.returncode == 2 and "sentiment5" in held.stderr and "mer6" in held.stderr
