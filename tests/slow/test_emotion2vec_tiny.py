"""The emotion2vec adapter on FunASR's true class, with a tiny random checkpoint: wiring, never accuracy."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.faults import ClipError, ConfigError
from harness.records.labels import get_space
from harness.records.types import SAMPLE_RATE

torch = pytest.importorskip("torch", reason="torch is not part of the light core")
pytest.importorskip("funasr", reason="FunASR is not part of the light core")

from models.heads.bilstm import BiLstmHead, build_net  # noqa: E402
from models.heads.linear import LinearHead  # noqa: E402
from models.voice import emotion2vec_net  # noqa: E402
from models.voice.emotion2vec import Emotion2vecEncoder, features_key, spec  # noqa: E402
from models.voice.emotion2vec_files import LABELS, find  # noqa: E402
from models.voice.emotion2vec_net import Emotion2vecNet, verify  # noqa: E402
from tests.support import tiny_emotion2vec  # noqa: E402

pytestmark = pytest.mark.slow
State = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_emotion2vec.build(tmp_path_factory.mktemp("emotion2vec"))


def voice(seed: int = 0, seconds: float = 2.0) -> NDArray[np.float32]:
    """A buzzing, wavering tone: enough like a voice for the prosody to find speech in it."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 140 + 30 * seed + 20 * np.sin(2 * np.pi * 1.5 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20))
    loudness = 0.15 * (1.2 + np.sin(2 * np.pi * 3 * t))
    return np.asarray(loudness * buzz + 0.002 * rng.normal(size=len(t)), dtype=np.float32)


def damaged(folder: Path, to: Path, change: Callable[[State], State]) -> Path:
    """A copy of the checkpoint with a changed table of weights."""
    to.mkdir()
    for name in ("config.yaml", "tokens.txt"):
        (to / name).write_bytes((folder / name).read_bytes())
    state = torch.load(folder / "model.pt", weights_only=True)["model"]
    torch.save({"model": change(state)}, to / "model.pt")
    return to


def without(state: State, key: str) -> State:
    return {name: value for name, value in state.items() if name != key}


def test_equal_sound_equal_numbers_other_sound_other_numbers(folder: Path) -> None:
    encoder = Emotion2vecEncoder(find(folder), device="cpu")
    first, again, other = encoder.encode(voice(0)), encoder.encode(voice(0)), encoder.encode(voice(1))
    assert first == again
    assert first.embedding is not None and other.embedding is not None
    assert first.embedding.sha256 != other.embedding.sha256
    assert first.opinion is not None and other.opinion is not None
    assert first.opinion.labels == get_space(first.opinion.space).labels == LABELS
    assert sum(first.opinion.probabilities) == pytest.approx(1)
    assert first.opinion.probabilities != other.opinion.probabilities
    assert 0 < first.opinion.confidence < 1, "some mass lies on <unk>"
    assert first.summary["f0_median_hz"] == pytest.approx(140, abs=15), "the prosody is measured as well"


def test_the_same_numbers_as_by_funasr_itself(folder: Path) -> None:
    from funasr import AutoModel

    frames, scores = Emotion2vecNet(find(folder), "cpu").frames(voice())
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    theirs = AutoModel(model=str(folder), device="cpu", disable_update=True, disable_pbar=True)
    found = theirs.generate(voice(), granularity="frame")[0]
    root.handlers[:] = before
    np.testing.assert_allclose(frames, found["feats"], atol=1e-5)
    np.testing.assert_allclose(scores, found["scores"], atol=1e-6)
    assert found["labels"] == list(tiny_emotion2vec.TOKENS)


def test_a_long_sound_is_heard_in_parts_whose_frames_follow_each_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, sound = Emotion2vecNet(find(folder), "cpu"), voice(seconds=3.1)
    sound = (sound - sound.mean()) / sound.std()  # what is normalised over a whole sound is then the same over a part
    whole, _ = net.frames(sound)
    monkeypatch.setattr(emotion2vec_net, "LONGEST", 1.0)
    frames, scores = net.frames(sound)
    assert frames.shape == whole.shape and sum(scores) == pytest.approx(1)
    starts = [start for start, _ in emotion2vec_net.passes(len(sound), 320, 400, 1.0)]
    assert len(starts) == 4 and not np.allclose(frames, whole, atol=1e-3), "attention ends at a part's end"
    monkeypatch.setattr(emotion2vec_net, "LONGEST", 60.0)
    net._net.cfg.normalize = False
    alone, _ = net.frames(sound[: emotion2vec_net.passes(len(sound), 320, 400, 1.0)[0][1]])
    np.testing.assert_allclose(frames[: len(alone)], alone, atol=1e-4)


