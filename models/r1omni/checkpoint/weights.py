"""Tensors from safetensors files into modules, each name accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from models.r1omni.checkpoint.config import FETCH
from models.r1omni.checkpoint.keys import COPIES, held_against, refuse_unread, split, tower_names
from models.r1omni.checkpoint.parts import Parts

if TYPE_CHECKING:
    from torch import Tensor, nn

Modules = Mapping[str, "nn.Module"]


@dataclass
class Report:
    """What was found beside the weights that are read.

    Attributes:
        unread: part → tensors of its files that nothing reads.
        swapped: tower → the first of its tensors that differs from the checkpoint's copy, with how far.
        compared: tower → tensors that were held against the copy; 0 where the checkpoint holds none, or an empty one.
        empty: matrices of the checkpoint's own parts that hold one number throughout, or one that is not finite.
    """

    unread: dict[str, list[str]] = field(default_factory=dict)
    swapped: dict[str, str] = field(default_factory=dict)
    compared: dict[str, int] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)


class Files:
    """Several safetensors files as one; tensors are read when they are asked for."""

    def __init__(self, paths: Iterable[Path]) -> None:
        from safetensors import SafetensorError, safe_open

        self._stack, self._of = ExitStack(), dict[str, Any]()
        for path in paths:
            try:
                file = self._stack.enter_context(safe_open(str(path), framework="pt"))
            except (OSError, SafetensorError) as error:
                raise ConfigError(f"{path} cannot be read: {error}", FETCH) from error
            for name in file.keys():  # noqa: SIM118 (no mapping)
                self._of[name] = file

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def names(self) -> list[str]:
        """Of all tensors."""
        return list(self._of)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of a tensor."""
        return tuple(self._of[name].get_slice(name).get_shape())

    def read(self, name: str) -> Tensor:
        """A tensor as it is stored."""
        tensor: Tensor = self._of[name].get_tensor(name)
        return tensor


def fill(modules: Modules, parts: Parts) -> Report:
    """Load every module from the files of the parts.

    Raises:
        ConfigError: a tensor that is missing, of another shape, of no known part, or of an own part and read by
            nothing.
    """
    report = Report()
    with Files(parts.weights) as own:
        parted = split(own.names)
        if parted.unknown:
            raise ConfigError(f"the checkpoint holds tensors of no known part: {', '.join(parted.unknown[:3])}", FETCH)
        for part in ("projector", "bert", "gate", "audio projector", "language"):
            unread = _load(part, modules[part], own, parted.parts[part], tied=part == "language")
            report.unread[part] = refuse_unread(part, unread)
            report.empty += _empty(modules[part], parted.parts[part])
        for part, copy in (("vision", "vision copy"), ("audio", "audio copy")):
            _tower(part, modules[part], parts, own, copy, report)
    return report


def _load(part: str, module: nn.Module, files: Files, names: Mapping[str, str], *, tied: bool = False) -> list[str]:
    """Copy the tensors into the module; returns the names that it does not have."""
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    if tied and "lm_head.weight" not in names:
        wanted.pop("lm_head.weight", None)
    unread = held_against(part, wanted, {name: files.shape(stored) for name, stored in names.items()})
    state = {name: files.read(names[name]) for name in wanted}
    # With tied weights the embedding counts, as in every loader of a tied checkpoint.
    if tied and "lm_head.weight" in state and getattr(module.config, "tie_word_embeddings", False):
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    module.load_state_dict(state, strict=False)
    return unread


def _empty(module: nn.Module, names: Mapping[str, str]) -> list[str]:
    """Names in the file of matrices without content."""
    import torch

    found = []
    for name, tensor in module.state_dict().items():
        if tensor.dim() > 1 and tensor.numel() > 1 and name in names:
            flat = tensor.flatten()
            if bool((flat == flat[0]).all()) or not bool(torch.isfinite(flat).all()):
                found.append(names[name])
    return found


def _tower(part: str, module: nn.Module, parts: Parts, own: Files, copy: str, report: Report) -> None:
    """Load a tower from its own folder, and hold it against the checkpoint's copy of it."""
    from models.r1omni.checkpoint.parts import weight_files

    prefix, inner = COPIES[copy]
    with Files(weight_files(getattr(parts, part))) as files:
        there = tower_names(files.names, inner)
        # Some releases of transformers name a tower's own tensors with the beginning, some without.
        short = {name: name.removeprefix(inner) for name in module.state_dict()}
        names = {name: there[bare] for name, bare in short.items() if bare in there}
        rest = [name for name in files.names if name not in names.values()]
        _load(part, module, files, names)
        report.unread[part] = sorted(name for name in rest if name in there.values())
        compared = 0
        for name, stored in names.items():
            twin = prefix + name.removeprefix(inner)
            if twin not in own.names:
                continue
            told = own.read(twin)
            if told.numel() > 1 and bool((told == told.flatten()[0]).all()):
                continue  # an emptied copy says nothing; a bias of zeros says as little
            compared += 1
            differs = _difference(told, files.read(stored))
            if differs and part not in report.swapped:
                report.swapped[part] = f"{twin} ({differs})"
        report.compared[part] = compared


def _difference(copy: Tensor, tower: Tensor) -> str:
    """How a tower's tensor differs from the checkpoint's copy beyond the rounding of their types; empty when equal."""
    import torch

    if copy.shape != tower.shape:
        return f"shape {list(tower.shape)}, not {list(copy.shape)}"
    one, other = copy.float(), tower.float()
    coarsest = max(torch.finfo(copy.dtype).eps, torch.finfo(tower.dtype).eps)
    error = float((one - other).abs().max()) if one.numel() else 0.0
    allowed = 2 * coarsest * float(other.abs().max()) if other.numel() else 0.0
    return "" if error <= max(allowed, 1e-7) else f"differs by up to {error:.3g}"
