"""Dataset adapters: the published layouts, and what is refused."""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import pytest

from eval.datasets.base import clip_name, split_of
from eval.errors import EvalError
from eval.tables import labels_convert
from harness.ingest import ingest

MMSA = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"


def convert(*argv: object) -> int:
    parser = argparse.ArgumentParser()
    labels_convert.configure(parser)
    return labels_convert.run(parser.parse_args(["convert", *(str(word) for word in argv)]))


def rows_of(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("ID,Label,Score,Emotion,Language,Speaker,Split,Text\n")
    return list(csv.DictReader(text.splitlines()))


def table(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_sims_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = ["-1.0", "-0.8", "-0.7", "-0.6", "-0.2", "0.0", "0.2", "0.6000000000000001", "0.8", "1.0"]
    body = "".join(f'video_0001,{i:04},"你好，世界",{s},,,,Neutral,train\n' for i, s in enumerate(scores))
    out = tmp_path / "out.csv"
    assert convert("--from", "simsv2", table(tmp_path, "meta.csv", MMSA + body), out) == 0
    rows = rows_of(out)
    assert [row["Label"] for row in rows] == ["SNEG"] * 3 + ["WNEG"] * 2 + ["NEUT"] + ["WPOS"] * 2 + ["SPOS"] * 2
    assert rows[0] == {
        "ID": "video_0001_0000.mp4",
        "Label": "SNEG",
        "Score": "-1.0",
        "Emotion": "",
        "Language": "zh",
        "Speaker": "video_0001",
        "Split": "train",
        "Text": "你好，世界",
    }
    assert "thresholds sims (default)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("mosei", "SNEG NEUT NEUT SPOS SPOS"), ("mosei-halves", "WNEG WNEG WPOS WPOS SPOS")],
)
def test_mosei_rules(tmp_path: Path, rule: str, expected: str) -> None:
    scores = ("-1.6666666", "-0.5", "0.5", "1.6666666", "3")
    body = "".join(f"-abc,{i},hi,{s},,,,,valid\n" for i, s in enumerate(scores))
    out = tmp_path / "out.csv"
    assert convert("--from", "mosei", table(tmp_path, "label.csv", MMSA + body), out, "--thresholds", rule) == 0
    rows = rows_of(out)
    assert [row["Label"] for row in rows] == expected.split()
    assert rows[0]["ID"] == "-abc_0.mp4" and rows[0]["Split"] == "valid"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = "Name,Discrete,Valence\r\nsample_1,worried,-0.75\r\nsample_2,surprise,0.1\r\n".replace(",", delimiter)
    source = table(tmp_path, "中.csv", text + f"样本{delimiter}happy{delimiter}4\r\n", encoding)
    out = tmp_path / "out.csv"
    assert convert("--from", "mer2023", source, out) == 0
    rows = rows_of(out)
    assert [row["ID"] for row in rows] == ["sample_1.mp4", "sample_2.mp4", "样本.mp4"]
    assert [row["Label"] for row in rows] == ["WNEG", "NEUT", "SPOS"]
    assert [row["Emotion"] for row in rows] == ["worried", "surprise", "happy"]


def test_mer_without_valence_goes_by_polarity_and_surprise_has_none(tmp_path: Path) -> None:
    source = table(tmp_path, "track1.csv", "name,discrete\na,happy\nb,surprise\nc,neutral\nd,worried\n")
    out = tmp_path / "out.csv"
    assert convert("--from", "mer2023", source, out) == 0
    assert [(r["Label"], r["Score"]) for r in rows_of(out)] == [
        ("positive", ""),
        ("", ""),
        ("neutral", ""),
        ("negative", ""),
    ]


def test_meld(tmp_path: Path) -> None:
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    body = (
        '1,"You\x92re,\nok",Joey,joy,positive,3,4,1,1,"00:20:57,256","00:21:00,049"\n'
        "2,What?,Ross,surprise,negative,3,5,1,1,,\n"
    )
    out = tmp_path / "out.csv"
    assert convert("--from", "meld", table(tmp_path, "dev_sent_emo.csv", header + body), out) == 0
    first, second = rows_of(out)
    assert (first["ID"], first["Label"], first["Emotion"]) == ("dia3_utt4.mp4", "positive", "happy")
    assert (first["Text"], first["Split"], first["Speaker"]) == ("You’re, ok", "valid", "Joey")
    assert (second["Label"], second["Emotion"]) == ("negative", "surprise")


@pytest.mark.parametrize(
    ("dataset", "names", "expected"),
    [
        (
            "ravdess",
            ["Actor_12/03-01-06-01-02-01-12.wav", "03-01-08-02-01-02-03.wav", "01-02-02-01-01-01-24.mp4"],
            {
                "03-01-06-01-02-01-12.wav": ("negative", "fearful", "actor12", "Dogs are sitting by the door"),
                "03-01-08-02-01-02-03.wav": ("", "surprised", "actor03", "Kids are talking by the door"),
                "01-02-02-01-01-01-24.mp4": ("neutral", "calm", "actor24", "Kids are talking by the door"),
            },
        ),
        (
            "cremad",
            ["1001_DFA_ANG_XX.wav", "1091_IEO_HAP_HI.wav"],
            {
                "1001_DFA_ANG_XX.wav": ("negative", "angry", "1001", "Don't forget a jacket."),
                "1091_IEO_HAP_HI.wav": ("positive", "happy", "1091", "It's eleven o'clock."),
            },
        ),
        (
            "emodb",
            ["03a01Fa.wav", "16b10Lb.wav"],
            {
                "03a01Fa.wav": ("positive", "happy", "03", "Der Lappen liegt auf dem Eisschrank."),
                "16b10Lb.wav": ("", "bored", "16", "Die wird auf dem Platz sein, wo wir sie immer hinlegen."),
            },
        ),
        (
            "savee",
            ["DC/sa01.wav", "JE_su15.wav", "KL/a01.wav", "JK/a01.wav"],
            {
                "DC_sa01.wav": ("negative", "sad", "DC", ""),
                "JE_su15.wav": ("", "surprise", "JE", ""),
                "KL_a01.wav": ("negative", "angry", "KL", ""),
                "JK_a01.wav": ("negative", "angry", "JK", ""),
            },
        ),
    ],
)
def test_file_names(tmp_path: Path, dataset: str, names: list[str], expected: dict[str, tuple[str, ...]]) -> None:
    folder = tmp_path / "corpus"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "README.txt").touch()
    out = tmp_path / "out.csv"
    assert convert("--from", dataset, folder, out) == 0
    found = {row["ID"]: (row["Label"], row["Emotion"], row["Speaker"], row["Text"]) for row in rows_of(out)}
    assert found == expected
    paths = table(tmp_path, "list.txt", "".join(f"{name}\n" for name in names))
    assert convert("--from", dataset, paths, tmp_path / "again.csv") == 0
    assert {row["ID"] for row in rows_of(tmp_path / "again.csv")} == set(expected)