def test_loading_leaves_random_state_threads_and_log_alone(folder: Path) -> None:
    torch.manual_seed(7)
    before = (torch.get_rng_state(), torch.get_num_threads(), list(logging.getLogger().handlers))
    np.random.seed(7)
    drawn = np.random.get_state()[1].copy()
    Emotion2vecNet(find(folder), "cpu").frames(voice())
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.get_num_threads(), logging.getLogger().handlers) == before[1:]
    assert (np.random.get_state()[1] == drawn).all()


def test_fifty_frames_a_second_are_stored_as_float16(folder: Path) -> None:
    by_clip = Emotion2vecEncoder(find(folder), device="cpu").encode(voice()).embedding
    by_frame = Emotion2vecEncoder(find(folder), granularity="frame", device="cpu").encode(voice()).embedding
    assert by_clip is not None and by_frame is not None
    assert (by_clip.shape, by_clip.rate) == ((48,), None)
    assert (by_frame.shape, by_frame.rate) == ((99, 48), 50.0)
    frames = np.load(io.BytesIO(by_frame.content), allow_pickle=False)
    pooled = np.load(io.BytesIO(by_clip.content), allow_pickle=False)
    assert frames.dtype == pooled.dtype == np.float16
    np.testing.assert_allclose(frames.astype(np.float32).mean(axis=0), pooled, atol=2e-3)


@pytest.mark.parametrize(
    ("audio", "named"),
    [
        (np.zeros(399, np.float32), "399 samples"),
        (np.zeros(48_000, np.float64), "float64"),
        (np.zeros((48_000, 2), np.float32), r"\(48000, 2\)"),
    ],
)
def test_sound_of_another_shape_is_the_clips_error(folder: Path, audio: NDArray[Any], named: str) -> None:
    with pytest.raises(ClipError, match=named):
        Emotion2vecEncoder(find(folder), device="cpu").encode(audio)


def test_four_hundred_samples_are_enough(folder: Path) -> None:
    found = Emotion2vecEncoder(find(folder), device="cpu").encode(voice()[:400])
    assert found.embedding is not None
    assert found.opinion is None, "25 ms hold too little speech for an opinion"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda s: without(s, "proj.weight"), "1 missing: proj.weight"),
        (lambda s: without(s, "blocks.1.attn.qkv.weight"), "1 missing: blocks.1.attn.qkv.weight"),
        (lambda s: {**s, "blocks.9.stranger": torch.zeros(3)}, "1 unexpected: blocks.9.stranger"),
        (lambda s: {**s, "proj.weight": torch.zeros(5, 48)}, r"proj.weight \(5, 48\) instead of \(9, 48\)"),
        (lambda s: {**s, "proj.bias": torch.full((9,), float("nan"))}, "1 not finite: proj.bias"),
        (lambda s: {**s, "proj.bias": "nine numbers"}, "1 missing: proj.bias"),
        (lambda s: {}, "no weights at all"),
    ],
)
def test_a_damaged_checkpoint_is_refused(
    folder: Path, tmp_path: Path, change: Callable[[State], State], named: str
) -> None:
    bad = find(damaged(folder, tmp_path / "bad", change))
    with pytest.raises(ConfigError, match=named):
        verify(bad)
    with pytest.raises(ConfigError, match=named):
        Emotion2vecNet(bad, "cpu")


def test_what_only_training_needs_may_be_there(folder: Path, tmp_path: Path) -> None:
    extra = {"modality_encoders.AUDIO.decoder.proj.bias": torch.zeros(3), "_ema": {"a": torch.zeros(1)}}
    with_it = damaged(folder, tmp_path / "more", lambda state: {**state, **extra})
    ours, plain = Emotion2vecNet(find(with_it), "cpu"), Emotion2vecNet(find(folder), "cpu")
    np.testing.assert_array_equal(ours.frames(voice())[0], plain.frames(voice())[0])


def test_a_pickled_model_is_refused(folder: Path, tmp_path: Path) -> None:
    bad = damaged(folder, tmp_path / "bad", dict)
    torch.save(torch.nn.Linear(2, 2), bad / "model.pt")
    with pytest.raises(ConfigError, match="plain weights"):
        verify(find(bad))
    (bad / "model.pt").write_bytes((folder / "model.pt").read_bytes()[:3000])
    with pytest.raises(ConfigError, match="plain weights"):
        verify(find(bad))


def test_the_fingerprint_follows_the_weights_the_labels_and_what_is_stored(folder: Path, tmp_path: Path) -> None:
    def mark(place: Path, **settings: Any) -> str:
        return spec({"emotion2vec_model": str(place), **settings}).fingerprint

    same = damaged(folder, tmp_path / "same", dict)
    (same / "model.pt").write_bytes((folder / "model.pt").read_bytes())
    assert mark(same) == mark(folder)
    other = damaged(folder, tmp_path / "other", lambda s: {**s, "proj.bias": s["proj.bias"] + 1})
    lines = (folder / "tokens.txt").read_text(encoding="utf-8")
    (same / "tokens.txt").write_text(lines.replace("其他/other", "unuse_5"), encoding="utf-8")
    assert len({mark(folder), mark(other), mark(same), mark(folder, granularity="frame")}) == 4


