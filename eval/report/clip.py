"""What the report's page is told of one clip: its story's parts, checked claims, tracks in time, the other run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eval.claims.claims import check_text, claim_json, share_of_text
from eval.claims.contribution_claims import claimed_by
from eval.claims.facts import facts_of, record_data
from eval.report.argued import argument_of, explained, is_map, why_not
from eval.report.judgement import judgement
from eval.report.saliency import saliency_payload
from eval.report.word_effects import with_effects
from eval.stories.form import think_of
from eval.stories.read import Story
from harness.inputs.kinds import AUDIO_SUFFIXES
from harness.records.body import KINDS as BODY
from harness.records.brief import KINDS as BRIEF

MOST_POINTS = 120
"""Points of a track that the page draws: more than its lane has pixels would only make the file larger."""
_ANSWER = re.compile(r"<\s*answer\s*>(.*?)(?:<\s*/\s*answer\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_BESIDE = ("messages", "others", "told", "argument")
MOST_ANSWER = 80
"""Characters of a sample's own answer that the page shows."""


def shown_think(story: Story) -> str:
    """The chain of thought as the page shows it."""
    think = story.text("answer", "think").strip()
    return think or ("" if story.answer else story.text("reasoning", "text"))


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
        "answer": _without(story.part("answer"), ("think",)),
        "think": shown_think(story),
        "reasoning": _shown_reasoning(story),
        "told": told_payload(story),
        "judgement": judgement(story),
        "argument": dict(argument_of(story)) or None,
        "why_not": why_not(story),
        "checks": checks_payload(story),
        "samples": samples_payload(story),
        "transcript": with_effects(story),
        "attribution": story.part("attribution"),
        "reask": story.part("reask"),
        "claimed": claimed_payload(story),
        "evidence": story.part("evidence"),
        "emotions": story.part("emotions"),
        "stages": story.part("stages"),
        "claims": claims_payload(story),
        "timeline": timeline_payload(story),
        "enhanced": record_data(story, "enhance"),
        "saliency": saliency_payload(story),
    }


def _shown_reasoning(story: Story) -> dict[str, Any] | None:
    """The reasoning without its prompt and what the page is given beside it; the story file has the prompt."""
    reasoning = story.part("reasoning")
    if reasoning is None:
        return None
    return {name: value for name, value in reasoning.items() if name not in _BESIDE}


def told_payload(story: Story) -> dict[str, dict[str, Any]]:
    """The text in the languages that it was not submitted in, each with its own claims."""
    told = (story.part("reasoning") or {}).get("told")
    texts = {name: text for name, text in (told.items() if is_map(told) else ()) if isinstance(text, str) and text}
    return {name: {"think": text, "claims": _claims(story, text)} for name, text in texts.items()}


def checks_payload(story: Story) -> dict[str, str] | None:
    """Check of the explanation → why it fails, empty where it holds; None where nothing can be checked."""
    checked = explained(story)
    return None if checked is None else dict(checked.results)


def samples_payload(story: Story) -> list[dict[str, str]]:
    """Every sample of a reasoner that was asked several times: answer as written, text, finish; else nothing."""
    reasoning = story.part("reasoning") or {}
    others = reasoning.get("others")
    if not isinstance(others, list) or not others:
        return []
    samples = []
    for reply in (reasoning, *others):
        if isinstance(reply, Mapping):
            text = str(reply.get("text") or "")
            answers = _ANSWER.findall(text)
            answer = answers[-1].strip()[:MOST_ANSWER] if answers else ""
            samples.append({"answer": answer, "text": text, "finish_reason": str(reply.get("finish_reason") or "")})
    return samples


def claimed_payload(story: Story) -> dict[str, Any] | None:
    """What the text says of the modalities' weight: a claim, to stand beside the measured ones; None without any."""
    claimed = claimed_by(think_of(story.text("reasoning", "text")))
    return asdict(claimed) if claimed.main or claimed.percent else None


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


def claims_payload(story: Story) -> dict[str, Any] | None:
    """The checked claims of the shown text, with offsets in code points; None without a text."""
    think = shown_think(story)
    if story.part("reasoning") is None or not think:
        return None
    return _claims(story, think)


