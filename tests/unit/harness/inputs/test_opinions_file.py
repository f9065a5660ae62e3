"""Files of opinions: whose labels, which row, and what a bad row costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import load_profile
from harness.faults import ConfigError
from harness.inputs.opinions_file import read_opinions
from harness.inputs.own_space import find_space
from harness.records.labels import EMOTION7, SENTIMENT5, SPACES
from harness.records.types import Opinion
from tests.support.own_space import OWN


def put(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "net.csv"
    path.write_bytes(text.encode(encoding))
    return path


FER = "angry,disgust,fear,happy,neutral,sad,surprise"


@pytest.mark.parametrize(
    ("header", "space"),
    [
        ("SNEG,WNEG,NEUT,WPOS,SPOS", "sentiment5"),
        ("p_negative,p_neutral,p_positive", "polarity3"),
        ("prob_" + ",prob_".join(EMOTION7.labels), "emotion7"),
        (",".join(SPACES["mafw11"].labels), "mafw11"),
        (",".join(SPACES["ravdess8"].labels), "ravdess8"),
        ("Neutral,ANGRY,happy,sad,worried,surprise", "mer6"),
    ],
)
def test_the_columns_tell_the_space(tmp_path: Path, header: str, space: str) -> None:
    values = [str(k + 1) for k in range(header.count(",") + 1)]
    given = read_opinions(put(tmp_path, f"name,{header}\na.mp4,{','.join(values)}\n"), SENTIMENT5)
    said = given.of("a.mp4")
    assert isinstance(said, Opinion) and said.space == space == given.space
    assert said.labels == SPACES[space].labels and sum(said.probabilities) == pytest.approx(1)
    assert said.probabilities[-1] == pytest.approx(len(values) / sum(map(float, values))), "by name, not by place"


def test_columns_are_found_by_name_in_any_order_and_the_runs_own_space_comes_first(tmp_path: Path) -> None:
    path = put(tmp_path, "surprise,sad,neutral,happy,fear,disgust,angry,ID\n.1,.2,.3,.1,.1,.1,.1,a\n", "utf-8-sig")
    for name in ("fer7", "dfew7"):
        said = read_opinions(path, SPACES[name]).of("a")
        assert isinstance(said, Opinion) and said.space == name
        assert dict(zip(said.labels, said.probabilities, strict=True))["neutral"] == pytest.approx(0.3)


def test_a_space_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "mood3.yaml").write_text(OWN, encoding="utf-8")
    own = find_space(str(tmp_path / "mood3.yaml"))
    path = put(tmp_path, "ID," + ",".join(own.labels) + "\na," + ",".join(["1"] * len(own.labels)) + "\n")
    said = read_opinions(path, own).of("a")
    assert isinstance(said, Opinion) and (said.space, said.labels) == (own.name, own.labels)


def test_our_own_predictions_of_another_run_are_such_a_file(tmp_path: Path) -> None:
    names = [f"p_{label}" for label in SENTIMENT5.labels] + [f"p_text_{label}" for label in SENTIMENT5.labels]
    path = put(tmp_path, f"ID,Label,{','.join(names)}\n'=a.mp4,SNEG,1,0,0,0,0,0,0,0,0,1\n")
    said = read_opinions(path, SENTIMENT5).of("=a.mp4")
    assert isinstance(said, Opinion) and said.probabilities == (1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a.mp4,1,x,0", "no number in a cell of a.mp4"),
        ("a.mp4,,0,0", "no number"),
        ("a.mp4,2.1,-1,0.2", "apply a softmax"),
        ("a.mp4,0,0,0", "holds no probabilities"),
        ("a.mp4,nan,1,0", "holds no probabilities"),
        ("a.mp4,1,0,0\na.mp4,0,1,0", "two different rows for a.mp4"),
        ("c.mp4,1,0,0", "no row for it: add one with the ID a.mp4"),
    ],
)
def test_a_bad_row_costs_its_clip_alone(tmp_path: Path, row: str, why: str) -> None:
    given = read_opinions(put(tmp_path, f"ID,negative,neutral,positive\n{row}\nb.mp4,20,30,50\n"), SENTIMENT5)
    assert why in str(given.of("a.mp4")) and "net.csv" in str(given.of("a.mp4"))
    said = given.of("b.mp4")
    assert isinstance(said, Opinion) and said.probabilities == pytest.approx((0.2, 0.3, 0.5))


def test_ids_without_ending_fit_where_one_row_does(tmp_path: Path) -> None:
    given = read_opinions(
        put(tmp_path, "ID,negative,neutral,positive\na,1,0,0\nb.mp4,0,1,0\nb.avi,0,0,1\n"), SENTIMENT5
    )
    assert isinstance(given.of("a.mp4"), Opinion)
    assert given.of("b.mp4") == Opinion("polarity3", ("negative", "neutral", "positive"), (0, 1, 0))
    assert "rows b.mp4 and b.avi" in str(given.of("b.mkv"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ID,good,bad\na,1,0\n", "no column for each label of a known space"),
        ("clip_no,negative,neutral,positive\n1,1,0,0\n", "no column ID"),
        ("ID,negative,neutral,positive\n", "no row"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_opinions(put(tmp_path, text), SENTIMENT5)
    with pytest.raises(ConfigError, match="there is no file"):
        read_opinions(tmp_path / "none.csv", SENTIMENT5)


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        (["opinions.video.file=a.csv"], "opinions.video is no name"),
        (["opinions.My-Net.file=a.csv"], "is no name"),
        (["opinions.net={}"], "names no file and no provider"),
        (["fuse.weights.vidoe=1"], "unknown setting fuse.weights.vidoe"),
        (["opinions.net.file=a.csv", "fuse.emotions.weights.nett=1"], "fuse.emotions.weights.nett"),
        ([f"opinions.net{i}.file=a.csv" for i in range(7)], "at most 6"),
    ],
)
def test_settings_of_sources_that_cannot_be(overrides: list[str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load_profile("embedded", overrides)
