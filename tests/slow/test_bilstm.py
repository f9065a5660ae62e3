"""The BiLSTM head: it learns, ignores padding, resumes to the same weights, and refuses what does not fit."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.faults import ConfigError

torch = pytest.importorskip("torch", reason="torch is not part of the light core")

from models.__main__ import main  # noqa: E402
from models.features.table import About, Writer  # noqa: E402
from models.heads import fit_network  # noqa: E402
from models.heads.bilstm import BiLstmHead, build_net  # noqa: E402
from models.heads.fit_network import Recipe  # noqa: E402
from models.heads.load import load_head  # noqa: E402

pytestmark = pytest.mark.slow
WIDTH = 12
RECIPE = Recipe(epochs=6, patience=6, batch=16, threads=1)
LABELS = ("falling", "rising")


def planted(count: int = 120, seed: int = 0) -> tuple[list[NDArray[np.float32]], list[str], list[str]]:
    """Clips of 5 to 30 frames whose first feature rises or falls in time: their means tell nothing."""
    rng = np.random.default_rng(seed)
    clips, labels, groups = [], [], []
    for number in range(count):
        frames = int(rng.integers(5, 31))
        clip = rng.normal(0, 0.5, (frames, WIDTH)).astype(np.float32)
        label = LABELS[number % 2]
        slope = np.linspace(-2, 2, frames) * (1 if label == "rising" else -1)
        clip[:, 0] += slope.astype(np.float32)
        clips.append(clip)
        labels.append(label)
        groups.append(f"speaker{number // 10}")
    return clips, labels, groups


@pytest.fixture(scope="module")
def head() -> BiLstmHead:
    clips, labels, groups = planted()
    return BiLstmHead("movement", LABELS, WIDTH, "frame", "key").fit(clips, labels, groups, RECIPE)


def right(head: BiLstmHead, clips: list[NDArray[np.float32]], labels: list[str]) -> float:
    found = [head.labels[i] for i in head.predict_proba(clips).argmax(axis=1)]
    return float(np.mean([a == b for a, b in zip(found, labels, strict=True)]))


def test_it_learns_what_only_the_order_of_frames_tells(head: BiLstmHead) -> None:
    clips, labels, groups = planted(80, seed=1)
    assert right(head, clips, labels) > 0.9
    means = [clip.mean(axis=0) for clip in clips]
    by_clip = BiLstmHead("movement", LABELS, WIDTH, "utterance").fit(means, labels, groups, RECIPE)
    unseen, truth, _ = planted(80, seed=2)
    assert right(by_clip, [clip.mean(axis=0) for clip in unseen], truth) < 0.7, "the means must tell nothing"


def test_a_clip_is_judged_alike_alone_and_beside_longer_ones(head: BiLstmHead) -> None:
    clips, _, _ = planted(20, seed=3)
    together = head.predict_proba(clips)
    alone = np.concatenate([head.predict_proba([clip]) for clip in clips])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1)


def test_saved_and_loaded_it_is_the_same(head: BiLstmHead, tmp_path: Path) -> None:
    clips, _, _ = planted(10, seed=4)
    head.save(tmp_path)
    read = load_head(tmp_path, "key", WIDTH)
    assert (read.labels, read.space, read.granularity) == (LABELS, "movement", "frame")
    np.testing.assert_array_equal(read.predict_proba(clips), head.predict_proba(clips))
    with pytest.raises(ConfigError, match="another model"):
        load_head(tmp_path, "other key", WIDTH)
    with pytest.raises(ConfigError, match=f"takes {WIDTH} features, not 13"):
        load_head(tmp_path, "key", 13)
    config = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    config["labels"] = ["falling", "rising", "still"]
    (tmp_path / "head.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConfigError, match="out.bias"):
        load_head(tmp_path, "key", WIDTH)
    with pytest.raises(ValueError, match="expected"):
        head.predict_proba([np.zeros((4, WIDTH + 1), np.float32)])


def weights(head: BiLstmHead) -> dict[str, Any]:
    return {key: value.numpy() for key, value in head._net.state_dict().items()}


def test_stopped_and_resumed_it_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips, labels, groups = planted(60)
    straight = BiLstmHead("m", LABELS, WIDTH).fit(clips, labels, groups, RECIPE)
    state = tmp_path / "training.pt"
    saved, save = 0, fit_network._Run._save

    def die(run: Any) -> None:
        nonlocal saved
        save(run)
        saved += 1
        if saved == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(fit_network._Run, "_save", die)
    with pytest.raises(KeyboardInterrupt):
        BiLstmHead("m", LABELS, WIDTH).fit(clips, labels, groups, replace(RECIPE, state=state))
    monkeypatch.setattr(fit_network._Run, "_save", save)
    torch.manual_seed(99)  # what the process drew in between must not matter
    resumed = BiLstmHead("m", LABELS, WIDTH).fit(clips, labels, groups, replace(RECIPE, state=state))
    assert saved == 3
    assert resumed.temperature == straight.temperature
    for key, value in weights(straight).items():
        np.testing.assert_array_equal(weights(resumed)[key], value)
    with pytest.raises(ConfigError, match="another training"):
        BiLstmHead("m", LABELS, WIDTH).fit(clips, labels[::-1], groups, replace(RECIPE, state=state))


def test_one_group_cannot_be_held_out() -> None:
    clips, labels, _ = planted(10)
    with pytest.raises(ConfigError, match="two groups"):
        BiLstmHead("m", LABELS, WIDTH).fit(clips, labels, ["me"] * 10, RECIPE)


def test_the_trainer_reads_extracted_features(tmp_path: Path) -> None:
    clips, labels, groups = planted(80)
    about = About("a" * 64, tuple(str(i) for i in range(WIDTH)), "frame", 50.0)
    writer = Writer(tmp_path / "features", about, shard=30)
    for number, clip in enumerate(clips):
        writer.add(f"{number}.wav", clip.astype(np.float16))
    writer.flush()
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["path", "polarity", "speaker"])
        rows.writerows([f"{n}.wav", labels[n], groups[n]] for n in range(80))
    command = ["train", "bilstm", "--features", str(tmp_path / "features"), "--labels", str(tmp_path / "labels.csv")]
    command += ["--out", str(tmp_path / "head"), "--folds", "2", "--epochs", "8", "--batch", "4", "--threads", "1"]
    assert main(command) == 0
    figures = json.loads((tmp_path / "head" / "figures.json").read_text(encoding="utf-8"))
    assert figures["groups held out, seed 0"]["UAR"] > 0.8
    assert figures["groups held out, seed 0"]["n"] == 80
    assert "BiLSTM" in (tmp_path / "head" / "CARD.md").read_text(encoding="utf-8")
    read = load_head(tmp_path / "head", "a" * 64, WIDTH)
    assert right(read, clips, labels) > 0.9
    before = (tmp_path / "head" / "head.safetensors").read_bytes()
    assert main(command) == 0, "a training that is done is not done again"
    assert (tmp_path / "head" / "head.safetensors").read_bytes() == before


def foreign_names(net: Any) -> dict[str, Any]:
    """The recipe's weights under the names of some other script."""
    names = {"project": "fc_in", "lstm": "rnn", "inner": "classifier.0", "out": "classifier.3"}
    return {f"{names[key.split('.')[0]]}.{key.split('.', 1)[1]}": value for key, value in net.state_dict().items()}


