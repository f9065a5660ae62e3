"""What is known of a clip, gathered from what was perceived."""

from __future__ import annotations

from harness.judging.evidence import gather
from harness.records.types import Segment, Transcript


def test_sounds_that_subtitles_describe_are_evidence_with_their_times() -> None:
    heard = Transcript((), "zh", None, None, "sidecar:a.srt", (Segment("掌声", 2.3, 3.0), Segment("♪", None, None)))
    found = gather(4.0, heard, None, None, None, {"text": "no words"})
    assert [(i.modality, i.kind, i.quote, i.start, i.end) for i in found.items] == [
        ("text", "described", "掌声", 2.3, 3.0),
        ("text", "described", "♪", None, None),
    ]
    assert found.opinions == {} and found.missing["text"] == "no words"
    assert found.sections["zh"]["text"].startswith("字幕注明的声音：掌声")
    assert "2.3" in found.sections["en"]["text"] and found.sections["en"]["text"].endswith("♪.")
