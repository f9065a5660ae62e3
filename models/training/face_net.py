"""The expression net and its training with torch, and its way to an ONNX file. Nothing of this runs with a clip."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.face.expression import MEAN, SPREAD, inputs

STEM = 32
BLOCKS = ((32, 1), (64, 2), (128, 2), (160, 2))
"""(channels, stride) of the residual blocks, after a stem that halves the 48 × 48 picture."""


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        epochs: passes over the pictures; batch: pictures a step.
        rate: peak learning rate; warm: share of all steps in which it rises; decay: L2 penalty.
        smoothing: of the labels; balance: exponent of the inverse class frequencies as weights (0: none).
        average: decay of the running mean of the weights, the mean is what is kept.
        unaligned: share of pictures shown as they are and not as the aligned crop.
        seed: of weights, order and augmentation; threads: of torch, a part of what makes a run repeatable.
    """

    epochs: int = 28
    batch: int = 96
    rate: float = 0.1
    warm: float = 0.08
    decay: float = 5e-4
    smoothing: float = 0.1
    balance: float = 0.25
    average: float = 0.998
    unaligned: float = 0.15
    seed: int = 0
    threads: int = 1


def build(labels: int) -> Any:
    """The net: stem, four residual blocks (He et al., 2016), mean over the picture, one linear layer → logits."""
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.first_norm = nn.BatchNorm2d(after)
            self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.second_norm = nn.BatchNorm2d(after)
            self.past = nn.Sequential()
            if stride > 1 or before != after:
                mean = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
                self.past = nn.Sequential(mean, nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))

        def forward(self, x: Any) -> Any:
            y = functional.relu(self.first_norm(self.first(x)))
            return functional.relu(self.second_norm(self.second(y)) + self.past(x))

    layers: list[Any] = [nn.Conv2d(1, STEM, 5, 2, 2, bias=False), nn.BatchNorm2d(STEM), nn.ReLU()]
    before = STEM
    for after, stride in BLOCKS:
        layers.append(Block(before, after, stride))
        before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(before, labels))


