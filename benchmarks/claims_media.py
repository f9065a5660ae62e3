"""Counterfactuals of the media themselves: clips are changed in a known way and measured anew.

    python benchmarks/claims_media.py CLIPS --out FOLDER

Each clip is written again as it is (control) and changed: a second of sound muted, 6 dB softer, 4 semitones higher, its
picture frozen, mirrored. The run's own stages measure all of them. Every clear event of the control gives a sentence in
both languages that is true of the control; what must become of its verdict follows from the change alone. A change of
the media that moves a verdict which had to stay is a fault of the measurement, of the checker, or of both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from eval.claims.card import CLEAR, LEAST_OF, verdict_of  # noqa: E402
from eval.claims.check import MARKED  # noqa: E402
from eval.claims.facts import Event, Facts, facts_of  # noqa: E402
from eval.claims.templates import SENTENCES, finished, sentence  # noqa: E402
from eval.metrics.stats import wilson  # noqa: E402
from eval.stories.read import read_stories  # noqa: E402
from harness.records.atomic import write_atomic  # noqa: E402

RATE = 48_000
MUTED = 1.0
SOFTER_DB, SEMITONES = -6.0, 4.0
CONTROL = "as it is"
Sound = np.ndarray[Any, np.dtype[np.float32]]
Pictures = list[tuple[Fraction, Any]]


@dataclass(frozen=True)
class Pair:
    """A sentence on the control and on the changed clip; `gone` whether what it names must be gone."""

    clip: str
    change: str
    language: str
    sentence: str
    gone: bool
    before: str
    after: str


def read_clip(path: Path) -> tuple[Pictures, Sound]:
    """(presentation time, picture) of every frame, and mono sound at `RATE`."""
    with av.open(str(path)) as container:
        pictures: Pictures = [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]
    with av.open(str(path)) as container:
        mono = av.AudioResampler("fltp", "mono", RATE)
        parts = [out.to_ndarray()[0] for frame in container.decode(audio=0) for out in mono.resample(frame)]
        parts += [out.to_ndarray()[0] for out in mono.resample(None)]
    return pictures, np.concatenate(parts).astype(np.float32)


def write_clip(path: Path, pictures: Pictures, sound: Sound) -> None:
    """As H.264 of high quality and lossless sound."""
    with av.open(str(path), "w", format="matroska") as container:
        video = container.add_stream("libx264", rate=Fraction(25), options={"crf": "12", "preset": "veryfast"})
        height, width = pictures[0][1].shape[:2]
        video.width, video.height, video.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
        video.codec_context.time_base = video.time_base = Fraction(1, 90_000)
        track = container.add_stream("flac", rate=RATE, layout="mono")
        for time, picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[: video.height, : video.width]), "rgb24")
            frame.pts, frame.time_base = round(time * 90_000), Fraction(1, 90_000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        samples = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
        for start in range(0, len(samples), 4096):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 4096], "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def higher(sound: Sound) -> Sound:
    """The same length, every frequency times 2^(4/12): FFmpeg's asetrate, aresample and atempo."""
    ratio = 2 ** (SEMITONES / 12)
    graph = av.filter.Graph()
    chain = [
        graph.add_abuffer(format="fltp", sample_rate=RATE, layout="mono", time_base=Fraction(1, RATE)),
        graph.add("asetrate", str(round(RATE * ratio))),
        graph.add("aresample", str(RATE)),
        graph.add("atempo", f"{1 / ratio:.6f}"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*chain).configure()
    frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray()[0])
        except (av.FFmpegError, EOFError):
            break
    found = np.concatenate(parts)[: len(sound)]
    return np.pad(found, (0, len(sound) - len(found))).astype(np.float32)


def muted(sound: Sound, middle: float) -> Sound:
    """Digital silence for `MUTED` seconds around `middle`."""
    found = sound.copy()
    found[max(0, round((middle - MUTED / 2) * RATE)) : round((middle + MUTED / 2) * RATE)] = 0
    return found