def _claims(story: Story, think: str) -> dict[str, Any]:
    facts = facts_of(story)
    checked = check_text(think, facts)
    kept = ("kind", "modality", "start", "end", "negated", "seconds", "verdict", "reason")
    shown = []
    for one in checked:
        whole = claim_json(one, facts.seconds) | {"note": one.note}
        claim = {name: whole[name] for name in (*kept, "note") if whole[name] not in (False, None, "")}
        # The page shows three events of a claim at most.
        shown.append(claim | ({"evidence": whole["evidence"][:3]} if whole["evidence"] else {}))
    return {"share": share_of_text(think, checked), "checked": shown}


def slim(clip: dict[str, Any], tracks: bool) -> dict[str, Any]:
    """A clip's payload without what the page never shows; the story file has all of it. Without `tracks`, none."""
    for part in ("prediction", "attribution", "reask"):
        clip[part] = _without(clip.get(part), ("sources", "weights", "subsets"))
    stages = clip.get("stages") or {}
    clip["stages"] = {
        name: {key: value for key, value in stage.items() if key != "fingerprint"} if isinstance(stage, dict) else stage
        for name, stage in stages.items()
    }
    evidence, timeline = clip.get("evidence"), clip.get("timeline")
    if isinstance(evidence, dict):
        items = evidence.get("items")
        kept = [i for i in (items if isinstance(items, list) else []) if _timed_item(i, timeline is not None)]
        opinions = evidence.get("opinions")
        clip["evidence"] = {
            "sections": evidence.get("sections"),
            "missing": evidence.get("missing"),
            "items": [{name: value for name, value in item.items() if value not in (None, "")} for item in kept],
            "opinions": {
                name: {key: value for key, value in opinion.items() if key in ("labels", "probabilities")}
                for name, opinion in (opinions if isinstance(opinions, dict) else {}).items()
                if isinstance(opinion, dict)
            },
        }
    if timeline is not None and not tracks:
        clip["timeline"] = timeline | {"level": [], "pitch": []}
    return clip


def _timed_item(item: Any, complete: bool) -> bool:
    """Whether the page's timeline draws an item: it has a time, and is not in the complete list of events anyway."""
    return isinstance(item, dict) and item.get("start") is not None and (not complete or item.get("modality") == "text")


def timeline_payload(story: Story) -> dict[str, Any] | None:
    """Speech, level, pitch and all events from the run's records; None where there are none."""
    speech, face = record_data(story, "speech"), record_data(story, "face")
    if speech is None and face is None:
        return None
    facts = facts_of(story)
    track = (speech or {}).get("track") or {}
    level, pitch = track.get("level_db") or [], track.get("f0_hz") or []
    every = max(1, -(-len(level) // MOST_POINTS))
    return {
        "speech": [list(span) for span in facts.speech or ()],
        "step": round(float(track.get("step") or 0.0) * every, 4),
        # Of a stretch the loudest level and the middle pitch: a peak must not fall between two points.
        "level": [round(max(level[i : i + every])) for i in range(0, len(level), every)],
        "pitch": [_middle(pitch[i : i + every]) for i in range(0, len(pitch), every)],
        "events": [
            {
                "modality": "body" if e.kind in BODY else "brief" if e.kind in BRIEF else m,
                "kind": e.kind,
                "start": e.start,
                "end": e.end,
                "value": e.value,
                "unit": e.unit,
            }
            for m in ("audio", "video")
            for e in facts.events.get(m, ())
        ],
    }


def _middle(values: Sequence[float | None]) -> int | None:
    known = sorted(value for value in values if value is not None)
    return round(known[len(known) // 2]) if known else None


def other_payload(story: Story) -> dict[str, Any]:
    """What the page shows of the same clip in the run that is compared with."""
    attribution = story.part("attribution") or {}
    return {
        "prediction": _without(story.part("prediction"), ("sources", "weights")),
        "answer": story.answer,
        "parse": story.parse_state,
        "think": shown_think(story),
        "claims": claims_payload(story),
        "values": attribution.get("values"),
        "judgement": judgement(story),
        "argument": dict(argument_of(story)) or None,
        "told": told_payload(story),
    }


def _without(part: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any] | None:
    return None if part is None else {name: value for name, value in part.items() if name not in names}
