"""`report`: the saved stories of a run as one self-contained HTML page.

The page needs no server and no network: style, script and data are inside it, the clips are referred to by relative
paths. Model text, names and transcripts reach the page only as escaped JSON and are shown with `textContent`; a
content security policy forbids everything but the page's own style and script (by hash), images and the clips.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.claim_verdict import REASONS
from eval.clip_figures import write_figures
from eval.errors import EvalError
from eval.report_clip import claims_payload, other_payload, redacted, slim, timeline_payload
from eval.stories import Story, read_stories, read_truth, story_folder
from harness.labels import SENTIMENT5
from harness.store import write_atomic

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ("report_text.js", "report_detail.js", "report_claims.js", "report.js")
AUDIO_SUFFIXES = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac")
MANIFEST = "run_manifest.json"
MOST_FACTS = 120
MOST_TRACKS = 5000
"""Clips up to which the page carries the tracks of level and pitch."""


@dataclass(frozen=True)
class Headline:
    """Figures of a run with true labels; fractions, None where undefined.

    `labelled` true labels are scored; those without a story (`lost`) count as wrong. `war` is accuracy, `uar` the
    mean recall over the classes that the truth has.
    """

    labelled: int
    lost: int
    right: int
    war: float | None
    uar: float | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    parser.add_argument("run", nargs="?", type=Path, default=Path("Test_Supplements"), help="default Test_Supplements")
    parser.add_argument("--labels", type=Path, help="csv with ID and Label: adds truth, accuracy, UAR, wrong-only")
    parser.add_argument("--out", type=Path, help="default RUN/report.html")
    parser.add_argument("--compare", type=Path, metavar="RUN_B", help="another run of the same clips, side by side")
    parser.add_argument("--figures", action="store_true", help="also a picture per clip: figures/<clip>.png")
    parser.add_argument("--redact", action="store_true", help="leave out transcript, quotes and links to the files")


def run(args: argparse.Namespace) -> int:
    """Write the page and print where it is."""
    out = write_report(
        args.run, args.out or story_folder(args.run).parent / "report.html", args.labels, args.compare, args.redact
    )
    print(out)
    if args.figures:
        if args.redact:
            raise EvalError("--figures draws what was said", "leave out --redact or --figures")
        folder = story_folder(args.run).parent / "figures"
        count = len(write_figures(read_stories(args.run).stories, folder))
        print(f"{folder}: {count} pictures")
    return 0


def write_report(
    run: Path, out: Path, labels: Path | None = None, compare: Path | None = None, redact: bool = False
) -> Path:
    """Write the page for a run folder.

    Args:
        run: the folder with `video_emotion_results/` and `run_manifest.json`; it may have no stories yet.
        out: the page; replaced atomically.
        labels: csv with the columns ID and Label.
        compare: another run's folder; the clips that both have are shown side by side.
        redact: leave out transcripts, quotes and links to files.

    Returns:
        `out`.

    Raises:
        EvalError: `run` or `compare` is no folder, or `labels` cannot be read or has none of the run's clips.
    """
    payload = page_payload(run, out, labels, compare, redact)
    write_atomic(out, render(payload, payload["run"]).encode("utf-8", errors="replace"))
    return out


def page_payload(
    run: Path, out: Path, labels: Path | None = None, compare: Path | None = None, redact: bool = False
) -> dict[str, Any]:
    """All that the page shows, as plain JSON values; arguments as of `write_report`."""
    stories = read_stories(run)
    truth = read_truth(labels) if labels else None
    others = {story.id: story for story in read_stories(compare).stories} if compare else {}
    if truth and stories.stories and not any(story.id in truth for story in stories.stories):
        raise EvalError(
            f"{labels}: none of its {len(truth)} clips is in this run",
            f"IDs are file names with extension, such as {stories.stories[0].id}",
        )
    folder = story_folder(run).parent
    clips = []
    for story in stories.stories:
        clip = clip_payload(story, out, truth) | {"other": None}
        other = others.get(story.id)
        if other is not None:
            clip["other"] = other_payload(other)
        clip = slim(clip, tracks=len(stories.stories) <= MOST_TRACKS)
        clips.append(redacted(clip, story, other) if redact else clip)
    return {
        "labels": list(SENTIMENT5.labels),
        "clips": clips,
        "problems": [{"file": problem.file, "message": problem.message} for problem in stories.problems],
        "headline": None if truth is None else vars(headline(stories.stories, truth)),
        "manifest": [] if redact else manifest_facts(folder / MANIFEST),
        "run": folder.resolve().name,
        "compared": story_folder(compare).parent.resolve().name if compare else None,
        "redacted": redact,
        "reasons": dict(REASONS),
    }


def render(payload: Mapping[str, Any], name: str) -> str:
    """The page's HTML for a payload of plain JSON values."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = "\n".join((TEMPLATES / part).read_text(encoding="utf-8") for part in SCRIPTS)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; media-src 'self' file:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"), undefined=StrictUndefined, autoescape=True
    )
    return environment.get_template("report.html").render(
        title=f"{name} · chains of thought",
        policy=Markup(policy),
        style=Markup(style),
        script=Markup(script),
        data=Markup(script_json(payload)),
    )


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"


