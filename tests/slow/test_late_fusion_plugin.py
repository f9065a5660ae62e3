"""The example plug-in of docs/examples on tiny random nets: inputs, labels, and what the pool makes of it."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

transformers = pytest.importorskip("transformers", reason="transformers is not part of the light core")
torch = pytest.importorskip("torch", reason="torch is not part of the light core")

from eval.report.judgement import judgement  # noqa: E402
from eval.stories.read import Story  # noqa: E402
from harness.context import Context  # noqa: E402
from harness.engine.outside import plugin_stages  # noqa: E402
from harness.engine.runner import run_stage  # noqa: E402
from harness.faults import Absent, ConfigError  # noqa: E402
from harness.output.export import row_of, story_of  # noqa: E402
from harness.records.labels import SENTIMENT5, SPACES  # noqa: E402
from harness.records.types import Frame, Media, MediaInfo  # noqa: E402
from models import registry  # noqa: E402
from tests.support.perceived import CLIP, perceived, stored  # noqa: E402
from tests.unit.harness.engine.test_decide import decide  # noqa: E402

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parents[2] / "docs" / "examples" / "late_fusion_plugin"
WORDS = ("surprised", "disgust", "fearful", "angry", "sad", "happy", "calm", "neutral")
"""RAVDESS's emotions, in another order than the space has them."""
VIDEO = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "do_normalize": True}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `video` and `voice`; both nets are random but for a bias towards `happy`."""
    place = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    names = {"id2label": dict(enumerate(WORDS)), "label2id": {word: k for k, word in enumerate(WORDS)}}
    video = transformers.VideoMAEForVideoClassification(
        transformers.VideoMAEConfig(image_size=32, patch_size=16, num_frames=4, **sizes, **names)
    )
    layers = {"conv_dim": (8, 8), "conv_kernel": (10, 8), "conv_stride": (20, 16), "num_feat_extract_layers": 2}
    positions = {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "classifier_proj_size": 8}
    voice = transformers.Wav2Vec2ForSequenceClassification(
        transformers.Wav2Vec2Config(**sizes, **layers, **positions, **names)
    )
    for net, name in ((video, "video"), (voice, "voice")):
        with torch.no_grad():
            net.classifier.bias.zero_()
            net.classifier.bias[WORDS.index("happy")] = 4.0
        net.save_pretrained(place / name)
    (place / "video" / "preprocessor_config.json").write_text(json.dumps(VIDEO), encoding="utf-8")
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(place / "voice")
    return place


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What pip would put in place: the module, and the entry points as its pyproject.toml has them."""
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = tmp_path / "site" / "late_fusion_plugin-1.dist-info"
    about.mkdir(parents=True)
    shutil.copy(FOLDER / "late_fusion_plugin.py", tmp_path / "site")
    points = "\n".join(f"{name} = {place}" for name, place in project["entry-points"][registry.PLUGINS].items())
    (about / "entry_points.txt").write_text(f"[{registry.PLUGINS}]\n{points}\n", encoding="utf-8")
    (about / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def media(pictures: int, samples: int) -> Media:
    random = np.random.default_rng(0)
    frames = tuple(Frame(k / 10, random.integers(0, 255, (40, 60, 3), np.uint8)) for k in range(pictures))
    heard = random.normal(0, 0.1, samples).astype(np.float32) if samples else None
    return Media(MediaInfo("", 1.0, None, None), heard, frames)


def test_the_nets_are_asked_as_their_own_processors_would(installed: Path, weights: Path) -> None:
    table = {"v": {"provider": "video-net", "weights": str(weights / "video")}}
    table |= {"a": {"provider": "voice-net", "weights": str(weights / "voice")}}
    specs = registry.choose({"opinions": table}, weights, ["opinions"])
    assert set(specs) == {"opinion-v", "opinion-a"} and len({s.fingerprint for s in specs.values()}) == 2
    video, voice = specs["opinion-v"].build(), specs["opinion-a"].build()
    space = SPACES["ravdess8"]
    for net, part in ((video, media(9, 0)), (voice, media(0, 40_000))):
        said = net.judge(CLIP, part)
        assert (said.space, said.labels, said.confidence) == ("ravdess8", space.labels, 1.0)
        assert sum(said.probabilities) == pytest.approx(1) and said.probabilities[space.rank("happy")] > 0.5
    heard = media(0, 40_000).audio
    with torch.inference_mode():
        own = transformers.Wav2Vec2FeatureExtractor.from_pretrained(weights / "voice")
        logits = voice._net(own(heard, sampling_rate=16_000, return_tensors="pt").input_values).logits[0]
    expected = dict(zip(WORDS, logits.softmax(-1).tolist(), strict=True))
    said = voice.judge(CLIP, media(0, 40_000))
    assert dict(zip(said.labels, said.probabilities, strict=True)) == pytest.approx(expected, abs=1e-5)
    module = sys.modules["late_fusion_plugin"]
    flat = module.picture(Frame(0.0, np.full((50, 90, 3), 51, np.uint8)), 32, VIDEO)
    assert flat.shape == (3, 32, 32)
    assert flat[:, 5, 5] == pytest.approx((0.2 - np.array(VIDEO["image_mean"])) / VIDEO["image_std"], abs=1e-5)
    assert video.judge(CLIP, media(2, 0)).confidence == 0.5, "two pictures where four are wanted"
    assert sum(voice.judge(CLIP, media(0, 600_000)).probabilities) == pytest.approx(1), "heard in three parts"
    with pytest.raises(Absent, match="no picture"):
        video.judge(CLIP, media(0, 0))
    with pytest.raises(Absent, match="no sound"):
        voice.judge(CLIP, media(3, 0))


def test_what_cannot_be_used_is_told_before_any_clip(installed: Path, weights: Path, tmp_path: Path) -> None:
    def chosen(folder: Path) -> None:
        table = {"v": {"provider": "video-net", "weights": str(folder)}}
        registry.choose({"opinions": table}, folder, ["opinions"])

    with pytest.raises(ConfigError, match=r"lacks config.json, model.safetensors"):
        chosen(tmp_path / "none")
    folder = Path(shutil.copytree(weights / "video", tmp_path / "unnamed"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {str(k): f"LABEL_{k}" for k in range(8)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"those of no known space: LABEL_0.*name them in id2label"):
        chosen(folder)


def test_both_are_pooled_attributed_and_shown(installed: Path, weights: Path, tmp_path: Path) -> None:
    table = {f"my_{name}": {"provider": f"{name}-net", "weights": str(weights / name)} for name in ("video", "voice")}
    specs = registry.choose({"opinions": table}, weights, ["opinions"])
    said = {}
    for stage in plugin_stages(specs, SENTIMENT5, "k", lambda clip: 1):
        context = Context(CLIP, lambda path: media(5, 20_000), {"media": stored("media", "ok", {})})
        said[stage.name] = run_stage(stage, context)
        assert said[stage.name].outcome == "ok", said[stage.name].reason
    flags = [f"opinions.{name}.provider={given['provider']}" for name, given in table.items()]
    flags += ["fuse.weights.my_video=7", "fuse.weights.my_voice=3"]
    records = decide(tmp_path / "store", perceived() | said, *flags)
    row = row_of(CLIP, records, "", SENTIMENT5, tuple(table))
    assert float(row["contribution_my_video"]) > float(row["contribution_my_voice"]) > 0
    assert float(row["p_my_video_WPOS"]) + float(row["p_my_video_SPOS"]) > 0.5 and row["Label"] == "WPOS"
    told = Story(tmp_path / "story.json", story_of(CLIP, records, tmp_path))
    assert told.part("stages")["opinion-my_video"]["provider"] == "video-net"  # type: ignore[index]
    found = judgement(told)
    assert found is not None and found["by"] == "my_video" and "outside net my_video" in found["sentence"]["en"]