class Training:
    """A net on its way: its weights, their running mean, and the optimiser's state, as a checkpoint keeps them."""

    def __init__(self, labels: int, plan: Plan) -> None:
        import torch

        torch.set_num_threads(plan.threads)
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.labels = labels
        self.net = build(labels).to(memory_format=torch.channels_last)
        self.mean = torch.optim.swa_utils.AveragedModel(
            self.net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.average), use_buffers=True
        )
        norms = [p for p in self.net.parameters() if p.ndim == 1]
        rest = [p for p in self.net.parameters() if p.ndim > 1]
        self.optimiser = torch.optim.SGD(
            [{"params": rest, "weight_decay": plan.decay}, {"params": norms, "weight_decay": 0.0}],
            lr=plan.rate,
            momentum=0.9,
            nesterov=True,
        )
        self.done = 0

    def epoch(self, views: NDArray[np.uint8], target: NDArray[np.intp]) -> float:
        """One pass over views (2, n, 48, 48) with targets (n,); the mean loss.

        Order, augmentation and dropout follow from seed and epoch alone, so that a resumed run goes the same way.
        """
        import torch
        from torch.nn import functional

        plan, seed = self.plan, self.plan.seed * 100_003 + self.done
        random = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        pictures, wanted = torch.from_numpy(views), torch.from_numpy(target.astype(np.int64))
        weights = torch.from_numpy(class_weights(target, self.labels, plan.balance))
        order, steps, losses = torch.randperm(len(target), generator=random), len(target) // plan.batch, []
        self.net.train()
        for step in range(steps):
            rows = order[step * plan.batch : (step + 1) * plan.batch]
            unaligned = (torch.rand(len(rows), generator=random) < plan.unaligned).long()
            x = augmented(pictures[unaligned, rows], random)
            for group in self.optimiser.param_groups:
                group["lr"] = plan.rate * schedule((self.done * steps + step) / (plan.epochs * steps), plan.warm)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.net(x.to(memory_format=torch.channels_last))
            loss = functional.cross_entropy(logits.float(), wanted[rows], weights, label_smoothing=plan.smoothing)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.mean.update_parameters(self.net)
            losses.append(float(loss.detach()))
        self.done += 1
        return float(np.mean(losses))

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        import torch

        path.parent.mkdir(parents=True, exist_ok=True)
        state = {"plan": repr(self.plan), "epoch": self.done}
        parts = {"net": self.net, "mean": self.mean, "optimiser": self.optimiser}
        new = path.with_suffix(".new")
        torch.save(state | {name: part.state_dict() for name, part in parts.items()}, new)
        os.replace(new, path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same plan; any other is left alone."""
        import torch

        if not path.is_file():
            return
        state = torch.load(path, weights_only=True)
        if state["plan"] == repr(self.plan):
            self.net.load_state_dict(state["net"])
            self.mean.load_state_dict(state["mean"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.done = int(state["epoch"])


def train(
    views: NDArray[np.uint8],
    target: NDArray[np.intp],
    held_out: tuple[NDArray[np.uint8], NDArray[np.intp]],
    labels: int,
    plan: Plan,
    checkpoint: Path,
) -> Any:
    """Train, going on from `checkpoint` where it is of the same plan; the net with averaged weights, in eval mode.

    Args:
        views: (2, n, 48, 48) stretched pictures: each aligned, and as it is.
        target: (n,) indices of labels.
        held_out: crops and targets whose accuracy is printed after each epoch; nothing is chosen by it.
        labels: number of labels.
        plan: how.
        checkpoint: file written after each epoch.
    """
    training = Training(labels, plan)
    training.resume(checkpoint)
    while training.done < plan.epochs:
        start = time.monotonic()
        loss = training.epoch(views, target)
        training.save(checkpoint)
        hit = np.mean(logits_of(training.mean.module, held_out[0]).argmax(axis=1) == held_out[1])
        seconds = time.monotonic() - start
        print(f"epoch {training.done}/{plan.epochs}: loss {loss:.3f}, held out {hit:.4f}, {seconds:.0f} s", flush=True)
    return training.mean.module.eval()


def augmented(pictures: Any, random: Any) -> Any:
    """Pictures (n, 48, 48) uint8 → input (n, 1, 48, 48): mirrored, moved, turned, sized, lit, blurred, reduced, cut."""
    import torch
    from torch.nn import functional

    n, side = pictures.shape[:2]

    def uniform(low: float, high: float, *shape: int) -> Any:
        return low + (high - low) * torch.rand(shape or (n,), generator=random)

    x = pictures[:, None].float() / 255.0
    angle, size = uniform(-0.2, 0.2), uniform(0.88, 1.14)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    place = torch.stack([cos * flip, -sin, uniform(-0.1, 0.1), sin * flip, cos, uniform(-0.1, 0.1)], dim=1)
    grid = functional.affine_grid(place.view(n, 2, 3), [n, 1, side, side], align_corners=False)
    x = functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
    x = x.clamp(1e-3, 1.0) ** torch.exp(uniform(-0.4, 0.4)).view(n, 1, 1, 1)
    x = (x - 0.5) * uniform(0.7, 1.2).view(n, 1, 1, 1) + 0.5 + uniform(-0.12, 0.12).view(n, 1, 1, 1)
    part = n // 6
    width = float(uniform(0.6, 2.0, 1))
    taps = torch.exp(-0.5 * (torch.arange(-5, 6) / width) ** 2)
    taps = (taps / taps.sum()).view(1, 1, -1, 1)
    soft = functional.conv2d(functional.pad(x[:part], (5, 5, 5, 5), mode="replicate"), taps)
    soft = functional.conv2d(soft, taps.transpose(2, 3))
    small = int(uniform(14, 36, 1))
    coarse = functional.interpolate(x[part : 2 * part], size=(small, small), mode="area")
    coarse = functional.interpolate(coarse, size=(side, side), mode="bilinear", align_corners=False)
    x = torch.cat([soft, coarse, x[2 * part :]])
    x = (x - MEAN) / SPREAD
    rows, columns = torch.arange(side).view(1, 1, side, 1), torch.arange(side).view(1, 1, 1, side)
    top, left = uniform(-8, side, n, 1, 1, 1), uniform(-8, side, n, 1, 1, 1)
    high, wide = uniform(6, 18, n, 1, 1, 1), uniform(6, 18, n, 1, 1, 1)
    hole = (rows >= top) & (rows < top + high) & (columns >= left) & (columns < left + wide)
    return x.masked_fill(hole & (uniform(0, 1, n, 1, 1, 1) < 0.5), 0.0)


def schedule(done: float, warm: float) -> float:
    """Learning rate at the share `done` of all steps, as a share of its peak: a line up, then half a cosine down."""
    if done < warm:
        return done / warm
    return float(0.5 * (1 + np.cos(np.pi * (done - warm) / (1 - warm))))


def class_weights(target: NDArray[np.intp], labels: int, exponent: float) -> NDArray[np.float32]:
    """Weights (labels,): (mean frequency / frequency)^exponent, scaled so that the mean over pictures is 1."""
    counts = np.maximum(np.bincount(target, minlength=labels), 1)
    weights = (counts.mean() / counts) ** exponent
    return np.asarray(weights * counts.sum() / (weights * counts).sum(), dtype=np.float32)


def logits_of(net: Any, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Logits (n, labels) of crops (n, 48, 48), the mean over the picture and its mirror image."""
    import torch

    net.eval()
    parts = []
    with torch.no_grad():
        for start in range(0, len(crops), 256):
            x = torch.from_numpy(np.ascontiguousarray(inputs(crops[start : start + 256])))
            parts.append(((net(x) + net(x.flip(3))) / 2).numpy())
    return np.asarray(np.concatenate(parts), dtype=np.float64)


def export(net: Any, path: Path) -> float:
    """Write the net as ONNX with its batch norms folded in; the largest difference of a logit between torch and OpenCV.

    Measured on 64 pictures of noise, shown to OpenCV in two batches of unequal size.
    """
    import warnings

    import cv2
    import torch

    net = net.to(memory_format=torch.contiguous_format).eval()
    x = torch.randn(64, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        # The exporter by tracing is deprecated, but needs one package less, and OpenCV reads what it writes.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            net,
            (x[:2],),
            str(path),
            input_names=["picture"],
            output_names=["logits"],
            dynamic_axes={"picture": {0: "n"}, "logits": {0: "n"}},
            opset_version=13,
            dynamo=False,
        )
    other = cv2.dnn.readNetFromONNX(str(path))
    found = []
    for part in (x[:20], x[20:]):
        other.setInput(part.numpy())
        found.append(other.forward().copy())
    with torch.no_grad():
        return float(np.abs(np.concatenate(found) - net(x).numpy()).max())