def test_an_old_checkpoint_becomes_a_head_and_a_pickled_model_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("funasr", reason="FunASR is not part of the light core")
    from models.voice.emotion2vec import features_key
    from models.voice.emotion2vec_files import find
    from tests.support import tiny_emotion2vec

    model = tiny_emotion2vec.build(tmp_path / "model")
    net = build_net(48, 5).eval()
    torch.save({"model_state_dict": foreign_names(net)}, tmp_path / "old.pth")
    mean, scale = np.linspace(-1, 1, 48), np.linspace(1, 2, 48)
    scaler = {"mean": mean.tolist(), "scale": scale.tolist()}
    (tmp_path / "scaler.json").write_text(json.dumps(scaler), encoding="utf-8")
    labels = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"]
    command = ["import-checkpoint", str(tmp_path / "old.pth"), "--labels", *labels, "--emotion2vec", str(model)]
    command += ["--out", str(tmp_path / "head"), "--scaler", str(tmp_path / "scaler.json")]
    assert main(command) == 0
    head = load_head(tmp_path / "head", features_key(find(model)), 48)
    x = np.random.default_rng(0).normal(size=(4, 48)).astype(np.float32)
    scaled = torch.from_numpy(((x - mean) / scale).astype(np.float32))
    with torch.no_grad():  # the recipe written out by hand, for a sequence of one
        heard = net["lstm"](net["project"](scaled)[:, None, :])[0][:, 0, :]
        expected = net["out"](torch.relu(net["inner"](torch.tanh(heard)))).softmax(dim=-1).numpy()
    np.testing.assert_allclose(head.predict_proba(x), expected, atol=1e-6)

    torch.save(net, tmp_path / "old.pth")
    assert main(command) == 2
    assert "would run its own code" in capsys.readouterr().err
    torch.save({**foreign_names(net), "extra.weight": torch.zeros(3, 3)}, tmp_path / "old.pth")
    assert main(command) == 2
    assert "extra.weight" in capsys.readouterr().err