def test_intensity_rule(tmp_path: Path) -> None:
    names = ["1001_DFA_ANG_LO.wav", "1001_DFA_ANG_MD.wav", "1001_DFA_HAP_HI.wav", "1001_DFA_NEU_XX.wav"]
    source = table(tmp_path, "list.txt", "\n".join(names))
    out = tmp_path / "out.csv"
    assert convert("--from", "cremad", source, out, "--thresholds", "intensity") == 0
    assert [row["Label"] for row in rows_of(out)] == ["WNEG", "", "SPOS", "NEUT"]


@pytest.mark.parametrize(
    ("dataset", "name", "text", "expected"),
    [
        (
            "dfew",
            "single_trainset_1.csv",
            "video_name,label\n1,1\n16372,7\n",
            [("00001.mp4", "happy"), ("16372.mp4", "fear")],
        ),
        (
            "dfew",
            "list.txt",
            "00012.mp4 Surprise\nclips/00013.mp4 anger\n",
            [("00012.mp4", "surprise"), ("00013.mp4", "angry")],
        ),
        (
            "dfew",
            "annotation.csv",
            "1happy,2sad,3neutral,4angry,5surprise,6disgust,7fear,order,label\n9,0,1,0,0,0,0,3,1\n3,3,3,1,0,0,0,4,0\n",
            [("00003.mp4", "happy"), ("00004.mp4", "")],
        ),
        (
            "mafw",
            "train.txt",
            "00001.mp4 8\n00002.mp4 11\n",
            [("00001.mp4", "contemptuous"), ("00002.mp4", "disappointed")],
        ),
        ("mafw", "single.csv", "clip,label\n00005.mp4,helplessness\n", [("00005.mp4", "helpless")]),
    ],
)
def test_face_lists(tmp_path: Path, dataset: str, name: str, text: str, expected: list[tuple[str, str]]) -> None:
    out = tmp_path / "out.csv"
    assert convert("--from", dataset, table(tmp_path, name, text), out) == 0
    assert [(row["ID"], row["Emotion"]) for row in rows_of(out)] == expected


