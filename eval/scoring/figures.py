"""Figures of a score: confusion matrix, F1 of the labels, reliability diagram.

One hue from light to dark, hatching and numbers carry the meaning, so that the figures survive grey print and colour
blindness. Chinese stands beside English where a font for it is installed, and is left out where none is.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.metrics.probability import Bins, reliability
from eval.scoring.blocks import INVALID, Scored
from eval.scoring.fonts import chinese_font, fonts
from harness.records.atomic import write_atomic
from harness.records.names import READINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHINESE = {
    "SNEG": "强负面",
    "WNEG": "弱负面",
    "NEUT": "中性",
    "WPOS": "弱正面",
    "SPOS": "强正面",
    INVALID: "无效",
    "True label": "真实标签",
    "Predicted label": "预测标签",
    "Share of the true label": "占真实标签的比例",
    "F1": "F1 值",
    "Probability of the top label": "最高概率",
    "Share of right answers": "正确率",
}
FORMATS = ("png", "svg")
DARK, MIDDLE, LIGHT = "#08306b", "#4292c6", "#c6dbef"
DARK_SHARE = 0.65
"""From this share on white text is easier to read on the cell than black."""
RELIABILITY_BINS = 10


def write_figures(result: Mapping[str, Any], scored: Scored, folder: Path) -> list[Path]:
    """Draw the figures of a score/1 result into a folder (png at 200 dpi, svg); returns the files."""
    figures = draw_figures(result, scored)
    written = []
    for name, figure in figures.items():
        for kind in FORMATS:
            path = folder / f"{name}.{kind}"
            write_atomic(path, render(figure, kind))
            written.append(path)
    return written


def draw_figures(result: Mapping[str, Any], scored: Scored) -> dict[str, Figure]:
    """Name → figure: `confusion`, `per_class_f1`, and `reliability` where there are probabilities."""
    figures = {"confusion": _confusion(result["overall"]), "per_class_f1": _per_class(result["overall"])}
    if scored.forecasts is not None:
        parsable = np.isfinite(scored.forecasts).all(1)
        if parsable.any():
            bins = reliability(scored.forecasts[parsable], scored.truth[parsable], RELIABILITY_BINS)
            figures["reliability"] = _reliability(bins)
    return figures


def render(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a png or svg file; the same figure gives the same bytes."""
    import matplotlib

    buffer = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with matplotlib.rc_context({"font.family": fonts(), "svg.hashsalt": "eval"}):
        figure.savefig(buffer, format=kind, dpi=200, bbox_inches="tight", metadata=metadata)
    return buffer.getvalue()


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────
def _words(text: str, joint: str = " ") -> str:
    """English, with Chinese beside it where that can be drawn."""
    # Emotions have the names that the page has; a word that is its own name is not said twice.
    said = CHINESE.get(text) or (READINGS["zh"].get(text, ""))
    return f"{text}{joint}{said}" if said and chinese_font() else text


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure without any window; pyplot would keep it alive."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _in_fonts(draw: Any) -> Any:
    """Texts take their font when they are made, so drawing happens under the setting."""
    import functools

    @functools.wraps(draw)
    def wrapped(*args: Any) -> Any:
        import matplotlib

        with matplotlib.rc_context({"font.family": fonts(), "font.size": 10}):
            return draw(*args)

    return wrapped


# ── the three figures ─────────────────────────────────────────────────────────────────────────────────────
@_in_fonts
def _confusion(overall: Mapping[str, Any]) -> Figure:
    """Rows are normalised to the true label; each cell shows its share and its count."""
    labels = overall["confusion"]["labels"]
    counts = np.array(overall["confusion"]["rows_true_cols_pred"], np.float64)
    if not counts[:, -1].any():
        labels, counts = labels[:-1], counts[:, :-1]
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    figure, axes = _canvas(2.2 + 0.85 * counts.shape[1], 1.6 + 0.75 * len(counts))
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{int(counts[row, column])}" if totals[row, 0] else "–",
            ha="center",
            va="center",
            color="white" if share > DARK_SHARE else "black",
            fontsize=9,
        )
    axes.set_xticks(range(counts.shape[1]), [_words(label, "\n") for label in labels])
    axes.set_yticks(range(len(counts)), [_words(label, "\n") for label in labels[: len(counts)]])
    if len(labels) > 7:
        axes.tick_params(axis="x", rotation=45)
    axes.set_xticks(np.arange(1, counts.shape[1]) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, len(counts)) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    axes.set_xlabel(_words("Predicted label"))
    axes.set_ylabel(_words("True label"))
    bar = figure.colorbar(image, ax=axes, fraction=0.05)
    bar.set_label(_words("Share of the true label"))
    return figure


@_in_fonts
def _per_class(overall: Mapping[str, Any]) -> Figure:
    """F1 of each label, with its interval where there is one, and the support under the label."""
    classes = overall["per_class"]
    figure, axes = _canvas(1.8 + 0.9 * len(classes), 3.4)
    for place, (label, row) in enumerate(classes.items()):
        axes.bar(place, row["f1"], width=0.65, color=LIGHT, edgecolor=DARK, linewidth=1.0)
        interval = overall["ci"].get(f"f1:{label}")
        top = row["f1"]
        if interval:
            spread = [[max(0.0, row["f1"] - interval["low"])], [max(0.0, interval["high"] - row["f1"])]]
            axes.errorbar(place, row["f1"], yerr=spread, color="black", capsize=4, linewidth=1.2)
            top = max(top, interval["high"])
        axes.text(place, top + 0.02, f"{row['f1']:.2f}", ha="center", va="bottom", fontsize=9)
    names = [f"{_words(label, chr(10))}\nn = {row['support']}" for label, row in classes.items()]
    axes.set_xticks(range(len(classes)), names)
    axes.set_ylim(0, 1.12)
    axes.set_yticks(np.arange(0, 1.01, 0.2))
    axes.set_ylabel("F1")
    axes.grid(axis="y", color="0.85")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    interval_note = ", 95 % intervals" if overall["ci"] else ""
    axes.set_title(f"F1 per label{interval_note} (n = {overall['n']})", fontsize=10)
    return figure


@_in_fonts
def _reliability(bins: Bins) -> Figure:
    """Share of right answers by probability, against the diagonal; below, how many clips each bar stands on."""
    figure, axes = _canvas(4.4, 4.4)
    filled = bins.counts > 0
    width = np.diff(bins.edges)[filled]
    left = bins.edges[:-1][filled]
    axes.bar(left, bins.accuracy[filled], width, align="edge", color=LIGHT, edgecolor=DARK, label="right answers")
    axes.plot(
        bins.confidence[filled], bins.accuracy[filled], "o", color=DARK, markersize=5, label="at the mean probability"
    )
    axes.plot([0, 1], [0, 1], "--", color="black", linewidth=1.2, label="perfectly calibrated")
    for start, wide, height, count in zip(left, width, bins.accuracy[filled], bins.counts[filled], strict=True):
        inside = height > 0.12
        axes.text(
            start + wide / 2,
            0.02 if inside else height + 0.02,
            str(count),
            ha="center",
            va="bottom",
            fontsize=8,
            rotation=90,
        )
    gap = float(np.nansum(np.abs(bins.accuracy - bins.confidence) * bins.counts) / bins.counts.sum())
    axes.set_title(f"ECE {gap:.3f} ({len(bins.counts)} bins, n = {int(bins.counts.sum())})", fontsize=10)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(_words("Probability of the top label"))
    axes.set_ylabel(_words("Share of right answers"))
    axes.legend(loc="upper left", fontsize=8, frameon=True)
    return figure
