"""How a small network is trained: whole groups held out, early stopping, and a state on disk to go on from.

Every epoch draws its order and its dropout from (seed, epoch) alone, so a training that was stopped and resumed ends
with the very weights of one that was not.
"""

from __future__ import annotations

import copy
import io
import json
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from models.heads.figures import uar
from models.heads.linear import fit_temperature

if TYPE_CHECKING:
    from tqdm import tqdm

Clip = Sequence[NDArray[np.float32]]
"""What a network reads of one clip: one array for each kind of features."""


@dataclass(frozen=True)
class Design:
    """A network to be trained.

    Attributes:
        build: makes it with fresh weights; its last layer is called `out`.
        collate: clips → tensors of a batch.
        forward: (network, *tensors) → scores, shape (clips, classes).
    """

    build: Callable[[], Any]
    collate: Callable[[Sequence[Clip]], tuple[Any, ...]]
    forward: Callable[..., Any]


@dataclass(frozen=True)
class Recipe:
    """Knobs of a training.

    Attributes:
        epochs: at most this many.
        patience: epochs without a better held-out UAR (or equal UAR and better loss) before it stops.
        batch: clips per step.
        rate: learning rate of the first epoch; it falls to a hundredth along a cosine (Loshchilov & Hutter, 2017).
        decay: weight decay of AdamW.
        focal: exponent of the focal loss (Lin et al., 2017); 0 is cross-entropy.
        held_out: share of the groups that early stopping and temperature are judged on.
        seed: of weights, order and dropout.
        threads: CPU threads of torch; 0 leaves them as they are.
        state: file to save to after every epoch, and to go on from; None for neither.
        progress: show a bar.
    """

    epochs: int = 40
    patience: int = 8
    batch: int = 32
    rate: float = 1e-3
    decay: float = 1e-2
    focal: float = 0.0
    held_out: float = 0.2
    seed: int = 0
    threads: int = 0
    state: Path | None = None
    progress: bool = False


@dataclass(frozen=True)
class Fitted:
    """A trained network in evaluation mode, its temperature, and how many epochs it took."""

    net: Any
    temperature: float
    epochs: int


def fit_network(
    design: Design,
    clips: Sequence[Clip],
    target: NDArray[np.intp],
    groups: Sequence[str],
    recipe: Recipe,
) -> Fitted:
    """Train until the held-out groups stop gaining; the best epoch's weights are returned.

    Args:
        design: the network.
        clips: arrays of shape (rows, width), scaled.
        target: label indices, shape (clips,).
        groups: speaker or video of each clip.
        recipe: the knobs.

    Raises:
        ConfigError: too few groups to hold one out, or a saved state of another training.
    """
    import torch

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    inside, outside = split_groups(groups, recipe.held_out, recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        net = design.build()
        run = _Run(net, design, clips, target, recipe, _key(recipe, clips, target, groups))
        run.resume()
        bar = _bar(recipe, run.epoch)
        while run.epoch < recipe.epochs and run.waited < recipe.patience:
            run.step(inside, outside)
            bar.update()
            bar.set_postfix(UAR=f"{run.best[0]:.3f}")
        bar.close()
        net.load_state_dict(run.weights)
        held = run_network(net, design, [clips[i] for i in outside], recipe.batch)
    return Fitted(net.eval(), fit_temperature(held, target[outside]), run.epoch)


def run_network(net: Any, design: Design, clips: Sequence[Clip], batch: int) -> NDArray[np.float64]:
    """Scores of clips, shape (clips, classes), in evaluation mode."""
    import torch

    net.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(clips), batch):
            parts.append(design.forward(net, *design.collate(clips[start : start + batch])).double().numpy())
    return np.concatenate(parts)


def padded(clips: Sequence[NDArray[np.float32]]) -> tuple[Any, Any]:
    """Clips as one tensor (clips, longest, width), zeros behind the shorter ones, and their lengths."""
    import torch

    lengths = [len(clip) for clip in clips]
    x = np.zeros((len(clips), max(lengths), clips[0].shape[1]), dtype=np.float32)
    for row, clip in zip(x, clips, strict=True):
        row[: len(clip)] = clip
    return torch.from_numpy(x), torch.tensor(lengths)