@pytest.mark.parametrize(
    ("dataset", "text", "message"),
    [
        ("simsv2", MMSA + "v,1,t,0.2,,,,,train\nv,2,t,1.4,,,,,train\n", "in.csv:3: score 1.4 is outside -1 to 1"),
        ("simsv2", MMSA + "v,1,t,good,,,,,train\n", "in.csv:2: score 'good' is not a number"),
        ("mosi", MMSA + "v,1,t,nan,,,,,train\n", "in.csv:2: score nan"),
        ("mosi", "a,b\n1,2\n", "in.csv:1: columns video_id,clip_id,label or id,score needed"),
        ("mer2023", "name,discrete,valence\na,happy,1\nb,joyous,2\n", "in.csv:3: unknown label 'joyous'"),
        (
            "meld",
            "Utterance,Emotion,Sentiment,Dialogue_ID,Utterance_ID\nx,joy,good,0,0\n",
            "in.csv:2: unknown label 'good'",
        ),
        ("dfew", "video_name,label\n1,0\n", "in.csv:2: unknown code 0"),
        ("mafw", "video_name,label\n1,3\n2,12\n", "in.csv:3: unknown code 12"),
        ("pazhou", "ID,Label\na.mp4,WPOS\nb.mp4,3\n", "in.csv:3: unknown label '3'"),
        ("pazhou", "ID,Label\na.mp4,WPOS\na.mp4,SPOS\n", "in.csv:3: a.mp4 has other labels than at in.csv:2"),
        ("pazhou", "ID,Label\n", "no rows below the header"),
        ("pazhou", "", "the file is empty"),
        ("ravdess", "path\n03-01-09-01-01-01-01.wav\n", "in.csv:2: unknown emotion code '09'"),
        ("ravdess", "path\n03-01-01-01-01-01-25.wav\n", "in.csv:2: unknown actor '25'"),
        ("cremad", "path\n1001_XYZ_ANG_XX.wav\n", "in.csv:2: unknown sentence code 'XYZ'"),
        ("emodb", "path\n03a01Xa.wav\n", "in.csv:2: unknown emotion code 'X'"),
        ("savee", "path\nDC_a01.wav\nnoise.wav\n", "in.csv:3: file name 'noise.wav' does not follow"),
    ],
)
def test_what_is_refused(tmp_path: Path, dataset: str, text: str, message: str) -> None:
    out = tmp_path / "out.csv"
    with pytest.raises(EvalError, match=re.escape(message)):
        convert("--from", dataset, table(tmp_path, "in.csv", text), out)
    assert not out.exists()


def test_a_rule_of_another_scale_is_refused(tmp_path: Path) -> None:
    source = table(tmp_path, "in.csv", MMSA + "v,1,t,0.2,,,,,train\n")
    with pytest.raises(EvalError, match="does not fit sims; it has: sims"):
        convert("--from", "sims", source, tmp_path / "o.csv", "--thresholds", "mosei")


def test_line_numbers_count_lines_within_quotes(tmp_path: Path) -> None:
    text = MMSA + 'v,1,"two\nlines",0.2,,,,,train\nv,2,t,7,,,,,train\n'
    with pytest.raises(EvalError, match="in.csv:4: score 7"):
        convert("--from", "sims", table(tmp_path, "in.csv", text), tmp_path / "o.csv")


def test_copies_of_a_file_are_one_clip(tmp_path: Path) -> None:
    source = table(tmp_path, "l.txt", "a/Actor_01/03-01-03-01-01-01-01.wav\nb/Actor_01/03-01-03-01-01-01-01.wav\n")
    assert convert("--from", "ravdess", source, tmp_path / "o.csv") == 0
    assert len(rows_of(tmp_path / "o.csv")) == 1


def test_names_and_splits() -> None:
    assert clip_name("a\\b/video.1") == "video.1.mp4"
    assert clip_name("x/y.WAV") == "y.WAV"
    assert split_of("Dev", Path("x.csv")) == "valid"
    assert split_of("", Path("single_testset_1.csv")) == "test"
    assert split_of("", Path("labels.csv")) == ""


