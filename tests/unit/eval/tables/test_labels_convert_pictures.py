"""Converters of face data sets, OMG-Emotion and TESS, on trees and files with the published naming."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.errors import EvalError
from tests.unit.eval.tables.test_labels_convert import convert, rows_of, table


def touch(folder: Path, *names: str, text: str = "") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_tess_names_speaker_word_and_emotion(tmp_path: Path) -> None:
    names = ("TESS/OAF_angry/OAF_back_angry.wav", "TESS/YAF_ps/YAF_dog_ps.wav", "TESS/OAF_Sad/OA_bite_sad.wav")
    assert convert("--from", "tess", touch(tmp_path, *names), tmp_path / "o.csv") == 0
    rows = {row["ID"]: row for row in rows_of(tmp_path / "o.csv")}
    assert rows["OAF_back_angry.wav"]["Label"] == "negative" and rows["YAF_dog_ps.wav"]["Label"] == ""
    assert rows["YAF_dog_ps.wav"]["Emotion"] == "surprise" and rows["OA_bite_sad.wav"]["Speaker"] == "OAF"
    assert rows["OA_bite_sad.wav"]["Text"] == "Say the word bite"


def test_fer2013_as_folders_and_as_csv(tmp_path: Path) -> None:
    tree = touch(tmp_path / "fer", "train/angry/Training_1.jpg", "test/happy/PublicTest_2.jpg", "train/sad/._x.jpg")
    assert convert("--from", "fer2013", tree, tmp_path / "o.csv") == 0
    rows = {row["ID"]: (row["Emotion"], row["Split"]) for row in rows_of(tmp_path / "o.csv")}
    assert rows == {"Training_1.jpg": ("angry", "train"), "PublicTest_2.jpg": ("happy", "test")}
    csv = table(tmp_path, "fer2013.csv", "emotion,pixels,Usage\n0,1 2,Training\n6,3 4,PublicTest\n4,5 6,PrivateTest\n")
    assert convert("--from", "fer2013", csv, tmp_path / "p.csv") == 0
    told = [(row["ID"], row["Emotion"], row["Split"]) for row in rows_of(tmp_path / "p.csv")]
    assert told == [
        ("fer0000000.png", "angry", "train"),
        ("fer0000001.png", "neutral", "valid"),
        ("fer0000002.png", "sad", "test"),
    ]


def test_rafdb_counts_from_one(tmp_path: Path) -> None:
    listed = table(tmp_path, "list_patition_label.txt", "train_00001.jpg 5\ntest_0001.jpg 1\n")
    assert convert("--from", "rafdb", listed, tmp_path / "o.csv") == 0
    told = [(row["ID"], row["Emotion"], row["Split"]) for row in rows_of(tmp_path / "o.csv")]
    assert told == [("train_00001.jpg", "sad", "train"), ("test_0001.jpg", "surprise", "test")]
    with pytest.raises(EvalError, match="codes are 1 to 7"):
        convert("--from", "rafdb", table(tmp_path, "l.txt", "train_00001.jpg 0\n"), tmp_path / "q.csv")


def test_ckplus_reads_one_number_a_file(tmp_path: Path) -> None:
    name = "S005/001/S005_001_00000011_emotion.txt"
    tree = touch(tmp_path / "Emotion", name, text="   3.0000000e+00\n")
    touch(tree, "S010/002/S010_002_00000014_emotion.txt", text="2.0\n")
    assert convert("--from", "ckplus", tree, tmp_path / "o.csv") == 0
    told = {row["ID"]: (row["Emotion"], row["Speaker"]) for row in rows_of(tmp_path / "o.csv")}
    assert told == {
        "S005_001_00000011.png": ("disgust", "S005"),
        "S010_002_00000014.png": ("contemptuous", "S010"),
    }
    touch(tree, name, text="9\n")
    with pytest.raises(EvalError, match="S005_001_00000011_emotion.txt"):
        convert("--from", "ckplus", tree, tmp_path / "p.csv")


def test_omg_joins_video_and_utterance(tmp_path: Path) -> None:
    text = (
        "link,start,end,video,utterance,arousal,valence,EmotionMaxVote\n"
        "https://x/watch?v=5a,1.0,9.0,0f39,utterance_1.mp4,0.33,-0.16,5\n"
    )
    assert convert("--from", "omg", table(tmp_path, "omg_TrainVideos.csv", text), tmp_path / "o.csv") == 0
    (row,) = rows_of(tmp_path / "o.csv")
    assert (row["ID"], row["Emotion"], row["Score"], row["Split"]) == ("0f39_utterance_1.mp4", "sad", "-0.16", "train")
    assert (row["Label"], row["Speaker"]) == ("negative", "0f39")
