"""Pictures of single clips for a submission: `figures/<clip>.png` with timeline, probabilities and contributions.

Everything drawn is a number of the clip's story and records; a part without numbers says so. Chinese is drawn in a
Chinese font where one is installed, else kinds and labels stay English and the transcript is not drawn.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.claims.facts import Event, facts_of
from eval.reasoning.contributions import values_of
from eval.report.clip import timeline_payload
from eval.report.words import COLOURS, colours, label_words
from eval.scoring.fonts import fonts
from eval.stories.read import MALFORMED, Story
from harness.records.atomic import write_atomic
from harness.records.names import in_order
from harness.records.store import file_stem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURED = {"attribution": "fused decision", "reask": "model's answer, asked again"}
MODALITIES = {"text": ("words", "#7a5195"), "audio": ("voice", "#d1637a"), "video": ("face", "#2a9d8f")}
INCHES = (9.0, 5.4)
DPI = 130
GREY = "#5c6773"
NAME_ROWS = 3
NAME_WIDTH = 0.0085
"""Width of a letter of an event's name, and `LINE_UNITS` letters of a transcript to the width, as drawn at `INCHES`."""
LINE_UNITS = 95


def write_figures(stories: Iterable[Story], folder: Path) -> list[Path]:
    """Write one picture per story into `folder` and return their paths; a malformed story has none."""
    families = fonts()
    written = []
    for story in stories:
        path = folder / (file_stem(story.id) + ".png")
        try:
            picture = clip_figure(story, families)
        except MALFORMED:
            continue
        write_atomic(path, picture)
        written.append(path)
    return written


