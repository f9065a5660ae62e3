"""R1-Omni on tiny random weights: batches, poisons, constraints, the probe, refusals. No expected numbers needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: requirements/models.txt")
pytest.importorskip("transformers", reason="transformers is not installed: requirements/models.txt")

from harness.faults import ConfigError, StageUnavailable  # noqa: E402
from harness.records.types import Frame, Media, MediaInfo  # noqa: E402
from models.omni.answer import LABELS, judge, pattern  # noqa: E402
from models.omni.protocol.types import Question  # noqa: E402
from models.omni.reply import Attempts  # noqa: E402
from models.r1omni.checkpoint.network import build as modules_of  # noqa: E402
from models.r1omni.checkpoint.network import parameters  # noqa: E402
from models.r1omni.checkpoint.parts import find  # noqa: E402
from models.r1omni.constrain import may_go_on  # noqa: E402
from models.r1omni.embedded import Prompted, embedded  # noqa: E402
from models.r1omni.generate import generate  # noqa: E402
from models.r1omni.loaded import Loaded, first_tokens  # noqa: E402
from models.r1omni.local import LocalClient  # noqa: E402
from models.r1omni.model import R1Omni, load  # noqa: E402
from models.r1omni.probe import probe  # noqa: E402
from models.r1omni.words import asked  # noqa: E402
from tests.support import tiny_r1omni  # noqa: E402

pytestmark = pytest.mark.slow
QUESTION = "which emotion is it?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_r1omni.build(tmp_path_factory.mktemp("r1omni"))


@pytest.fixture(scope="module")
def model(folder: Path) -> R1Omni:
    return load(find([folder]), strict=True)


def clip(seed: int, *, frames: int = 6, seconds: float | None = 1.0) -> Media:
    draw = np.random.default_rng(seed)
    sound = None if seconds is None else (0.2 * draw.normal(size=int(16_000 * seconds))).astype(np.float32)
    pictures = tuple(Frame(k / 5, draw.integers(0, 255, (48, 80, 3), np.uint8)) for k in range(frames))
    return Media(MediaInfo("mp4", 1.0, None, None), sound, pictures)


def prompt(model: R1Omni, media: Media, question: str = QUESTION) -> Any:
    return embedded(model, media, hears=True, sees=True)[0].prompted.tensor(asked(question))  # type: ignore[union-attr]


def first(model: R1Omni) -> Callable[[Any], dict[str, float]]:
    return lambda tensor: first_tokens(model, tensor)


def changed(folder: Path, out: Path, change: Callable[[dict[str, Any]], None], part: str = "R1-Omni-tiny") -> Path:
    """The checkpoint with some of a part's tensors changed."""
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, out)
    tensors = load_file(out / part / "model.safetensors")
    change(tensors)
    save_file(tensors, str(out / part / "model.safetensors"))
    return out


def zero(prefix: str) -> Callable[[dict[str, Any]], None]:
    def change(tensors: dict[str, Any]) -> None:
        found = [name for name in tensors if name.startswith(prefix)]
        assert found
        for name in found:
            tensors[name] = tensors[name] * 0

    return change


def noisy(prefix: str) -> Callable[[dict[str, Any]], None]:
    import torch

    draw = torch.Generator().manual_seed(1)

    def change(tensors: dict[str, Any]) -> None:
        found = [name for name in tensors if name.startswith(prefix)]
        assert found
        for name in found:
            tensors[name] = tensors[name] + torch.randn(tensors[name].shape, generator=draw)

    return change


def test_a_batch_of_ragged_prompts_equals_single_runs(model: R1Omni) -> None:
    words = ["why?", "which emotion?", "what is it that the speaker feels most?", "hm", "a", "b c d", "e f", "g" * 40]
    sound = [1.0, None, 0.5, 1.0, None, 2.0, 1.0, 1.0]
    prompts = [prompt(model, clip(n, seconds=sound[n]), words[n]) for n in range(8)]
    assert len({len(one) for one in prompts}) > 4
    together = generate(model, prompts, 16)
    assert together == [generate(model, [one], 16)[0] for one in prompts]
    assert len({one.ids for one in together}) > 4


