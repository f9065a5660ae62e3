"""What the report's page is told of one clip besides its story: checked claims, the tracks in time, the other run.

Also the redaction: a page for eyes that may see the judgements but not what was said or who said it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval.chain import QUOTE, transcript_of
from eval.claim_facts import facts_of, record_data
from eval.claims import check_text, claim_json, share_of_text
from eval.stories import Story

MOST_POINTS = 120
"""Points of a track that the page draws: more than its lane has pixels would only make the file larger."""
LEAST_MASKED = 2
_MASK = "▇"


def shown_think(story: Story) -> str:
    """The chain of thought as the page shows it."""
    think = story.text("answer", "think").strip()
    return think or ("" if story.answer else story.text("reasoning", "text"))


def claims_payload(story: Story) -> dict[str, Any] | None:
    """The checked claims of the shown text, with offsets in code points; None without a text."""
    think = shown_think(story)
    if story.part("reasoning") is None or not think:
        return None
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
    for part, unused in (("prediction", ("sources", "weights")), ("attribution", ("subsets",))):
        if clip.get(part):
            clip[part] = {name: value for name, value in clip[part].items() if name not in unused}
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
            {"modality": m, "kind": e.kind, "start": e.start, "end": e.end, "value": e.value, "unit": e.unit}
            for m in ("audio", "video")
            for e in facts.events.get(m, ())
        ],
    }


def _middle(values: Sequence[float | None]) -> int | None:
    known = sorted(value for value in values if value is not None)
    return round(known[len(known) // 2]) if known else None


def other_payload(story: Story) -> dict[str, Any]:
    """What the page shows of the same clip in the run that is compared with."""
    return {
        "prediction": story.part("prediction"),
        "answer": story.answer,
        "think": shown_think(story),
        "claims": claims_payload(story),
    }


def redacted(clip: Mapping[str, Any], story: Story, other: Story | None) -> dict[str, Any]:
    """A clip's payload without transcript, quotes, words that were weighed, and links to files.

    In the chain of thought, quoted words and the transcript's own lines are blacked out letter by letter, so that the
    claims keep their places. A paraphrase in the model's own words stays.
    """
    clean = copy.deepcopy(dict(clip))
    clean |= {"transcript": None, "media": None, "file": None, "story": None}
    evidence = clean.get("evidence")
    if isinstance(evidence, dict):
        kept = [item for item in evidence.get("items") or () if item.get("modality") != "text"]
        evidence["items"] = [{k: v for k, v in item.items() if k != "quote"} for item in kept]
        evidence["sections"] = {
            language: {m: text for m, text in paragraphs.items() if m != "text"}
            for language, paragraphs in (evidence.get("sections") or {}).items()
            if isinstance(paragraphs, dict)
        }
        for opinion in (evidence.get("opinions") or {}).values():
            opinion.pop("reasons", None)
    said = _lines(story) + (_lines(other) if other else [])
    for part, names in (("answer", ("think", "answer_text", "problem")), ("reasoning", ("text",))):
        if isinstance(clean.get(part), dict):
            clean[part] |= {n: _blacked(clean[part][n], said) for n in names if isinstance(clean[part].get(n), str)}
    if isinstance(clean.get("other"), dict):
        clean["other"]["think"] = _blacked(clean["other"]["think"], said)
    return clean


def _lines(story: Story) -> list[str]:
    segments = (story.part("transcript") or {}).get("segments")
    texts = (
        [str(line.get("text", "")) for line in segments if isinstance(line, dict)] if isinstance(segments, list) else []
    )
    parts = [part for text in [*texts, transcript_of(story)] for part in re.split(r"[,.!?;，。！？；、\n]", text)]
    return sorted({p.strip() for p in [*parts, *texts] if len(p.strip()) >= LEAST_MASKED}, key=len, reverse=True)


def _blacked(text: str, said: Sequence[str]) -> str:
    def black(words: str) -> str:
        # Blanks too: the lengths of words tell more than they seem to.
        return _MASK * len(words)

    text = QUOTE.sub(lambda m: m.group()[0] + black(m.group()[1:-1]) + m.group()[-1], text)
    for line in said:
        text = text.replace(line, black(line))
    return text
