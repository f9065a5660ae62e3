"""`python -m models import-checkpoint`: weights of the published BiLSTM recipe (.pth) as a head of ours.

Layers are told by their shapes, since every training script names them otherwise. A pickled model is refused: reading
it would run whatever code it carries.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from models.heads.bilstm import HIDDEN, INNER, PROJECTED, BiLstmHead
from models.voice.emotion2vec import features_key
from models.voice.emotion2vec_files import find

Vector = NDArray[np.float32]
_LSTM = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("checkpoint", type=Path, help="a .pth or .pt file that holds a state_dict")
    parser.add_argument("--labels", nargs="+", required=True, metavar="LABEL", help="in the order of its outputs")
    parser.add_argument("--space", default="sentiment5")
    parser.add_argument("--scaler", type=Path, help="json with mean and scale, lists as long as the input is wide")
    parser.add_argument(
        "--emotion2vec", type=Path, required=True, help="folder of the checkpoint whose embeddings it was trained on"
    )
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> int:
    """Read, check, and write the head."""
    weights = named_weights(read_state(args.checkpoint), len(args.labels))
    width = weights["project.weight"].shape[1]
    head = BiLstmHead(args.space, args.labels, width, "utterance", features_key(find(args.emotion2vec)))
    mean, scale = read_scaler(args.scaler, width)
    head.set_weights(weights, mean, scale)
    head.save(args.out)
    note = "" if args.scaler else "; without a scaler: right only if it was trained on unscaled features"
    print(f"{args.checkpoint.name}: {width} features → {', '.join(args.labels)}, written to {args.out}{note}")
    return 0


def read_state(path: Path) -> dict[str, NDArray[np.float32]]:
    """Name → weights of a checkpoint. ConfigError when it holds anything but plain weights."""
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise ConfigError(
            f"{path} is not a plain table of weights: {str(error).splitlines()[0]}",
            "a pickled model would run its own code when read; where it was made, save model.state_dict() instead",
        ) from error
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and key in content:
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise ConfigError(f"{path} holds no state_dict", "save model.state_dict()")
    return {str(key): value.float().numpy() for key, value in content.items()}


def named_weights(state: Mapping[str, NDArray[np.float32]], classes: int) -> dict[str, NDArray[np.float32]]:
    """The weights under our names. ConfigError naming the layer that is missing, or what is left over."""
    found: dict[str, NDArray[np.float32]] = {}
    taken: set[str] = set()
    for suffix in (*_LSTM, *(f"{name}_reverse" for name in _LSTM)):
        keys = [key for key in state if key.endswith(suffix)]
        if len(keys) != 1:
            raise ConfigError(
                f"{len(keys)} weights end in {suffix}, expected one bidirectional LSTM of one layer",
                "save a model of the published recipe",
            )
        found[f"lstm.{suffix}"] = state[keys[0]]
        taken.add(keys[0])
    shapes = {"project": (PROJECTED, None), "inner": (INNER, 2 * HIDDEN), "out": (classes, INNER)}
    for layer, (outputs, inputs) in shapes.items():
        keys = [
            key
            for key, value in state.items()
            if key not in taken
            and value.ndim == 2
            and value.shape[0] == outputs
            and (inputs is None or value.shape[1] == inputs)
        ]
        if len(keys) != 1:
            raise ConfigError(
                f"{len(keys)} layers of shape ({outputs}, {inputs or 'input'}) for {layer}, expected one",
                "save a model of the published recipe, and name all its labels with --labels",
            )
        bias = keys[0].removesuffix("weight") + "bias"
        if bias not in state:
            raise ConfigError(f"{bias} is missing", "save all of model.state_dict()")
        found[f"{layer}.weight"], found[f"{layer}.bias"] = state[keys[0]], state[bias]
        taken |= {keys[0], bias}
    if left := sorted(set(state) - taken):
        raise ConfigError(
            f"weights of no layer of the recipe: {', '.join(left[:5])}", "save a model of the published recipe alone"
        )
    return found


def read_scaler(path: Path | None, width: int) -> tuple[Vector | None, Vector | None]:
    """Mean and scale, both (width,); nothing without a file."""
    if path is None:
        return None, None
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        with np.errstate(over="ignore"):  # infinities are refused below
            mean: Vector = np.asarray(content["mean"], dtype=np.float32)
            scale: Vector = np.asarray(content["scale"], dtype=np.float32)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ConfigError(f"{path} is no scaler: {error}", '{"mean": [...], "scale": [...]}') from error
    finite = np.isfinite(mean).all() and np.isfinite(scale).all()
    if mean.shape != (width,) or scale.shape != (width,) or not finite or not (scale > 0).all():
        raise ConfigError(
            f"{path}: mean {mean.shape} and scale {scale.shape} (above 0) must both be ({width},), of finite numbers",
            "name the scaler that the checkpoint was trained with",
        )
    return mean, scale
