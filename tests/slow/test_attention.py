"""The attention head: it uses each modality, tells which, bears a missing one, resumes, refuses what does not fit."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.faults import ConfigError

torch = pytest.importorskip("torch", reason="torch is not part of the light core")

from models.__main__ import main  # noqa: E402
from models.features.table import About, Writer  # noqa: E402
from models.heads import fit_network  # noqa: E402
from models.heads.attention import MOST_TOKENS, AttentionHead, pool  # noqa: E402
from models.heads.files import Input  # noqa: E402
from models.heads.fit_network import Recipe  # noqa: E402
from models.heads.load import load_head, open_head  # noqa: E402

pytestmark = pytest.mark.slow
INPUTS = (Input("text", "t" * 64, 3), Input("audio", "a" * 64, 6, "frame", 50.0))
LABELS = ("no", "yes")
RECIPE = Recipe(epochs=30, patience=30, batch=16, threads=1, focal=2.0)
Clip = dict[str, NDArray[np.float32]]


def planted(count: int, seed: int) -> tuple[list[Clip], list[str], list[str]]:
    """Half of the clips tell their label by a word feature, half by a bump early or late in the sound."""
    rng = np.random.default_rng(seed)
    clips, labels, groups = [], [], []
    for number in range(count):
        frames = int(rng.integers(60, 120))
        clip: Clip = {
            "text": rng.normal(0, 0.3, 3).astype(np.float32),
            "audio": rng.normal(0, 0.3, (frames, 6)).astype(np.float32),
        }
        yes = bool(number % 2)
        if number % 4 < 2:
            clip["text"][0] += 3.0 if yes else -3.0
        else:
            start = frames // 2 if yes else 0
            clip["audio"][start : start + frames // 2, 0] += 3.0
        clips.append(clip)
        labels.append(LABELS[yes])
        groups.append(f"speaker{number // 8}")
    return clips, labels, groups


@pytest.fixture(scope="module")
def head() -> AttentionHead:
    clips, labels, groups = planted(240, seed=0)
    return AttentionHead("answer", LABELS, INPUTS).fit(clips, labels, groups, RECIPE)


def right(head: AttentionHead, clips: list[Clip], labels: list[str]) -> float:
    found = [head.labels[i] for i in head.predict_proba(clips).argmax(axis=1)]
    return float(np.mean([a == b for a, b in zip(found, labels, strict=True)]))


def test_it_learns_from_the_words_and_from_the_order_in_the_sound(head: AttentionHead) -> None:
    clips, labels, _ = planted(120, seed=1)
    assert right(head, clips, labels) > 0.9


def test_withholding_the_telling_modality_is_what_moves_the_answer(head: AttentionHead) -> None:
    clips, labels, _ = planted(80, seed=2)
    usual, without = head.predict_proba(clips), head.ablation(clips)
    moved = {name: [abs(p - w[name]).max() for p, w in zip(usual, without, strict=True)] for name in ("text", "audio")}
    by_text = np.array([number % 4 < 2 for number in range(80)])
    assert np.mean(np.array(moved["text"])[by_text]) > 2 * np.mean(np.array(moved["audio"])[by_text])
    assert np.mean(np.array(moved["audio"])[~by_text]) > 2 * np.mean(np.array(moved["text"])[~by_text])
    alone = head.predict_proba([{"audio": clips[0]["audio"]}])[0]
    np.testing.assert_allclose(without[0]["text"], alone, atol=1e-6)
    assert head.ablation([{"audio": clips[0]["audio"]}]) == [{}], "nothing is left to judge by"


def test_attention_covers_the_tokens_that_are_there(head: AttentionHead) -> None:
    clips, _, _ = planted(4, seed=3)
    clips[1] = {"audio": clips[1]["audio"][:10]}
    first, second = head.attention(clips[:2])
    assert set(first) == {"text", "audio"} and set(second) == {"audio"}
    assert first["text"].shape == (1,)
    assert first["audio"].shape == (min(MOST_TOKENS, len(clips[0]["audio"])),)
    assert second["audio"].shape == (10,)
    for found in (first, second):
        assert sum(part.sum() for part in found.values()) == pytest.approx(1)
        assert all((part > 0).all() for part in found.values())


def test_a_clip_is_judged_alike_alone_and_beside_others(head: AttentionHead) -> None:
    clips, _, _ = planted(12, seed=4)
    clips[3].pop("text")
    clips[5].pop("audio")
    together = head.predict_proba(clips)
    np.testing.assert_allclose(together, np.concatenate([head.predict_proba([clip]) for clip in clips]), atol=1e-5)
    with pytest.raises(ValueError, match="without text or audio"):
        head.predict_proba([{"video": np.zeros((3, 3), np.float32)}])
    with pytest.raises(ValueError, match=r"expected \(rows, 6\)"):
        head.predict_proba([{"audio": np.zeros((3, 5), np.float32)}])


def test_saved_and_loaded_it_is_the_same_and_damage_is_refused(head: AttentionHead, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    clips, _, _ = planted(8, seed=5)
    head.save(tmp_path)
    read = open_head(tmp_path)
    assert (read.labels, read.space, read.inputs) == (LABELS, "answer", INPUTS)
    np.testing.assert_array_equal(read.predict_proba(clips), head.predict_proba(clips))
    with pytest.raises(ConfigError, match="text, audio together"):
        load_head(tmp_path, "a" * 64, 6)
    whole = load_file(tmp_path / "head.safetensors")
    save_file({key: value for key, value in whole.items() if key != "net.out.bias"}, tmp_path / "head.safetensors")
    with pytest.raises(ConfigError, match=r"net\.out\.bias None instead of \(2,\)"):
        open_head(tmp_path)
    save_file({**whole, "net.out.weight": whole["net.out.weight"][:1]}, tmp_path / "head.safetensors")
    with pytest.raises(ConfigError, match=r"net\.out\.weight \(1, 128\) instead of \(2, 128\)"):
        open_head(tmp_path)
    save_file({}, tmp_path / "head.safetensors")
    with pytest.raises(ConfigError, match="weights do not fit"):
        open_head(tmp_path)


def test_a_head_of_one_modality_serves_a_stage_and_only_for_its_own_model(tmp_path: Path) -> None:
    clips, labels, groups = planted(32, seed=6)
    sound = [clip["audio"] for clip in clips]
    alone = AttentionHead("answer", LABELS, INPUTS[1:]).fit(sound, labels, groups, replace(RECIPE, epochs=2))
    alone.save(tmp_path)
    read = load_head(tmp_path, "a" * 64, 6)
    np.testing.assert_array_equal(read.predict_proba(sound), alone.predict_proba(sound))
    with pytest.raises(ConfigError, match="another model"):
        load_head(tmp_path, "b" * 64, 6)
    with pytest.raises(ConfigError, match="takes 6 features, not 7"):
        load_head(tmp_path, "a" * 64, 7)


def test_stopped_and_resumed_it_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips, labels, groups = planted(48, seed=7)
    short = replace(RECIPE, epochs=5)
    straight = AttentionHead("answer", LABELS, INPUTS).fit(clips, labels, groups, short)
    saved, save = 0, fit_network._Run._save

    def die(run: fit_network._Run) -> None:
        nonlocal saved
        save(run)
        saved += 1
        if saved == 2:
            raise KeyboardInterrupt

    kept = replace(short, state=tmp_path / "training.pt")
    monkeypatch.setattr(fit_network._Run, "_save", die)
    with pytest.raises(KeyboardInterrupt):
        AttentionHead("answer", LABELS, INPUTS).fit(clips, labels, groups, kept)
    monkeypatch.setattr(fit_network._Run, "_save", save)
    resumed = AttentionHead("answer", LABELS, INPUTS).fit(clips, labels, groups, kept)
    np.testing.assert_array_equal(resumed.predict_proba(clips), straight.predict_proba(clips))


def test_equal_stretches_are_averaged() -> None:
    rows = np.arange(10, dtype=np.float32)[:, None]
    rows[3] = np.nan
    values, middles = pool(rows, 5)
    assert values[:, 0].tolist() == [0.5, 1.0, 4.5, 6.5, 8.5]
    assert middles.tolist() == [1, 3, 5, 7, 9]
    assert pool(rows, 64)[0].shape == (10, 1)


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    """The flags that name two folders of features and their labels."""
    clips, labels, groups = planted(96, seed=8)
    for source in INPUTS:
        names = tuple(str(i) for i in range(source.width))
        about = About(source.feature_key, names, source.granularity, source.rate, source.modality)
        writer = Writer(tmp_path / source.modality, about, shard=40)
        for number, clip in enumerate(clips):
            if (number, source.modality) != (5, "text"):
                writer.add(f"{number}.mp4", clip[source.modality].astype(np.float16))
        writer.flush()
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["path", "polarity", "speaker"])
        rows.writerows([f"{n}.mp4", labels[n], groups[n]] for n in range(96))
    return ["--features", str(tmp_path / "text"), str(tmp_path / "audio"), "--labels", str(tmp_path / "labels.csv")]


def test_train_and_predict_tell_what_each_modality_did(tmp_path: Path, data: list[str]) -> None:
    out = tmp_path / "head"
    command = ["train", "attention", *data, "--out", str(out), "--folds", "2", "--epochs", "20", "--threads", "1"]
    assert main([*command, "--batch", "8"]) == 0
    figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
    assert figures["groups held out, seed 0"]["UAR"] > 0.8
    assert figures["without text (training clips)"]["clips"] == 95
    assert "--focal 2" in (out / "CARD.md").read_text(encoding="utf-8")
    table = tmp_path / "predicted.csv"
    assert main(["predict", "--head", str(out), *data[:3], "--out", str(table)]) == 0
    with table.open(encoding="utf-8", newline="") as stream:
        rows = {row["ID"]: row for row in csv.DictReader(stream)}
    assert len(rows) == 96
    assert float(rows["0.mp4"]["p_no"]) + float(rows["0.mp4"]["p_yes"]) == pytest.approx(1, abs=1e-5)
    assert rows["5.mp4"]["without audio"] == "", "it has no words that could answer alone"
    assert float(rows["5.mp4"]["attention on audio"]) == pytest.approx(1, abs=1e-5)
    looked = [float(share) for share in rows["0.mp4"]["attention by token of audio"].split()]
    assert sum(looked) == pytest.approx(float(rows["0.mp4"]["attention on audio"]), abs=0.01)


def test_features_of_another_model_are_refused(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clips, labels, groups = planted(16, seed=9)
    other = (INPUTS[0], replace(INPUTS[1], feature_key="b" * 64))
    AttentionHead("answer", LABELS, other).fit(clips, labels, groups, replace(RECIPE, epochs=1)).save(tmp_path / "head")
    assert main(["predict", "--head", str(tmp_path / "head"), *data[:3], "--out", str(tmp_path / "p.csv")]) == 2
    assert "not trained on these audio features" in capsys.readouterr().err
    assert main(["train", "bilstm", *data, "--out", str(tmp_path / "x")]) == 2
    assert "one folder of features" in capsys.readouterr().err


def test_tune_keeps_its_trials_and_judges_the_winner_on_groups_set_aside(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "search"
    command = ["tune", "attention", *data, "--out", str(out), "--folds", "2", "--epochs", "3", "--threads", "1"]
    assert main([*command, "--trials", "2"]) == 0
    first = (out / "results.csv").read_bytes()
    assert main([*command, "--trials", "3"]) == 0
    assert (out / "results.csv").read_bytes().startswith(first), "trials that are done are not done again"
    with (out / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    assert len({tuple(row[name] for name in ("batch", "rate", "decay", "focal")) for row in rows}) == 3
    best = json.loads((out / "best.json").read_text(encoding="utf-8"))
    assert best["in the search"] == max(float(row["UAR"]) for row in rows)
    assert best["set aside"]["n"] + int(rows[0]["n"]) == 96
    capsys.readouterr()
    assert main([*command, "--trials", "3", "--seed", "1"]) == 2
    assert "another search" in capsys.readouterr().err
