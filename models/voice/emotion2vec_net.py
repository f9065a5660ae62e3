"""The emotion2vec network itself: FunASR's class, with weights that are checked one by one before they are used.

FunASR's own loader accepts a checkpoint with missing, foreign or wrongly shaped weights and keeps random ones in their
place. Here the checkpoint is read without pickle, compared with the network, and refused where they differ.
FunASR's AutoModel is not used at all: it would reseed the random generators, change the thread count, and look for
code and requirements in the model's folder. A test holds that both ways give the same numbers.
"""

from __future__ import annotations

import logging
import math
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError, StageUnavailable
from harness.records.types import SAMPLE_RATE
from models.voice.emotion2vec_files import Folder, frame_window, read_config, read_labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSTALL = "pip install torch==2.13.0, then pip install funasr==1.4.16 (without torchaudio)"
DEVICES = ("auto", "cpu", "cuda")
# What pre-training leaves in a checkpoint and inference never reads.
TRAINING_ONLY = ("modality_encoders.AUDIO.decoder.", "_ema")
_REMEDY = "fetch it again: python -m models fetch emotion2vec --name NAME"
_NAMED = 3
LONGEST = 60.0
"""Seconds in one pass. What a pass takes grows with their square: some 2.5 GB here, which a clip of three minutes would
make 20. A longer sound is heard in equal parts."""


class Emotion2vecNet:
    """A loaded checkpoint.

    Args:
        folder: its files.
        device: `cpu`, `cuda` or `auto` (cuda where there is one).
        threads: CPU threads of torch; 0 leaves them as they are.

    Raises:
        ConfigError: the checkpoint is not whole, or does not fit its own config.yaml.
        StageUnavailable: torch or FunASR cannot be imported.
    """

    def __init__(self, folder: Folder, device: str = "auto", threads: int = 0) -> None:
        net = _empty_net(folder)
        state = read_checkpoint(folder.weights)
        check_state(state, net.state_dict(), folder.weights)
        import torch

        self.tokens = read_labels(folder.tokens)
        self.device = chosen_device(device)
        if threads:
            torch.set_num_threads(threads)
        net.load_state_dict({key: state[key].float() for key in net.state_dict()}, strict=True, assign=True)
        self._net: Any = net.to(self.device).eval()
        self.width = int(self._net.cfg.embed_dim)
        self._window = frame_window(read_config(folder.config)["modalities"]["audio"]["feature_encoder_spec"])

    def frames(self, audio: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[float, ...]]:
        """16 kHz mono audio, shape (samples,) → frames, shape (frames, width), and the head's scores.

        The scores follow tokens.txt and sum to 1, outputs named `unuse…` excluded (0); empty without a head.
        """
        import numpy as np
        import torch

        with torch.inference_mode():
            source = torch.from_numpy(np.ascontiguousarray(audio)).to(self.device)
            if self._net.cfg.normalize:
                source = torch.nn.functional.layer_norm(source, source.shape)
            parts = [source[start:end].view(1, -1) for start, end in passes(len(audio), *self._window, LONGEST)]
            x = torch.cat([self._net.extract_features(part, padding_mask=None)["x"] for part in parts], dim=1)
            scores: tuple[float, ...] = ()
            if self._net.proj is not None:
                logits = self._net.proj(x.mean(dim=1))[0]
                unused = torch.tensor([token.startswith("unuse") for token in self.tokens], device=logits.device)
                scores = tuple(torch.softmax(logits.masked_fill(unused, -torch.inf), dim=-1).tolist())
            return x.squeeze(0).cpu().numpy(), scores


