from __future__ import annotations

from dataclasses import asdict

from harness.output.transcript_log import paragraph
from harness.records.types import Clip, Record, Segment, Transcript


def clip(name: str) -> Clip:
    return Clip(name, f"/clips/{name}", "0" * 64, 1)


def record(name: str, transcript: Transcript | None, reason: str = "") -> dict[str, Record]:
    outcome = "ok" if transcript else "error"
    data = asdict(transcript) if transcript else None
    return {"transcribe": Record("transcribe", name, "p", "f", outcome, data, reason)}  # type: ignore[arg-type]


def test_every_clip_has_its_paragraph_with_times() -> None:
    spoken = Transcript(
        (Segment("你好，\n[9.00 -> 9.50] 假的", 0.0, 1.236), Segment("later", 61.5, 62.0), Segment("untimed")),
        "zh",
        "yue",
        0.873,
        "whisper:turbo",
        (Segment("掌声", 2.0, 3.0),),
    )
    silent = Transcript((), None, "und", None, "whisper:turbo: no speech found")
    records = {
        "a.mp4": record("a.mp4", spoken),
        "b.mp4": record("b.mp4", silent),
        "c.mp4": record("c.mp4", None, "bad"),
    }
    text = "\n".join(
        paragraph(clip(name), records.get(name, {}).get("transcribe")) for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4")
    )
    assert text.splitlines() == [
        "a.mp4 | zh (found: yue, 0.87) | whisper:turbo",
        "[0.00 -> 1.24] 你好， [9.00 -> 9.50] 假的",
        "[61.50 -> 62.00] later",
        "[no time] untimed",
        "[2.00 -> 3.00] 掌声 (a sound)",
        "",
        "b.mp4 | no language (found: und) | whisper:turbo: no speech found",
        "(no words)",
        "",
        "c.mp4",
        "(bad)",
        "",
        "d.mp4",
        "(not processed)",
    ]