def changes(middle: float | None) -> Mapping[str, Callable[[Pictures, Sound], tuple[Pictures, Sound]]]:
    """Name → what is done; a second is muted around `middle` where there is an event to mute."""
    made: dict[str, Callable[[Pictures, Sound], tuple[Pictures, Sound]]] = {
        "softer": lambda pictures, sound: (pictures, sound * np.float32(10 ** (SOFTER_DB / 20))),
        "higher pitch": lambda pictures, sound: (pictures, higher(sound)),
        "frozen": lambda pictures, sound: ([(time, pictures[len(pictures) // 2][1]) for time, _ in pictures], sound),
        "mirrored": lambda pictures, sound: ([(time, picture[:, ::-1]) for time, picture in pictures], sound),
    }
    if middle is not None:
        made["muted"] = lambda pictures, sound: (pictures, muted(sound, middle))
    return made


def measured(clips: Path, out: Path) -> dict[str, Facts]:
    """Clip → facts, by a run over the folder."""
    words = [sys.executable, str(ROOT / "run_submission.py"), "--test-data", str(clips), "--results", str(out / "r")]
    words += ["--supplements", str(out / "s"), "--set", "transcribe.provider=written", "max_errors=1.0"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return {Path(story.id).stem: facts_of(story) for story in read_stories(out / "s").stories}


def clear(facts: Facts) -> Iterator[tuple[str, Event]]:
    """(modality, event) of every event that nobody would deny, and that can be told in a sentence."""
    for modality, events in facts.events.items():
        for event in events:
            if event.kind in SENTENCES["en"] and abs(event.value or 0.0) >= MARKED * LEAST_OF.get(event.kind, 0.0):
                yield modality, event


def must_go(change: str, modality: str, event: Event, middle: float | None) -> bool | None:
    """Whether the event is gone after the change; None where that cannot be said before measuring."""
    if change == "frozen":
        return modality == "video"
    if change == "muted" and modality == "audio" and middle is not None:
        first, last = middle - MUTED / 2, middle + MUTED / 2
        if event.start >= first and event.end <= last:
            return event.kind != "pause"
        # What stands beside the hole, or rests on the level of the whole, may move.
        return False if event.end < first - CLEAR or event.start > last + CLEAR else None
    return False


def loudest(facts: Facts) -> float | None:
    """The middle of the clearest audio event that is short enough to be muted whole."""
    found = [e for m, e in clear(facts) if m == "audio" and e.kind != "pause" and e.end - e.start <= MUTED]
    if not found:
        return None
    best = max(found, key=lambda e: abs(e.value or 0.0) / LEAST_OF.get(e.kind, 1.0))
    return (best.start + best.end) / 2


def pairs(control: Mapping[str, Facts], after: Mapping[str, Mapping[str, Facts]]) -> Iterator[Pair]:
    """Every sentence that the control bears out, with its verdict after each change; change → clip → facts."""
    for change, clips in after.items():
        for clip, facts in clips.items():
            middle = loudest(control[clip])
            for modality, event in clear(control[clip]):
                gone = must_go(change, modality, event, middle)
                if gone is None:
                    continue
                for language in SENTENCES:
                    span = (round(event.start, 1), round(event.end, 1))
                    text = finished(language, sentence(language, event.kind, span))
                    before = verdict_of(text, control[clip])
                    if before == "supported":
                        yield Pair(clip, change, language, text, gone, before, verdict_of(text, facts))


def figures(found: list[Pair]) -> dict[str, Any]:
    """Shares with intervals: verdicts that had to fall and did, and those that had to stay and did."""

    def share(right: int, n: int) -> dict[str, Any]:
        bounds = wilson(right, n)
        return {"share": right / n if n else None, "low": bounds.low, "high": bounds.high, "n": n}

    fallen, kept = [p for p in found if p.gone], [p for p in found if not p.gone]
    contradicted = [p for p in found if p.after == "contradicted"]
    return {
        "n": len(found),
        "no longer supported, as it must": share(sum(p.after != "supported" for p in fallen), len(fallen)),
        "still supported, as it must": share(sum(p.after == "supported" for p in kept), len(kept)),
        "not contradicted, though true": share(sum(p.after != "contradicted" for p in kept), len(kept)),
        "contradicted and false": share(sum(p.gone for p in contradicted), len(contradicted)),
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, help="a folder of clips with speech and a face")
    parser.add_argument("--out", type=Path, required=True, help="changed clips, their runs and pairs.json go here")
    args = parser.parse_args()
    originals = [path for path in sorted(args.clips.iterdir()) if path.suffix in (".mp4", ".mkv", ".mov")]
    folder = args.out / "clips" / CONTROL
    folder.mkdir(parents=True, exist_ok=True)
    for path in originals:
        write_clip(folder / f"{path.stem}.mkv", *read_clip(path))
    control = measured(folder, args.out / CONTROL)
    for path in originals:
        pictures, sound = read_clip(path)
        for change, make in changes(loudest(control[path.stem])).items():
            place = args.out / "clips" / change
            place.mkdir(exist_ok=True)
            write_clip(place / f"{path.stem}.mkv", *make(pictures, sound))
    names = sorted(path.name for path in (args.out / "clips").iterdir() if path.name != CONTROL)
    found = list(pairs(control, {name: measured(args.out / "clips" / name, args.out / name) for name in names}))
    result = {"all": figures(found)} | {name: figures([p for p in found if p.change == name]) for name in names}
    for name, row in result.items():
        print(f"{name}: {row['n']} pairs")
        for key, value in row.items():
            if key != "n" and value["n"]:
                print(f"  {key}: {value['share']:.3f} ({value['low']:.3f}–{value['high']:.3f}, n = {value['n']})")
    missed = [asdict(p) for p in found if (p.after == "supported") == p.gone]
    write_atomic(args.out / "pairs.json", json.dumps({"figures": result, "missed": missed}, indent=1).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