def script_json(value: Any) -> str:
    """JSON that can stand inside a script element: no `<`, `>`, `&` or line separator survives unescaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def clip_payload(story: Story, out: Path, truth: Mapping[str, str] | None) -> dict[str, Any]:
    """What the page shows of one story."""
    return {
        "id": story.id,
        "file": quote(os.fsencode(_seen_from(out, str(story.path)))),
        "story": story.path.name,
        "media": media_link(story, out),
        "language": story.language,
        "seconds": (story.part("media") or {}).get("seconds"),
        "truth": None if truth is None else truth.get(story.id),
        "parse": story.parse_state,
        "prediction": story.part("prediction"),
        "answer": story.part("answer"),
        "reasoning": _shown_reasoning(story),
        "transcript": story.part("transcript"),
        "attribution": story.part("attribution"),
        "evidence": story.part("evidence"),
        "stages": story.part("stages"),
        "claims": claims_payload(story),
        "timeline": timeline_payload(story),
    }


def _shown_reasoning(story: Story) -> dict[str, Any] | None:
    """The reasoning without its prompt, which would double the page; the story file has it."""
    reasoning = story.part("reasoning")
    return None if reasoning is None else {name: value for name, value in reasoning.items() if name != "messages"}


def media_link(story: Story, out: Path) -> dict[str, str] | None:
    """Relative address of the clip as seen from the page, and which player it needs."""
    path = story.clip.get("path")
    if not isinstance(path, str) or not path:
        return None
    # A story names its clip as seen from the run's folder, so that the whole run can be moved.
    relative = _seen_from(out, os.path.join(story.path.parent.parent, path))
    kind = "audio" if path.lower().endswith(AUDIO_SUFFIXES) else "video"
    return {"src": quote(os.fsencode(relative)), "kind": kind, "shown": relative}


def _seen_from(out: Path, path: str) -> str:
    """A path relative to the page's folder; names only, so that a browser's reading of `..` agrees with it."""
    return os.path.relpath(os.path.abspath(path), os.path.dirname(os.path.abspath(out))).replace(os.sep, "/")


def headline(stories: Sequence[Story], truth: Mapping[str, str]) -> Headline:
    """Accuracy (= WAR) and UAR of the stories' predictions over all true labels."""
    predicted = {story.id: story.label for story in stories}
    right: dict[str, int] = {}
    total: dict[str, int] = {}
    for clip, label in truth.items():
        total[label] = total.get(label, 0) + 1
        right[label] = right.get(label, 0) + (predicted.get(clip) == label)
    count = len(truth)
    return Headline(
        labelled=count,
        lost=sum(clip not in predicted for clip in truth),
        right=sum(right.values()),
        war=sum(right.values()) / count if count else None,
        uar=sum(right[label] / total[label] for label in total) / len(total) if total else None,
    )


def manifest_facts(path: Path) -> list[list[str]]:
    """The manifest as (name, value) pairs, nested names joined with dots; empty without a readable manifest."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return []
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

    walk("", manifest)
    return facts[:MOST_FACTS]
