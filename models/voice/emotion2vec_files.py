"""What lies in an emotion2vec folder, read without torch: the files, the settings, the labels.

FunASR evaluates one of the settings as Python (`feature_encoder_spec`), so that one is let through only where it is a
table of whole numbers.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from harness.faults import ConfigError
from harness.inputs.yaml_text import yaml_value
from harness.records.clean import shown

SPACE = "emotion2vec8"
LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised")
_CHINESE = ("生气", "厌恶", "恐惧", "开心", "中立", "其他", "难过", "吃惊")
_MEANING = {**{label: label for label in LABELS}, **dict(zip(_CHINESE, LABELS, strict=True))}
UNUSED = "unuse"
_UNKNOWN = ("<unk>", "unk", "unknown")
_REMEDY = "python -m models fetch emotion2vec --name plus_base, or copy the whole released folder"
SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Folder:
    """The parts of a checkpoint.

    Attributes:
        config: `config.yaml`.
        weights: `model.pt`, or the file that `configuration.json` names.
        tokens: `tokens.txt`; None where the checkpoint has no labels and so no head of its own.
    """

    config: Path
    weights: Path
    tokens: Path | None

    @property
    def files(self) -> Mapping[str, Path]:
        """Role → file, for the fingerprint."""
        files = {"config": self.config, "weights": self.weights}
        return {**files, "tokens": self.tokens} if self.tokens else files


def find(folder: Path) -> Folder:
    """The files of a checkpoint folder. ConfigError names what is missing."""
    if not folder.is_dir():
        raise ConfigError(f"the emotion2vec folder {folder} is not there", _REMEDY)
    metas = _metas(folder / "configuration.json")
    config = folder / _plain(metas.get("config"), "config.yaml")
    weights = folder / _plain(metas.get("init_param"), "model.pt")
    listed = metas.get("tokenizer_conf")
    tokens = folder / _plain(listed.get("token_list") if isinstance(listed, Mapping) else None, "tokens.txt")
    for path, role in ((config, "the settings"), (weights, "the weights")):
        if not path.is_file():
            raise ConfigError(f"the emotion2vec folder {folder} lacks {path.name} ({role})", _REMEDY)
    return Folder(config, weights, tokens if tokens.is_file() else None)


def read_labels(tokens: Path | None) -> tuple[str, ...]:
    """The lines of tokens.txt, one per output of the checkpoint's head; empty without the file."""
    if tokens is None:
        return ()
    lines = tokens.read_text(encoding="utf-8-sig").splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def meanings(tokens: Sequence[str]) -> tuple[str | None, ...]:
    """For each line of tokens.txt the label it means, by its text; None for `<unk>` and unused outputs.

    Raises:
        ConfigError: a line that means none of the known emotions, or two lines that mean the same.
    """
    found: list[str | None] = []
    for token in tokens:
        parts = [part.strip().casefold() for part in token.split("/")]
        known = {_MEANING[part] for part in parts if part in _MEANING}
        if token.startswith(UNUSED) or set(parts) & set(_UNKNOWN):
            found.append(None)
        elif len(known) == 1 and (label := known.pop()) not in found:
            found.append(label)
        else:
            raise ConfigError(f"tokens.txt: {token!r} is no single, new one of {', '.join(LABELS)}", _REMEDY)
    if tokens and not any(found):
        raise ConfigError("tokens.txt names no emotion", _REMEDY)
    return tuple(found)


def read_scores(tokens: Sequence[str], scores: Sequence[float]) -> tuple[tuple[float, ...], float] | None:
    """Scores in the order of tokens.txt → probabilities in the order of `LABELS`, and the mass on `<unk>`.

    An emotion that the checkpoint does not have gets 0. None when all mass lies on `<unk>`.
    """
    mass = dict.fromkeys(LABELS, 0.0)
    for label, score in zip(meanings(tokens), scores, strict=True):
        if label is not None:
            mass[label] += score
    total = sum(mass.values())
    if total <= 0:
        return None
    return tuple(p / total for p in mass.values()), max(0.0, 1.0 - total)


def read_config(path: Path) -> dict[str, Any]:
    """`config.yaml` as plain values, checked to be an emotion2vec and to hold no code. ConfigError otherwise."""
    try:
        content = yaml_value(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", _REMEDY) from error
    if not isinstance(content, dict) or content.get("model") != "Emotion2vec":
        raise ConfigError(f"{path} does not describe an Emotion2vec model", _REMEDY)
    try:
        conf = _numbers(content["model_conf"])
        audio = conf["modalities"]["audio"]
        frame_samples(audio["feature_encoder_spec"])
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path} lacks {error}", _REMEDY) from error
    # The decoder serves pre-training only, and the released checkpoints do not hold its weights.
    return {**conf, "modalities": {**conf["modalities"], "audio": {**audio, "decoder": None}}}


def frame_samples(spec: Any) -> int:
    """Samples between two frames: the product of the strides of `feature_encoder_spec`; see `frame_window`."""
    return frame_window(spec)[0]


def frame_window(spec: Any) -> tuple[int, int]:
    """Samples between two frames, and samples that a frame is made of, by [(width, kernel, stride), …].

    Raises:
        ConfigError: anything but lists and tuples of whole numbers, joined by + and repeated by *.
    """
    try:
        layers = _table(ast.parse(str(spec), mode="eval").body)
        product, reach = 1, 1
        for _, kernel, stride in layers:
            reach += (kernel - 1) * product
            product *= stride
    except (SyntaxError, ValueError, TypeError) as error:
        raise ConfigError(
            f"config.yaml: feature_encoder_spec is no table of numbers: {shown(spec)}", _REMEDY
        ) from error
    return product, reach


def _table(node: ast.expr) -> Any:
    """The value of a table of whole numbers; ValueError on any other expression."""
    if isinstance(node, ast.List | ast.Tuple):
        return [_table(part) for part in node.elts]
    if isinstance(node, ast.Constant) and type(node.value) is int and 0 < node.value < 10_000:
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _table(node.left) + _table(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant):
        times = _table(node.right)
        if isinstance(times, int) and times < 100:
            return _table(node.left) * times
    raise ValueError(ast.dump(node))


def _numbers(value: Any) -> Any:
    """YAML 1.1 takes `1e-05` for text; it is meant as a number."""
    if isinstance(value, dict):
        return {key: _numbers(part) for key, part in value.items()}
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _metas(path: Path) -> Mapping[str, Any]:
    """What ModelScope's configuration.json says of the files, where there is one."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", _REMEDY) from error
    metas = content.get("file_path_metas", {}) if isinstance(content, dict) else {}
    return metas if isinstance(metas, Mapping) else {}


def _plain(name: Any, default: str) -> str:
    """A file name of the folder itself, never a path out of it."""
    return name if isinstance(name, str) and name and PurePath(name).name == name else default
