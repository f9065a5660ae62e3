"""`report`: the saved stories of a run as one self-contained HTML page.

The page needs no server and no network: style, script and data are inside it, the clips are referred to by relative
paths. Model text, names and transcripts reach the page only as escaped or packed JSON and are shown with
`textContent`; a content security policy forbids everything but the page's own style and script (by hash), embedded
images and the clips.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.claims.verdict import REASONS
from eval.errors import EvalError
from eval.reasoning.explanation import Checked, summary
from eval.report.argued import explained
from eval.report.clip import clip_payload, other_payload, slim
from eval.report.clip_figures import write_figures
from eval.report.head import ClaimRates, Timings, changes, headline, metrics
from eval.report.pack import CLIPS_PER_CHUNK, Packing
from eval.report.redact import redacted
from eval.report.thumbnails import thumbnails
from eval.report.words import all_words, colours
from eval.stories.read import (
    MALFORMED,
    Problem,
    Run,
    Story,
    malformed,
    read_stories,
    read_truth,
    run_space,
    story_folder,
)
from harness.records.atomic import atomic_file
from harness.records.names import LANGUAGES

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = (
    "report_text.js",
    "report_text_why.js",
    "report_base.js",
    "report_data.js",
    "report_argument.js",
    "report_timeline.js",
    "report_detail.js",
    "report_measured.js",
    "report_enhanced.js",
    "report_saliency.js",
    "report_claims.js",
    "report_compare.js",
    "report_overview.js",
    "report.js",
)
MANIFEST = "run_manifest.json"
MOST_FACTS = 120
MOST_TRACKS = 5000
"""Clips up to which the page carries the tracks of level and pitch."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    parser.add_argument("run", nargs="?", type=Path, default=Path("Test_Supplements"), help="default Test_Supplements")
    parser.add_argument("--labels", type=Path, help="csv with ID and Label: adds truth, metrics, wrong-only")
    parser.add_argument("--out", type=Path, help="default RUN/report.html")
    parser.add_argument("--compare", type=Path, metavar="RUN_B", help="another run of the same clips, side by side")
    parser.add_argument("--figures", action="store_true", help="also a picture per clip: figures/<clip>.png")
    parser.add_argument("--redact", action="store_true", help="leave out transcript, quotes and links to the files")
    parser.add_argument(
        "--embed-thumbnails", action="store_true", help="put small pictures of the clips at the evidence into the page"
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and print where it is."""
    if args.redact and (args.figures or args.embed_thumbnails):
        flag = "--figures" if args.figures else "--embed-thumbnails"
        raise EvalError(f"{flag} shows who speaks and what is said", f"leave out --redact or {flag}")
    folder = story_folder(args.run).parent
    if not Run(args.run).ids:
        raise EvalError(f"{folder}: no story of a clip in it", "name a run's folder, or run python run_submission.py")
    page = write_report(
        args.run, args.out or folder / "report.html", args.labels, args.compare, args.redact, args.embed_thumbnails
    )
    print(page)
    if args.figures:
        stories = read_stories(args.run).stories
        count = len(write_figures(stories, folder / "figures"))
        left = f", {len(stories) - count} malformed stories left out" if count < len(stories) else ""
        print(f"{folder / 'figures'}: {count} pictures{left}")
    return 0


def write_report(
    run: Path,
    out: Path,
    labels: Path | None = None,
    compare: Path | None = None,
    redact: bool = False,
    embed_thumbnails: bool = False,
) -> Path:
    """Write the page for a run folder.

    Args:
        run: the folder with `video_emotion_results/` and `run_manifest.json`; it may have no stories yet.
        out: the page; replaced atomically.
        labels: csv with the columns ID and Label.
        compare: another run's folder; the clips that both have are shown side by side.
        redact: leave out transcripts, quotes, pictures and links to files.
        embed_thumbnails: decode the clips and put small pictures of the moments of evidence into the page.

    Returns:
        `out`.

    Raises:
        EvalError: `run` or `compare` is no folder, or `labels` cannot be read or has none of the run's clips.
    """
    page = page_of(run, out, labels, compare, redact, embed_thumbnails)
    with atomic_file(out) as stream:
        for piece in render(page):
            stream.write(piece.encode("utf-8", errors="replace"))
    return out


@dataclass(frozen=True)
class Page:
    """All that a page shows: what stands in it plainly, as JSON values, and its packed clips."""

    name: str
    head: Mapping[str, Any]
    clips: Packing


def page_of(
    run: Path,
    out: Path,
    labels: Path | None = None,
    compare: Path | None = None,
    redact: bool = False,
    embed_thumbnails: bool = False,
    adapt: Callable[[dict[str, Any]], None] = lambda clip: None,
) -> Page:
    """The content of a page; arguments as of `write_report`. `adapt` may change what is shown of each clip.

    Stories are read one by one, twice: once for their order, once for what they hold. Those of a run to compare with
    are all in memory.
    """
    stories = Run(run)
    space = stories.space
    truth = read_truth(labels, space) if labels else None
    others = comparable(stories, compare)
    if truth and stories.ids and not any(clip in truth for clip in stories.ids):
        raise EvalError(
            f"{labels}: none of its {len(truth)} clips is in this run",
            f"IDs are file names with extension, such as {stories.ids[0]}",
        )
    folder = stories.folder.parent
    problems, packing, figures = list(stories.problems), Packing(), Figures()
    for story in stories:
        other = others.get(story.id)
        try:
            clip = clip_payload(story, out, truth) | {"other": None if other is None else other_payload(other)}
            if embed_thumbnails and not redact:
                clip["thumbnails"], fault = thumbnails(story, clip)
                problems += [Problem(story.id, fault)] if fault else []
            clip = slim(clip, tracks=len(stories.ids) <= MOST_TRACKS)
            clip = redacted(clip, story, other) if redact else clip
        except MALFORMED as odd:
            problems.append(malformed(story, odd))
            continue
        adapt(clip)
        packing.add(clip)
        figures.add(story, clip)
    names = run_names(folder, story_folder(compare).parent if compare else None)
    head = {
        "labels": list(space.labels),
        "label_space": space.name,
        "colours": colours(space),
        "problems": [{"file": problem.file, "message": problem.message} for problem in problems],
        "headline": None if truth is None else vars(headline(figures.predicted, truth, space)),
        "metrics": None if not truth else metrics(figures.predicted, truth, space),
        "explanation": summary(figures.checked) if figures.checked else None,
        "claims": figures.claims.figures(),
        "timings": figures.timings.figures(),
        "changes": figures.changes(others) if compare else None,
        "manifest": [] if redact else manifest_facts(folder / MANIFEST),
        "run": names[0],
        "compared": names[1],
        "redacted": redact,
        "reasons": dict(REASONS),
        "words": all_words(),
        "about": about(folder / MANIFEST),
        "columns": packing.columns,
        "chunk": CLIPS_PER_CHUNK,
    }
    return Page(names[0], head, packing)


class Figures:
    """The figures of a page, gathered clip by clip."""

    def __init__(self) -> None:
        self.predicted: dict[str, str] = {}
        self.claims, self.timings = ClaimRates(), Timings()
        self.checked: list[Checked] = []
        self._both: list[Mapping[str, Any]] = []

    def add(self, story: Story, clip: Mapping[str, Any]) -> None:
        """Count a story and what the page shows of it."""
        self.predicted[story.id] = story.label
        self.claims.add(clip)
        self.timings.add(story)
        if (one := explained(story)) is not None:
            self.checked.append(one)
        if clip.get("other"):
            self._both.append(clip)

    def changes(self, others: Collection[str]) -> dict[str, Any]:
        """What the other run, with these clips, changed."""
        gone = sum(clip not in self.predicted for clip in others)
        return changes(self._both, len(self.predicted) - len(self._both), gone)


def comparable(stories: Run, compare: Path | None) -> dict[str, Story]:
    """ID → story of the other run, empty without one. EvalError when the two runs have no clip in common."""
    if compare is None:
        return {}
    others = {story.id: story for story in read_stories(compare).stories}
    if not others.keys() & set(stories.ids):
        raise EvalError(f"{compare}: no clip of it is in this run", "compare two runs over the same clips")
    here, there = stories.space, run_space(list(others.values()))
    if here.labels != there.labels:
        raise EvalError(
            f"{compare}: its labels are of {there.name}, those of this run of {here.name}",
            "compare two runs with the same --label-space",
        )
    return others


def run_names(run: Path, compared: Path | None) -> tuple[str, str | None]:
    """What two runs are called: their folders' names, with as many folders above them as tell them apart."""
    first = run.resolve()
    if compared is None:
        return first.name, None
    second = compared.resolve()
    for depth in range(1, max(len(first.parts), len(second.parts)) + 1):
        names = "/".join(first.parts[-depth:]), "/".join(second.parts[-depth:])
        if names[0] != names[1]:
            return names
    return f"{first.name} (1)", f"{second.name} (2)"


def render(page: Page) -> Iterator[str]:
    """The page's HTML, piece by piece."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = "\n".join((TEMPLATES / part).read_text(encoding="utf-8") for part in SCRIPTS)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; media-src 'self' file:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"), undefined=StrictUndefined, autoescape=True
    )
    return environment.get_template("report.html").generate(
        title=f"{page.name} · chains of thought",
        policy=Markup(policy),
        style=Markup(style),
        script=Markup(script),
        data=Markup(script_json(page.head)),
        details=page.clips.details,
        texts=page.clips.texts,
    )


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"


def script_json(value: Any) -> str:
    """JSON that can stand inside a script element: no `<`, `>`, `&` or line separator survives unescaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def about(path: Path) -> dict[str, str]:
    """What a run's test data say of themselves, by language, as the manifest keeps it; empty without."""
    said = _manifest(path).get("about")
    return {name: str(said[name]) for name in LANGUAGES if said.get(name)} if isinstance(said, dict) else {}


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def manifest_facts(path: Path) -> list[list[str]]:
    """The manifest as (name, value) pairs, nested names joined with dots; empty without a readable manifest."""
    facts: list[list[str]] = []

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else str(key), inner)
        elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
            for index, inner in enumerate(value):
                walk(f"{prefix}[{index}]", inner)
        else:
            words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            facts.append([prefix, words])

    walk("", {name: value for name, value in _manifest(path).items() if name != "about"})
    return facts[:MOST_FACTS]