def passes(samples: int, step: int, window: int, longest: float) -> list[tuple[int, int]]:
    """Equal parts (start, end) of a sound, of about `longest` seconds at most, whose frames follow each other.

    Args:
        samples: of the sound.
        step: samples between two frames.
        window: samples that a frame is made of.
        longest: seconds of a part; a sound of no more is one.
    """
    count = math.ceil(samples / (longest * SAMPLE_RATE))
    if count <= 1:
        return [(0, samples)]
    frames = (samples - window) // step + 1
    firsts = [number * frames // count for number in range(count)] + [frames]
    ends = [(last - 1) * step + window for last in firsts[1:]]
    return [(first * step, end) for first, end in zip(firsts, ends, strict=False)]


def verify(folder: Folder) -> None:
    """ConfigError unless the checkpoint fits its config.yaml key by key. No memory is taken for the network."""
    check_state(read_checkpoint(folder.weights), _empty_net(folder).state_dict(), folder.weights)


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Name → tensor of a checkpoint, read without running any code of it. ConfigError when that cannot be done."""
    torch = _torch()
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{path} cannot be read as plain weights: {reason}", _REMEDY) from error
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and key in content:
            content = content[key]
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds a {type(content).__name__}, not a table of weights", _REMEDY)
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def check_state(found: Mapping[str, Any], expected: Mapping[str, Any], path: Path) -> None:
    """ConfigError naming every kind of difference between a checkpoint and the network it is for.

    Compared are names, shapes, and that each value is a tensor of finite numbers.
    """
    if not found:
        raise ConfigError(f"{path} holds no weights at all", _REMEDY)
    torch = _torch()
    tensors = {key: value for key, value in found.items() if isinstance(value, torch.Tensor)}
    missing = [key for key in expected if key not in tensors]
    foreign = [key for key in found if key not in expected and not key.startswith(TRAINING_ONLY)]
    shared = [key for key in expected if key in tensors]
    shapes = [
        f"{key} {tuple(tensors[key].shape)} instead of {tuple(expected[key].shape)}"
        for key in shared
        if tensors[key].shape != expected[key].shape
    ]
    wild = [key for key in shared if not bool(torch.isfinite(tensors[key]).all())]
    named = {"missing": missing, "unexpected": foreign, "wrong shape": shapes, "not finite": wild}
    faults = [f"{len(keys)} {kind}: {_some(keys)}" for kind, keys in named.items() if keys]
    if faults:
        raise ConfigError(f"{path} does not fit its config.yaml: {'; '.join(faults)}", _REMEDY)


def chosen_device(device: str) -> str:
    """The device that `auto`, `cpu` or `cuda` means here. ConfigError for another, StageUnavailable without a GPU."""
    if device not in DEVICES:
        raise ConfigError(f"device is {device!r}", ", ".join(DEVICES))
    available = bool(_torch().cuda.is_available())
    if device == "cuda" and not available:
        raise StageUnavailable("torch sees no CUDA device", "use device=cpu, or install torch for your driver")
    return "cuda" if available and device != "cpu" else "cpu"


def _empty_net(folder: Folder) -> Any:
    """FunASR's network without memory for its weights: names and shapes only, and no random number drawn."""
    torch = _torch()
    conf = read_config(folder.config)
    try:
        with _quiet_root_log():
            from funasr.models.emotion2vec.model import Emotion2vec
    except (ImportError, OSError) as error:  # with torchaudio beside a CPU torch the import dies with OSError
        raise StageUnavailable(f"FunASR cannot be imported: {error}", INSTALL) from error
    outputs = len(read_labels(folder.tokens)) or -1
    try:
        with torch.device("meta"):
            return Emotion2vec(model_conf=conf, vocab_size=outputs)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ConfigError(f"{folder.config} describes no network that FunASR can build: {error}", _REMEDY) from error


@contextmanager
def _quiet_root_log() -> Iterator[None]:
    """Importing FunASR hangs a handler on the root logger and changes its level; both are put back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _torch() -> Any:
    try:
        import torch
    except (ImportError, OSError) as error:
        raise StageUnavailable(f"torch cannot be imported: {error}", INSTALL) from error
    return torch


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