def test_a_checkpoint_without_a_head_needs_a_trained_one(tmp_path: Path) -> None:
    bare = tiny_emotion2vec.build(tmp_path / "base", tokens=())
    with pytest.raises(ConfigError, match="no head of its own"):
        spec({"emotion2vec_model": str(bare)})
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 48))
    y = ["positive" if row[0] > 0 else "negative" for row in x]
    names = [str(i) for i in range(48)]
    head = LinearHead("polarity3", ("negative", "positive"), names, feature_key=features_key(find(bare))).fit(x, y)
    head.save(tmp_path / "head")
    settings = {"emotion2vec_model": str(bare), "head": str(tmp_path / "head"), "device": "cpu"}
    chosen = spec(settings)
    opinion = chosen.build().encode(voice()).opinion
    assert opinion is not None
    assert (opinion.space, opinion.labels) == ("polarity3", ("negative", "positive"))
    stranger = tiny_emotion2vec.build(tmp_path / "stranger", tokens=(), seed=1)
    with pytest.raises(ConfigError, match="another model"):
        spec({**settings, "emotion2vec_model": str(stranger)}).build()


def test_unused_outputs_get_nothing(tmp_path: Path) -> None:
    tokens = tuple("unuse_3" if token.endswith("happy") else token for token in tiny_emotion2vec.TOKENS)
    encoder = Emotion2vecEncoder(find(tiny_emotion2vec.build(tmp_path, tokens)), device="cpu")
    opinion = encoder.encode(voice()).opinion
    assert opinion is not None
    assert opinion.probabilities[LABELS.index("happy")] == 0
    assert sum(opinion.probabilities) == pytest.approx(1)


def trained(folder: Path, to: Path, feature: int, width: int = 48) -> Path:
    """A head in `to` that goes by one feature."""
    x = np.random.default_rng(feature).normal(size=(60, width))
    y = ["positive" if row[feature] > 0 else "negative" for row in x]
    names = [str(i) for i in range(width)]
    LinearHead("polarity3", ("negative", "positive"), names, feature_key=features_key(find(folder))).fit(x, y).save(to)
    return to


def test_a_head_for_each_language_leaves_the_choice_open(folder: Path, tmp_path: Path) -> None:
    for place, code in enumerate(("zh", "en")):
        trained(folder, tmp_path / "heads" / code, place)
    settings = {"emotion2vec_model": str(folder), "head": str(tmp_path / "heads"), "device": "cpu"}
    chosen = spec(settings)
    found = chosen.build().encode(voice())
    assert found.opinion is None
    assert set(found.by_language) == {"zh", "en"}
    assert found.by_language["zh"].probabilities != found.by_language["en"].probabilities
    alone = spec({**settings, "head": str(tmp_path / "heads" / "en")})
    assert alone.build().encode(voice()).opinion == found.by_language["en"]
    assert alone.fingerprint != chosen.fingerprint
    (tmp_path / "heads" / "zh" / "head.safetensors").unlink()
    with pytest.raises(ConfigError, match="zh/head.safetensors not found"):
        spec(settings)
    with pytest.raises(ConfigError, match="no head in .*models train bilstm"):
        spec({**settings, "head": str(tmp_path)})


def test_a_head_that_does_not_fit_stops_before_any_clip(folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    settings = {"emotion2vec_model": str(folder), "device": "cpu"}

    def refused(head: Path, reason: str, **more: str) -> None:
        chosen = spec({**settings, "head": str(head), **more})
        assert chosen.verify is not None
        with pytest.raises(ConfigError, match=reason):
            chosen.verify()

    refused(trained(folder, tmp_path / "narrow", 0, width=47), "takes 47 features, not 48")
    torn = trained(folder, tmp_path / "torn", 0)
    whole = load_file(torn / "head.safetensors")
    save_file({**whole, "weights": whole["weights"][:, :1]}, torn / "head.safetensors")
    refused(torn, r"weights \(48, 1\) instead of \(48, 2\)")
    save_file({key: value for key, value in whole.items() if key != "mean"}, torn / "head.safetensors")
    refused(torn, r"mean None instead of \(48,\)")
    (torn / "head.safetensors").write_bytes(b"torn")
    refused(torn, "cannot be read")
    frames = BiLstmHead("polarity3", ("negative", "positive"), 48, "frame", features_key(find(folder)))
    frames.set_weights({key: value.numpy() for key, value in build_net(48, 2).state_dict().items()})
    frames.save(tmp_path / "frames")
    refused(tmp_path / "frames", "speech.granularity is utterance")
    chosen = spec({**settings, "head": str(tmp_path / "frames"), "granularity": "frame"})
    assert chosen.verify is not None
    chosen.verify()
    assert chosen.build().encode(voice()).opinion is not None