@pytest.mark.shared
@pytest.mark.parametrize(
    ("dataset", "path", "rows", "label", "count"),
    [
        ("simsv2", "data/text/ch_sims_v2_train_valid.csv", 3369, "SNEG", 875),
        ("mosi", "data/text/cmu_mosi_train_valid.csv", 1513, "SPOS", 428),
        ("mer2023", "data/text/mer2023_train.csv", 3197, "NEUT", 541),
        ("meld", "data/text/meld_train.csv", 9989, "neutral", 4710),
        ("ravdess", "data/speech/ravdess", 1200, "", 160),
        ("emodb", "data/speech/emodb.csv", 395, "", 59),
        ("pazhou", "clips/mer/labels.csv", 8, "SNEG", 4),
    ],
)
def test_development_data(
    shared: Path, tmp_path: Path, dataset: str, path: str, rows: int, label: str, count: int
) -> None:
    out = tmp_path / "out.csv"
    assert convert("--from", dataset, shared / path, out) == 0
    found = rows_of(out)
    assert len(found) == rows
    assert sum(row["Label"] == label for row in found) == count


@pytest.mark.shared
def test_our_rule_gives_the_classes_that_ch_sims_rows_carry(shared: Path, tmp_path: Path) -> None:
    source = shared / "data/text/ch_sims_v2_train_valid.csv"
    assert convert("--from", "simsv2", source, tmp_path / "out.csv") == 0
    with source.open(encoding="utf-8-sig", newline="") as stream:
        carried = [row["label"] for row in csv.DictReader(stream)]
    assert [row["Label"] for row in rows_of(tmp_path / "out.csv")] == carried


SIMS = "video_id,clip_id,text,label,mode\nvideo_0001,0001,一,0.0,test\nvideo_0002,0001,二,-0.8,test\n"


def test_ids_are_those_of_the_run(tmp_path: Path) -> None:
    for video in ("video_0001", "video_0002"):
        path = tmp_path / "Raw" / video / "0001.avi"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    source, out = table(tmp_path, "label.csv", SIMS), tmp_path / "out.csv"

    def ids(*flags: str) -> list[str]:
        assert convert("--from", "sims", source, out, *flags) == 0
        return [row["ID"] for row in rows_of(out)]

    assert ids() == ["video_0001_0001.mp4", "video_0002_0001.mp4"]
    assert ids("--ids", "path") == ["video_0001/0001.mp4", "video_0002/0001.mp4"]
    assert ids("--ids", "path$") == ["video_0001$_$0001", "video_0002$_$0001"]
    for folder in (tmp_path / "Raw", tmp_path):
        assert ids("--ids", str(folder)) == [clip.id for clip in ingest(folder).clips]
    sample = tmp_path / "sample.csv"
    sample.write_text("ID,Label\nvideo_0002_0001,\n", encoding="utf-8")
    assert ids("--ids", str(sample)) == ["video_0001_0001", "video_0002_0001"]
    for wanted, message in (("name", "ID of several clips"), (str(tmp_path / "no.csv"), "there is no file")):
        with pytest.raises(EvalError, match=message):
            convert("--from", "sims", source, out, "--ids", wanted)
    sample.write_text("ID,Label\nx.mp4,\n", encoding="utf-8")
    with pytest.raises(EvalError, match="no ID, however made"):
        convert("--from", "sims", source, out, "--ids", str(sample))


def test_ids_of_files_in_folders(tmp_path: Path) -> None:
    for speaker in ("DC", "JE"):
        path = tmp_path / "data" / speaker / "a01.wav"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    out = tmp_path / "out.csv"
    assert convert("--from", "savee", tmp_path / "data", out, "--ids", str(tmp_path / "data")) == 0
    assert [row["ID"] for row in rows_of(out)] == [clip.id for clip in ingest(tmp_path / "data").clips]
    assert [row["ID"] for row in rows_of(out)] == ["DC_a01.wav", "JE_a01.wav"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le"])
def test_a_table_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    source, out = tmp_path / "label.csv", tmp_path / "out.csv"
    source.write_bytes(SIMS.replace("一", "我很高兴").encode(encoding))
    assert convert("--from", "sims", source, out) == 0
    assert rows_of(out)[0]["Text"] == "我很高兴"


def test_numbers_fit_with_and_without_leading_zeros(tmp_path: Path) -> None:
    source, out, clips = tmp_path / "l.csv", tmp_path / "out.csv", tmp_path / "clips"
    source.write_text("video_name,label\n00001,1\n3,4\n00009,2\n", encoding="utf-8")
    for name in ("part_1/1.mp4", "part_1/2.mp4", "part_2/00003.mp4", "part_2/9.mp4", "part_2/09.mp4"):
        (clips / name).parent.mkdir(parents=True, exist_ok=True)
        (clips / name).write_bytes(b"x")
    assert convert("--from", "dfew", source, out, "--ids", clips) == 0
    found = [line.split(",")[0] for line in out.read_text(encoding="utf-8").splitlines()[1:]]
    assert found == ["1.mp4", "00003.mp4", "00009.mp4"], "of two clips that it may be, neither is taken"