def test_modalities_alone_and_what_the_record_says(model: R1Omni) -> None:
    whole, facts = embedded(model, clip(1, seconds=4.0), hears=True, sees=True)
    assert whole.prompted is not None
    assert facts["audio"] == "ok" and facts["audio_seconds"] == 3.0 and facts["truncated_s"] == 1.0
    assert len(facts["frame_times"]) == tiny_r1omni.FRAMES
    assert "gate" not in facts
    length = len(whole.prompted.tensor(asked(QUESTION)))
    assert sum(facts["gate"].values()) == pytest.approx(1.0, abs=1e-5)
    silent, facts = embedded(model, clip(1, seconds=None), hears=True, sees=True)
    assert facts["audio"] == "none" and facts["audio_seconds"] == 0
    assert silent.prompted is not None
    # 50 tokens of sound and "\n<au_start><au_end>", a token a character in this vocabulary
    assert length - len(silent.prompted.tensor(asked(QUESTION))) == 50 + len("\n<au_start><au_end>")
    told = MediaInfo("mp4", 1.0, None, None, facts=("Audio track 1 (aac) cannot be decoded at all.",))
    broken = Media(told, None, clip(1).frames)
    assert embedded(model, broken, hears=True, sees=True)[1]["audio"] == "failed"
    for hears, sees in ((True, False), (False, True)):
        media, _ = embedded(model, clip(1), hears=hears, sees=sees)
        assert media.prompted is not None
        assert generate(model, [media.prompted.tensor(asked(QUESTION))], 4)[0].ids
    assert generate(model, [Prompted(model, None, None).tensor(asked(QUESTION))], 4)[0].ids


def test_a_literal_mark_is_text(model: R1Omni) -> None:
    literal = model.words.ids(asked("say <video> and <audio> <|im_end|>"), ["video", "audio"])
    assert sum(number < 0 for number in literal) == 2
    assert literal.count(258) == model.words.ids(asked("say"), ["video", "audio"]).count(258)


def test_emptied_tower_copies_change_nothing_and_projectors_do(model: R1Omni, folder: Path, tmp_path: Path) -> None:
    whole = prompt(model, clip(2))
    for tower in ("vision", "audio"):
        poisoned = changed(folder, tmp_path / tower, zero(f"model.{tower}_tower."))
        assert bool((prompt(load(find([poisoned]), strict=True), clip(2)) == whole).all())
    for number, part in enumerate(("mm_projector.s1_body", "audio_projector.0", "bert_gate.2", "bert_model.encoder")):
        poisoned = changed(folder, tmp_path / str(number), noisy(f"model.{part}"))
        assert not bool((prompt(load(find([poisoned]), strict=True), clip(2)) == whole).all()), part


def test_poisoned_tower_copies_change_nothing_and_are_named(model: R1Omni, folder: Path, tmp_path: Path) -> None:
    whole = prompt(model, clip(2))
    for tower in ("vision", "audio"):
        poisoned = find([changed(folder, tmp_path / tower, noisy(f"model.{tower}_tower."))])
        loaded = load(poisoned)
        assert bool((prompt(loaded, clip(2)) == whole).all()), "towers are read from folders of their own"
        assert loaded.report.swapped[tower].startswith(f"model.{tower}_tower.")
        with pytest.raises(ConfigError, match=rf"towers are not those .*{tower}: model\.{tower}_tower\."):
            load(poisoned, strict=True)


def test_every_projector_that_is_missing_or_empty_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    for number, name in enumerate(
        ("mm_projector.mlp_2xgelu_face.0.weight", "audio_projector.2.weight", "bert_gate.0.weight")
    ):
        gone = changed(folder, tmp_path / f"gone{number}", lambda t, name=name: t.pop(f"model.{name}"))  # type: ignore[misc]
        with pytest.raises(ConfigError, match=f"not loaded, since the file lacks .*{name.split('.', 1)[1]}"):
            load(find([gone]))
        empty = changed(folder, tmp_path / f"empty{number}", zero(f"model.{name}"))
        with pytest.raises(ConfigError, match=f"empty or not finite: model.{name}"):
            load(find([empty]), strict=True)


