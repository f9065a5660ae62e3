"""What a net from outside says, from the command line to the submission, the csv and the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.needs import needs
from tests.support.run_command import predictions, run, submission

needs("cv2")


@pytest.fixture(scope="module")
def place(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("outside")
    (place / "clips").mkdir()
    for path in (root / "Test_Data").glob("demo_en_angry.*"):
        shutil.copy(path, place / "clips" / path.name)
    (place / "their net.csv").write_text("ID,p_SNEG,p_WNEG,p_NEUT,p_WPOS,p_SPOS\ndemo_en_angry,0,0,0,.1,.9\n", "utf-8")
    return place


def test_it_joins_a_run_and_a_changed_weight_perceives_nothing_again(root: Path, place: Path) -> None:
    before = run(root, place / "clips", place / "out")
    assert before.returncode == 0, before.stderr
    (clip,) = submission(place / "out")
    assert submission(place / "out")[clip] == "SNEG"
    perceived = {p: p.stat().st_mtime_ns for p in (place / "out/supplements/records/face").glob("[!.]*.json")}

    flags = ["--opinions", f"lstm={place / 'their net.csv'}", "--set", "fuse.weights.lstm=9"]
    done = run(root, place / "clips", place / "out", *flags)
    assert done.returncode == 0, done.stderr
    assert submission(place / "out")[clip] == "SPOS"
    assert {p: p.stat().st_mtime_ns for p in perceived} == perceived
    row = predictions(place / "out")[clip]
    assert float(row["contribution_lstm"]) > 0.3 and row["p_lstm_SPOS"] == "0.900000"
    (path,) = (place / "out/supplements/video_emotion_results").glob("*.json")
    story = json.loads(path.read_text(encoding="utf-8"))
    assert story["reasoning"]["argument"]["decided_by"] == "lstm"
    assert "the outside net lstm carries that judgement" in story["reasoning"]["text"]
    assert story["stages"]["opinion-lstm"]["provider"] == "their net.csv"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--opinions", "lstm"], "--opinions lstm is not NAME=FILE.csv"),
        (["--opinions", "lstm=none.csv"], "there is no file none.csv"),
        (["--opinions", "audio=none.csv"], "opinions.audio is no name for a source"),
        (["--set", "opinions.x.provider=theirs"], "opinions.x.provider is 'theirs'"),
    ],
)
def test_what_cannot_be_is_one_line(root: Path, place: Path, flags: list[str], said: str) -> None:
    done = run(root, place / "clips", place / "none", *flags)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