def scaler(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and spread of each column, both (width,); NaN counts for neither."""
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column that was never measured
        mean, scale = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)
    return np.nan_to_num(mean).astype(np.float32), np.maximum(np.nan_to_num(scale), 1e-6).astype(np.float32)


def focal_loss(scores: Any, target: Any, weight: Any, gamma: float) -> Any:
    """Weighted mean of −(1 − p)^γ · log p of the true class (Lin et al., 2017, eq. 5)."""
    log_p = scores.log_softmax(dim=-1).gather(1, target[:, None])[:, 0]
    each = -((1 - log_p.exp()).clamp(min=1e-6) ** gamma if gamma else 1.0) * log_p
    return (weight[target] * each).sum() / weight[target].sum()


def split_groups(groups: Sequence[str], held_out: float, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices to train on and to judge by; no group is on both sides. ConfigError with fewer than two groups."""
    names = sorted(set(groups))
    if len(names) < 2:
        raise ConfigError("training needs clips of at least two groups (speakers or videos)", "give a group column")
    order = np.random.default_rng([seed, len(names)]).permutation(len(names))
    held = {names[i] for i in order[: max(1, round(held_out * len(names)))]}
    outside = np.array([group in held for group in groups])
    return np.flatnonzero(~outside), np.flatnonzero(outside)


class _Run:
    """The state of a training between epochs."""

    def __init__(
        self,
        net: Any,
        design: Design,
        clips: Sequence[Clip],
        target: NDArray[np.intp],
        recipe: Recipe,
        key: str,
    ) -> None:
        import torch

        self.net, self.design, self.clips, self.target = net, design, clips, target
        self.recipe, self.key = recipe, key
        self.optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        self.epoch = self.waited = 0
        self.best = (-1.0, -math.inf)
        self.weights: Any = copy.deepcopy(net.state_dict())

    def step(self, inside: NDArray[np.intp], outside: NDArray[np.intp]) -> None:
        """One epoch, judged on the groups held out."""
        import torch

        torch.manual_seed(self.recipe.seed * 100_003 + self.epoch + 1)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate * (
                0.01 + 0.99 * (1 + math.cos(math.pi * self.epoch / self.recipe.epochs)) / 2
            )
        weight = torch.tensor(_balance(self.target[inside], int(self.net["out"].out_features)))
        self.net.train()
        for chosen in self._batches(inside):
            scores = self.design.forward(self.net, *self.design.collate([self.clips[i] for i in chosen]))
            loss = focal_loss(scores, torch.from_numpy(self.target[chosen]), weight, self.recipe.focal)
            self.optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimiser.step()
        judged_by = run_network(self.net, self.design, [self.clips[i] for i in outside], self.recipe.batch)
        truth = self.target[outside]
        judged = (uar(truth, judged_by.argmax(axis=1)), -_log_loss(judged_by, truth))
        self.epoch, self.waited = self.epoch + 1, self.waited + 1
        if judged > self.best:
            self.best, self.waited, self.weights = judged, 0, copy.deepcopy(self.net.state_dict())
        self._save()

    def _batches(self, inside: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        order = np.random.default_rng([self.recipe.seed, self.epoch]).permutation(inside)
        for start in range(0, len(order), self.recipe.batch):
            yield order[start : start + self.recipe.batch]

    def _save(self) -> None:
        if self.recipe.state is None:
            return
        import torch

        stream = io.BytesIO()
        content = {
            "key": self.key,
            "epoch": self.epoch,
            "waited": self.waited,
            "best": list(self.best),
            "net": self.net.state_dict(),
            "weights": self.weights,
            "optimiser": self.optimiser.state_dict(),
        }
        torch.save(content, stream)
        self.recipe.state.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self.recipe.state, stream.getvalue())

    def resume(self) -> None:
        """Go on from the saved state, if there is one. ConfigError when it is of another training."""
        state = self.recipe.state
        if state is None or not state.is_file():
            return
        import torch

        content = torch.load(state, map_location="cpu", weights_only=True)
        if content["key"] != self.key:
            raise ConfigError(f"{state} is the state of another training", f"delete {state}, or use another --out")
        self.net.load_state_dict(content["net"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.weights, self.best = content["weights"], (content["best"][0], content["best"][1])
        self.epoch, self.waited = content["epoch"], content["waited"]


def _key(recipe: Recipe, clips: Sequence[Clip], target: NDArray[np.intp], groups: Sequence[str]) -> str:
    """Hash of all that a resumed training must share with the one it goes on from."""
    import hashlib

    knobs = {name: value for name, value in asdict(recipe).items() if name not in ("state", "progress", "threads")}
    digest = hashlib.sha256(json.dumps([knobs, list(groups)], sort_keys=True).encode())
    digest.update(np.ascontiguousarray(target).tobytes())
    for rows in (rows for clip in clips for rows in clip):
        digest.update(repr(rows.shape).encode() + np.ascontiguousarray(rows).tobytes())
    return digest.hexdigest()


def _balance(target: NDArray[np.intp], classes: int) -> NDArray[np.float32]:
    """Weights inverse to the classes' frequency, mean 1 over the clips; 0 for a class without clips."""
    counts = np.bincount(target, minlength=classes)
    present = counts > 0
    weights = np.zeros(classes, dtype=np.float32)
    weights[present] = len(target) / (present.sum() * counts[present])
    return weights


def _log_loss(scores: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(truth)), truth].mean())


def _bar(recipe: Recipe, done: int) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(total=recipe.epochs, initial=done, desc=f"seed {recipe.seed}", disable=not recipe.progress)