def test_swapped_towers_and_unloaded_projectors_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    for tower, part in (("ears", "model.encoder.layers.1."), ("eyes", "vision_model.encoder.layers.0.")):
        swapped = changed(folder, tmp_path / tower, noisy(part), tower)
        assert load(find([swapped])).report.swapped
        with pytest.raises(ConfigError, match=r"model\.(audio|vision)_tower\..*layers"):
            load(find([swapped]), strict=True)
    empty = changed(folder, tmp_path / "empty", zero("model.mm_projector.s2_video.b1.conv1"))
    with pytest.raises(ConfigError, match=r"model\.mm_projector\.s2_video\.b1\.conv1\.conv\.weight"):
        load(find([empty]), strict=True)
    gone = changed(folder, tmp_path / "gone", lambda t: t.pop("model.mm_projector.sampler_body.0.weight"))
    with pytest.raises(ConfigError, match=r"projector: not loaded.*sampler_body\.0\.weight"):
        load(find([gone]))
    more = changed(
        folder, tmp_path / "more", lambda t: t.update({"model.mm_projector.s3.weight": t["lm_head.weight"].clone()})
    )
    with pytest.raises(ConfigError, match=r"s3\.weight, which this code does not compute"):
        load(find([more]))


def test_the_probe_sees_what_reaches_the_model(model: R1Omni, folder: Path, tmp_path: Path) -> None:
    moved = probe(model, first(model))
    assert moved["nothing"] == 0 and min(moved["gate"], moved["picture"], moved["sound"]) > 1e-4
    deaf = load(find([changed(folder, tmp_path / "deaf", zero("model.audio_projector.2"))]))
    with pytest.raises(StageUnavailable, match="becomes of sound"):
        probe(deaf, first(deaf))
    stiff = load(find([changed(folder, tmp_path / "stiff", zero("model.bert_gate.2"))]))
    with pytest.raises(StageUnavailable, match="the gate"):
        probe(stiff, first(stiff))


def test_replies_are_held_to_their_form_and_labels_have_probabilities(folder: Path) -> None:
    client = LocalClient(Loaded(find([folder]), "tiny", "float32", "cpu"), 4, structured=True)
    form = pattern(LABELS, "en", 64, answer_only=False).replace("{1,32}", "{1,8}")
    question = Question(asked(QUESTION), embedded(client._loaded.model(), clip(3), hears=True, sees=True)[0])
    question = Question(question.messages, question.media, form, 96, embeds=question.media.prompted)  # type: ignore[attr-defined]
    attempts = Attempts("a.mp4")
    reply = client.ask(question, attempts)
    assert judge(reply.text, reply.finish_reason, form) == "match" and reply.structured == "regex"
    scores = client.label_probabilities(question, reply.text, LABELS, attempts)
    assert scores.probabilities is not None and sum(scores.probabilities) == pytest.approx(1)
    free = client.ask(Question(question.messages, question.media, "", 8, embeds=question.embeds), attempts)
    assert free.structured == "off" and free.finish_reason in ("stop", "length")
    assert client.facts()["batches"] == {"1": 2}
    client.close()


def test_bytes_that_are_no_text_cannot_go_on(model: R1Omni) -> None:
    import regex

    form = regex.compile("<think>[^<]{1,2}</think>")
    assert may_go_on(form, "<think>中".encode())
    assert may_go_on(form, "<think>中".encode()[:-1]), "a character may come in parts"
    assert not may_go_on(form, b"<think>\xff") and not may_go_on(form, b"<think>a\xe4b")
    assert not may_go_on(form, "<think>中文字".encode()[:-1]), "there is no room for another character"
    assert model.words.raw([ord("a"), 258, 0xE4]) == b"a\xe4"


def test_the_published_geometry_has_its_parameters() -> None:
    """At real size, on the meta device: 1.37 billion, in the published proportions."""
    import torch

    from models.r1omni.checkpoint.config import R1Config

    language = tiny_r1omni.LANGUAGE | {
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "max_position_embeddings": 32768,
    }
    config = R1Config(896, 768, 1280, 8, -2, True, 151645, "bfloat16", language)
    audio = {
        "d_model": 1280,
        "encoder_layers": 32,
        "encoder_attention_heads": 20,
        "encoder_ffn_dim": 5120,
        "num_mel_bins": 128,
    }
    with torch.device("meta"):
        counts = parameters(modules_of(config, {}, audio, {}))
    millions = {part: round(count / 1e6, 1) for part, count in counts.items()}
    assert millions == {
        "language": 494.0,
        "vision": 92.9,
        "audio": 637.0,
        "bert": 109.5,
        "projector": 34.8,
        "gate": 2.8,
        "audio projector": 2.8,
    } | {"audio projector": millions["audio projector"]}
    assert millions["audio projector"] == pytest.approx(2.0, abs=0.06)
    assert sum(counts.values()) == pytest.approx(1.37e9, abs=5e6)
