"""Two sources for the harness: a video net (VideoMAE, ViViT, TimeSformer) and a voice net (wav2vec 2.0, HuBERT).

Weights are the user's own: folders as `save_pretrained` of transformers writes them. Nothing is downloaded. The labels
that `config.json` names in `id2label` must be those of a space that the harness knows, in any order and spelling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import Absent, ConfigError
from harness.records.labels import SPACES, LabelSpace
from harness.records.types import SAMPLE_RATE, Clip, Frame, Media, Opinion
from models.base import ProviderSpec
from models.fingerprint import digests, fingerprint

VERSION = 1
"""Raised by hand when the code changes what it says."""
FILES = ("config.json", "model.safetensors", "preprocessor_config.json")
LONGEST_PART = 15 * SAMPLE_RATE
"""Samples that a voice net hears at once; longer clips are heard in equal parts."""
SHORTEST = SAMPLE_RATE // 10
Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """A checkpoint's folder, its space, and for each of the net's outputs the label's place in that space."""

    folder: Path
    space: LabelSpace
    places: tuple[int, ...]
    preprocessing: Mapping[str, Any]

    def opinion(self, logits: Logits, confidence: float) -> Opinion:
        """Softmax of logits (labels,), in the order of the space."""
        shares = np.exp(logits - logits.max())
        ordered = np.zeros(len(self.places))
        ordered[list(self.places)] = shares / shares.sum()
        return Opinion(self.space.name, self.space.labels, tuple(ordered.tolist()), round(confidence, 3))


class VideoNet:
    """A transformers video classifier: frames from the whole clip at equal distances, as many as it was trained on."""

    def __init__(self, weights: Weights) -> None:
        from transformers import AutoModelForVideoClassification

        self._weights = weights
        self._net = loaded(AutoModelForVideoClassification, weights.folder)

    def judge(self, clip: Clip, media: Media) -> Opinion:
        """What the net says of the pictures. Absent where there are none."""
        if not media.frames:
            raise Absent("no picture track")
        count, side = self._net.config.num_frames, self._net.config.image_size
        chosen = np.linspace(0, len(media.frames) - 1, count).round().astype(int)
        shown = np.stack([picture(media.frames[k], side, self._weights.preprocessing) for k in chosen])
        # Of fewer frames than the net wants some are shown twice, and it is believed less.
        return self._weights.opinion(answer(self._net, shown[None]), min(1.0, len(media.frames) / count))


class VoiceNet:
    """A transformers classifier of sound at 16 kHz; over a long clip the mean of the parts' logits by their length."""

    def __init__(self, weights: Weights) -> None:
        from transformers import AutoModelForAudioClassification

        self._weights = weights
        self._net = loaded(AutoModelForAudioClassification, weights.folder)

    def judge(self, clip: Clip, media: Media) -> Opinion:
        """What the net says of the sound. Absent where there is none, or less than a tenth of a second."""
        if media.audio is None or media.audio.size < SHORTEST:
            raise Absent("no sound, or less than a tenth of a second of it")
        parts = np.array_split(media.audio, -(-media.audio.size // LONGEST_PART))
        heard = [answer(self._net, sound(part, self._weights.preprocessing)[None]) for part in parts]
        logits = np.average(heard, axis=0, weights=[part.size for part in parts])
        return self._weights.opinion(logits, min(1.0, media.audio.size / SAMPLE_RATE))


def picture(frame: Frame, side: int, said: Mapping[str, Any]) -> NDArray[np.float32]:
    """A frame as published image processors show it, (3, side, side): short side to `side`, the middle, normalised."""
    import cv2

    height, width = frame.rgb.shape[:2]
    scale = side / min(height, width)
    size = (max(side, round(width * scale)), max(side, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    whole = cv2.resize(frame.rgb, size, interpolation=method)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    values = whole[top : top + side, left : left + side].astype(np.float32)
    values = values * np.float32(said.get("rescale_factor", 1 / 255)) - np.float32(1 if said.get("offset") else 0)
    if said.get("do_normalize", True):
        values = (values - np.float32(said["image_mean"])) / np.float32(said["image_std"])
    return np.ascontiguousarray(values.transpose(2, 0, 1), dtype=np.float32)


def sound(samples: NDArray[np.float32], said: Mapping[str, Any]) -> NDArray[np.float32]:
    """Sound (samples,) as Wav2Vec2FeatureExtractor gives it: zero mean and unit variance where the net wants that."""
    if not said.get("do_normalize", True):
        return samples
    return np.asarray((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7), dtype=np.float32)


def loaded(kind: Any, folder: Path) -> Any:
    """A net of a transformers class, from a folder alone and from safetensors alone."""
    return kind.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()


def answer(net: Any, values: NDArray[np.float32]) -> Logits:
    """The logits (labels,) for an input of one."""
    import torch

    with torch.inference_mode():
        found: Logits = net(torch.from_numpy(values)).logits[0].double().numpy()
    return found


def video_spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The provider `video-net`: `weights`, a folder; `space`, where several spaces have the net's labels."""
    return _spec("video-net", VideoNet, settings, ("image_mean", "image_std"))


def voice_spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The provider `voice-net`, with the same settings."""
    return _spec("voice-net", VoiceNet, settings, ("sampling_rate",))


def _spec(name: str, kind: Any, settings: Mapping[str, Any], needed: tuple[str, ...]) -> ProviderSpec:
    if any(find_spec(package) is None for package in ("torch", "transformers")):
        raise ConfigError(f"{name} needs torch and transformers", "pip install -r requirements/models.txt")
    weights = read_weights(Path(str(settings.get("weights", ""))), str(settings.get("space") or ""))
    wrong = [key for key in needed if key not in weights.preprocessing]
    if wrong or weights.preprocessing.get("sampling_rate", SAMPLE_RATE) != SAMPLE_RATE:
        said = f"lacks {', '.join(wrong)}" if wrong else "wants another sampling rate than 16 kHz"
        raise ConfigError(f"{weights.folder}/{FILES[2]} {said}", f"a checkpoint that {name} can be asked with")
    files = {file: weights.folder / file for file in FILES}
    mark = fingerprint(name, VERSION, {"space": weights.space.name}, files)
    return ProviderSpec("opinion", name, mark, partial(kind, weights), digests(files))


def read_weights(folder: Path, space: str) -> Weights:
    """A checkpoint's folder, without its tensors. ConfigError says what is missing, or which labels are unknown."""
    if missing := [file for file in FILES if not (folder / file).is_file()]:
        raise ConfigError(f"{folder} lacks {', '.join(missing)}", "net.save_pretrained(FOLDER), and its processor's")
    try:
        config, said = (json.loads((folder / file).read_text(encoding="utf-8")) for file in (FILES[0], FILES[2]))
        words = [str(config["id2label"][str(number)]) for number in range(len(config["id2label"]))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder} cannot be read: {type(error).__name__}: {error}", "save it again") from error
    for known in [SPACES[space]] if space in SPACES else SPACES.values():
        labels = [known.normalise(word) for word in words]
        if len(labels) == len(known.labels) and set(labels) == set(known.labels):
            return Weights(folder, known, tuple(known.labels.index(str(label)) for label in labels), said)
    raise ConfigError(
        f"{folder}/{FILES[0]}: its labels are those of no known space: {', '.join(words)}",
        f"name them in id2label as one of {', '.join(SPACES)} does",
    )
