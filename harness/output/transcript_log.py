"""`transcription_log.txt`: what was said in every clip and when, rebuilt from the records. Pure."""

from __future__ import annotations

from harness.records.payloads import payload
from harness.records.types import Clip, Record, Segment, Transcript


def paragraph(clip: Clip, record: Record | None) -> str:
    """A line about a clip, then `[start -> end] text` for each segment, in seconds. `record` is of `transcribe`."""
    if record is None or record.outcome != "ok":
        reason = record.reason if record else "not processed"
        return f"{_line(clip.id)}\n({_line(reason)})\n"
    transcript = payload(record.data, Transcript)
    share = transcript.language_probability
    found = transcript.detected_language + ("" if share is None else f", {share:.2f}")
    head = f"{_line(clip.id)} | {transcript.language or 'no language'} (found: {found}) | {_line(transcript.source)}"
    lines = [_segment(segment) for segment in transcript.segments] or ["(no words)"]
    lines += [f"{_segment(sound)} (a sound)" for sound in transcript.sounds]
    return "\n".join([head, *lines, ""])


def _segment(segment: Segment) -> str:
    text = _line(segment.text)
    if segment.start is None or segment.end is None:
        return f"[no time] {text}"
    return f"[{segment.start:.2f} -> {segment.end:.2f}] {text}"


def _line(text: str) -> str:
    """On one line, so that nothing in a text can pass for another line of the log."""
    return " ".join(text.split())