def clip_figure(story: Story, families: list[str]) -> bytes:
    """The picture of one clip as PNG."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    chinese = len(families) > 1
    with mpl.rc_context({"font.family": families, "font.size": 9, "axes.edgecolor": "#dfe3e8", "axes.titlesize": 10}):
        figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(2, 2, height_ratios=(1.35, 1))
        # A dollar sign in a name would begin a formula.
        title = story.id if chinese or story.id.isascii() else story.path.stem.encode("ascii", "replace").decode()
        label = label_words(story.label, "en") if story.label else "no label"
        figure.suptitle(f"{title}   {story.label} {label}".rstrip(), x=0.02, ha="left", weight="bold", parse_math=False)
        _timeline(figure.add_subplot(grid[0, :]), story, chinese)
        _probabilities(figure.add_subplot(grid[1, 0]), story)
        _contributions(figure.add_subplot(grid[1, 1]), story)
        stream = io.BytesIO()
        # Without a date in it the same story gives the same bytes.
        figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _timeline(axes: Axes, story: Story, chinese: bool) -> None:
    facts = facts_of(story)
    tracks = timeline_payload(story) or {}
    lanes = {"audio": 1.0, "video": 0.0}
    ends = [event.end for events in facts.events.values() for event in events]
    length = max([facts.seconds, *ends, 0.1])
    for start, end in tracks.get("speech", ()):
        axes.axvspan(start, end, color=MODALITIES["audio"][1], alpha=0.08, lw=0)
    for modality, events in facts.events.items():
        for event, place in named_places(events, length):
            _event(axes, event, lanes[modality], MODALITIES[modality][1], length, place)
    level = tracks.get("level") or []
    if len(level) > 1:
        low, high = min(level), max(level)
        height = [2.0 + 0.7 * (value - low) / max(high - low, 1) for value in level]
        times = [index * tracks["step"] for index in range(len(level))]
        axes.fill_between(times, 2.0, height, color=MODALITIES["audio"][1], alpha=0.4, lw=0)
    names = ["face", "voice"] + (["level"] if len(level) > 1 else [])
    lines = (story.part("transcript") or {}).get("segments")
    timed = [line for line in (lines if isinstance(lines, list) else ()) if _starts(line)]
    for line, after in zip(timed, [*(float(line["start"]) for line in timed[1:]), length], strict=False):
        _line(axes, line, len(names), chinese, (after - float(line["start"])) / length)
    axes.set_yticks([lane + 0.35 for lane in range(len(names))] + [len(names) + 0.4], [*names, "words"])
    axes.set(xlim=(0, length), ylim=(-0.1, len(names) + 0.9), xlabel="seconds")
    axes.set_title("What was measured, in time", loc="left", color=GREY)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)


def named_places(events: Iterable[Event], length: float) -> list[tuple[Event, tuple[float, int] | None]]:
    """Events in order of time with (seconds, row) of their names; None where all `NAME_ROWS` rows are taken.

    A name begins at its event, or where it must to end within `length` seconds; no two names of a row overlap.
    """
    free = [0.0] * NAME_ROWS
    placed: list[tuple[Event, tuple[float, int] | None]] = []
    for event in sorted(events, key=lambda event: event.start):
        width = NAME_WIDTH * length * len(event.kind)
        left = max(0.0, min(event.start, length - width))
        row = next((row for row, until in enumerate(free) if left >= until), None)
        placed.append((event, None if row is None else (left, row)))
        if row is not None:
            free[row] = left + width
    return placed


def _event(axes: Axes, event: Event, lane: float, colour: str, length: float, place: tuple[float, int] | None) -> None:
    width = max(event.end - event.start, 0.004 * length)
    axes.broken_barh([(event.start, width)], (lane, 0.26), color=colour, alpha=0.8)
    if place is not None:
        name, height = event.kind.replace("_", " "), lane + 0.32 + 0.2 * place[1]
        axes.text(place[0], height, name, fontsize=6.5, color=GREY, clip_on=True, parse_math=False)


def _starts(line: Any) -> bool:
    return isinstance(line, Mapping) and isinstance(line.get("start"), int | float)


def _line(axes: Axes, line: Mapping[str, Any], lane: int, chinese: bool, room: float) -> None:
    """A line of the transcript, cut to the share of the width that it has until the next line begins."""
    text = str(line.get("text", ""))
    if text.isascii() or chinese:
        shown = fitted(text, LINE_UNITS * room)
        axes.text(float(line["start"]), lane + 0.3, shown, fontsize=8, color=MODALITIES["text"][1], parse_math=False)


def fitted(text: str, units: float) -> str:
    """The beginning of a text that is no wider than `units` Latin letters; a Chinese character is as wide as two."""
    used = 0
    for index, character in enumerate(text):
        used += 1 if character.isascii() else 2
        if used > units:
            return text[: max(index - 1, 0)] + "…" if units >= 2 else ""
    return text


def _probabilities(axes: Axes, story: Story) -> None:
    values = (story.part("prediction") or {}).get("probabilities")
    labels = list(story.space.labels)
    axes.set_title("Probabilities", loc="left", color=GREY)
    if not isinstance(values, list) or len(values) != len(labels):
        return _nothing(axes, "nothing could be fused")
    bars = axes.barh(
        labels,
        values,
        color=[COLOURS.get(label, colour) for label, colour in zip(labels, colours(story.space), strict=True)],
        height=0.65,
    )
    axes.bar_label(bars, [f"{value:.0%}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(labels)), [label_words(label, "en") for label in labels])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.12), xticks=[])
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _contributions(axes: Axes, story: Story) -> None:
    parts = {name: values_of(story, name) for name in ("attribution", "reask")}
    measured = {name: values for name, values in parts.items() if values}
    label = story.text("attribution", "label") or story.text("reask", "label")
    axes.set_title(
        f"Contribution to P({label_words(label, 'en')})" if label else "Contribution", loc="left", color=GREY
    )
    if not measured:
        return _nothing(axes, "not measured")
    names = in_order({name for values in measured.values() for name in values})
    height = 0.55 / len(measured)
    for row, (part, values) in enumerate(measured.items()):
        heard = [name for name in names if name in values]
        places = [names.index(name) + (row - (len(measured) - 1) / 2) * height for name in heard]
        sizes, colours = [values[name] for name in heard], [MODALITIES.get(name, (name, GREY))[1] for name in heard]
        # Hatched: the model's own answer with modalities withheld; plain: the fused decision.
        style: dict[str, Any] = {"hatch": "///", "alpha": 0.55} if part == "reask" else {}
        bars = axes.barh(places, sizes, color=colours, height=0.9 * height, label=MEASURED[part], **style)
        axes.bar_label(bars, [f"{size:+.3f}" for size in sizes], padding=3, fontsize=8)
    if len(measured) > 1:
        axes.legend(fontsize=6.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2)
    axes.set_yticks(range(len(names)), [MODALITIES.get(name, (name, GREY))[0] for name in names])
    sizes = [value for values in measured.values() for value in values.values()]
    reach = 1.35 * max(max(map(abs, sizes)), 1e-6)
    axes.axvline(0, color=GREY, lw=0.8)
    axes.invert_yaxis()
    axes.set(xlim=(-reach if min(sizes) < 0 else 0, reach), xticks=[])
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)


def _nothing(axes: Axes, why: str) -> None:
    axes.text(0.5, 0.5, why, ha="center", va="center", color=GREY, transform=axes.transAxes)
    axes.set(xticks=[], yticks=[])
