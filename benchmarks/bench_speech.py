"""Speech models at their real sizes with random weights, and a run beside the same work done one stage after the other.

Random weights cost what trained ones cost, as long as no words are decoded: Whisper is timed where nearly all of its
time goes, in the encoder. Machines are shared and noisy: compare the ratios of one run of this script, not seconds
of two; CPU seconds are the calmer measure. Needs torch, FunASR and faster-whisper (`make .venv-models/.ready`); says so
and ends without them.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
NEEDED = ("torch", "funasr", "faster_whisper", "transformers")
SECONDS, RATE = 5, 16_000
BATCH = 4
RUNS = 3


def main() -> int:
    """Print a line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-data", type=Path, default=ROOT / "Test_Data")
    parser.add_argument("--models-dir", type=Path, default=Path(os.environ.get("HARNESS_MODELS", ROOT / "checkpoints")))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=["sizes", "run"])
    parser.add_argument("--clips", type=int, default=40, help="of the run: with a few, starting is all that is timed")
    parser.add_argument("--stage", choices=list(STAGES), help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        print(f"skipped: {', '.join(missing)} not installed (make .venv-models/.ready, then .venv-models/bin/python)")
        return 0
    os.environ["HF_HUB_OFFLINE"] = "1"
    if flags.stage:
        return alone(flags)
    print(f"{flags.threads} threads, load {os.getloadavg()[0]:.1f}, random weights, clips of {SECONDS} s")
    with tempfile.TemporaryDirectory() as folder:
        if flags.only != "run":
            whisper_size(Path(folder), flags.threads)
            emotion2vec_sizes(Path(folder), flags.threads)
        if flags.only != "sizes":
            compare(Path(folder), flags)
    return 0


def say(what: str, told: str) -> None:
    """One line of a block."""
    print(f"  {what:<26}{told}", flush=True)


@dataclass(frozen=True)
class Cost:
    """What a piece of work took: seconds by the clock, and seconds of all threads on a processor."""

    wall: float
    cpu: float

    def __truediv__(self, parts: float) -> Cost:
        return Cost(self.wall / parts, self.cpu / parts)

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} CPU s)"

    def against(self, other: Cost) -> str:
        """How many times this is the other."""
        return f"{self.wall / other.wall:.2f} times ({self.cpu / other.cpu:.2f} in CPU s)"


def clock() -> tuple[float, float]:
    """Now by the clock, and CPU seconds of this process and of those it has waited for."""
    mine, waited = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), mine.ru_utime + mine.ru_stime + waited.ru_utime + waited.ru_stime


def timed(work: Callable[[], object], runs: int = RUNS, warm: bool = True) -> Cost:
    """Median cost of `work`, after one call that does not count."""
    taken = []
    for _ in range(runs + warm):
        before = clock()
        work()
        taken.append(tuple(b - a for a, b in zip(before, clock(), strict=True)))
    counted = taken[int(warm) :]
    return Cost(*(statistics.median(column) for column in zip(*counted, strict=True)))


def whisper_size(folder: Path, threads: int) -> None:
    """The encoder of large-v3-turbo in int8: a window alone, several at once, and what a clip needs of it."""
    import numpy as np

    from harness.records.types import Span
    from models.transcription.pieces import Piece
    from models.transcription.whisper import WhisperTranscriber
    from tests.support import tiny_whisper

    started = time.perf_counter()
    model = tiny_whisper.build(folder / "turbo", mels=128, sizes=tiny_whisper.TURBO, quantization="int8")
    shutil.rmtree(folder / "turbo" / "source")
    size = (model / "model.bin").stat().st_size / 1e6
    print(f"Whisper large-v3-turbo int8: {size:.0f} MB, built in {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    worker = WhisperTranscriber(model, "int8", threads)
    say("load", f"{time.perf_counter() - started:.2f} s")
    rng = np.random.default_rng(0)
    heard = rng.normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    features = worker.recogniser.model.feature_extractor(heard)[..., :-1]
    window = np.zeros((128, 3000), np.float32)
    window[:, : features.shape[1]] = features
    plain = worker.recogniser.model.__class__.encode

    def encode(windows: Any) -> Any:
        return np.asarray(plain(worker.recogniser.model, windows))  # fetched, so that nothing is left to be done later

    one = timed(lambda: encode(window), 2)
    several = timed(lambda: encode(np.stack([window] * BATCH)), 1, warm=False)
    whole = Piece((Span(0.0, float(SECONDS)),))
    turns = itertools.cycle([heard, heard[::-1].copy()])  # never the clip before, whose encoding is kept
    found = timed(lambda: worker.recogniser.languages(next(turns), whole), 1, warm=False)
    say("encode a window", f"{one}, 30 s of sound")
    say(f"encode {BATCH} windows at once", f"{several / BATCH} each, {(several / BATCH).against(one)} one alone")
    say(
        "find the language",
        f"{found} in a window of 15 s; the words begin from the same encoding, which spares one a clip",
    )


def emotion2vec_sizes(folder: Path, threads: int) -> None:
    """Base and large: load, a clip alone, and equal-length clips at once."""
    import numpy as np
    import torch

    from models.voice.emotion2vec_files import find
    from models.voice.emotion2vec_net import Emotion2vecNet
    from tests.support import tiny_emotion2vec

    rng = np.random.default_rng(0)
    audio = rng.normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    for name, geometry in (("base", tiny_emotion2vec.BASE), ("large (shape assumed)", tiny_emotion2vec.LARGE)):
        built = tiny_emotion2vec.build(folder / f"e{geometry.width}", geometry=geometry)
        started = time.perf_counter()
        net = Emotion2vecNet(find(built), "cpu", threads)
        load = time.perf_counter() - started
        count = sum(value.numel() for value in net._net.state_dict().values())
        print(f"emotion2vec {name}: {count / 1e6:.1f} million parameters, load {load:.2f} s")
        one = timed(lambda net=net: net.frames(audio))

        def batch(net: Emotion2vecNet = net) -> None:
            with torch.inference_mode():
                source = torch.from_numpy(np.stack([audio] * BATCH))
                net._net.extract_features(torch.nn.functional.layer_norm(source, source.shape[1:]), padding_mask=None)

        several = timed(batch, 1)
        say("a clip", f"{one}, {SECONDS / one.wall:.1f} times real time")
        say(f"{BATCH} equal clips at once", f"{several / BATCH} each, {(several / BATCH).against(one)} one alone")
        shutil.rmtree(built)


# ── a run beside the same work one stage after the other ──────────────────────────────────────────────────
def compare(folder: Path, flags: argparse.Namespace) -> None:
    """A run of profile speech-full beside a process for each stage that decodes every clip for itself."""
    from tests.support import tiny_emotion2vec, tiny_whisper

    models, clips = folder / "models", folder / "clips"
    shutil.copytree(flags.models_dir / "face", models / "face")
    tiny_emotion2vec.build(models / "emotion2vec" / "plus_base", geometry=tiny_emotion2vec.BASE)
    built = tiny_whisper.build(folder / "w", sizes=tiny_whisper.BASE, quantization="int8", wordless=True)
    shutil.copytree(built, models / "whisper" / "large-v3-turbo")
    clips.mkdir()
    demo, count = sorted(flags.test_data.glob("*.mp4")), flags.clips
    for number in range(count):  # without their sidecars: the words are to be recognised
        shutil.copy(demo[number % len(demo)], clips / f"{number:03d}.mp4")
    print(
        f"{count} clips, Whisper of base size (int8, hears no words: random ones would not end), emotion2vec base, face"
    )
    apart = {}
    for stage in STAGES:
        words = [sys.executable, __file__, "--stage", stage, "--test-data", str(clips), "--models-dir", str(models)]
        apart[stage] = timed(lambda words=words: subprocess.run(words, check=True, capture_output=True), 1, warm=False)
        say(f"{stage} by itself", str(apart[stage]))
    total = Cost(sum(cost.wall for cost in apart.values()), sum(cost.cpu for cost in apart.values()))
    say("one after the other", f"{total}, {60 * count / total.wall:.1f} clips a minute")
    for workers in (1, 2):
        out = folder / f"run{workers}"
        cost = timed(partial(whole, out, clips, models, workers), 1, warm=False)
        stages = json.loads((out / "s" / "run_manifest.json").read_text(encoding="utf-8"))["seconds_by_stage"]
        say(f"run, workers={workers}", f"{cost}, {60 * count / cost.wall:.1f} clips a minute")
        say("  seconds by stage", ", ".join(f"{stage} {stages.get(stage, 0.0):.1f}" for stage in STAGES))
        say("  one after the other is", f"{total.against(cost)} the run")


def whole(out: Path, clips: Path, models: Path, workers: int) -> None:
    """A run over the clips."""
    command = [sys.executable, str(ROOT / "run_submission.py"), "--profile", "speech-full", "--max-errors", "99"]
    command += ["--test-data", str(clips), "--models-dir", str(models), "--set", f"workers={workers}"]
    command += ["--results", str(out / "r"), "--supplements", str(out / "s")]
    subprocess.run(command, check=True, capture_output=True)


def alone(flags: argparse.Namespace) -> int:
    """One stage over all clips, in this process: the model is loaded, and every file decoded, for this stage alone."""
    for result in STAGES[flags.stage](sorted(flags.test_data.glob("*.mp4")), flags.models_dir):
        print(result)
    return 0


def words_alone(clips: list[Path], models: Path) -> Iterator[str]:
    """faster-whisper as its own page shows it: the file's path, the language found by itself."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(models / "whisper" / "large-v3-turbo"), device="cpu", compute_type="int8")
    for clip in clips:
        try:
            segments, _ = model.transcribe(
                str(clip), beam_size=5, vad_filter=True, temperature=0.0, word_timestamps=True,
                condition_on_previous_text=False,
            )  # fmt: skip
            yield " ".join(segment.text for segment in segments)
        except IndexError:
            yield "no audio track"


def voice_alone(clips: list[Path], models: Path) -> Iterator[str]:
    """FunASR as its own page shows it, and the prosody; the sound is decoded again."""
    from funasr import AutoModel

    from models.features.sound import decode
    from models.voice.measure import ProsodyEncoder

    model = AutoModel(
        model=str(models / "emotion2vec" / "plus_base"), device="cpu", ncpu=os.cpu_count(), disable_update=True
    )
    prosody = ProsodyEncoder()
    for clip in clips:
        try:
            audio = decode(clip)
        except IndexError:
            continue
        yield str(model.generate(audio, granularity="utterance")[0]["scores"])
        yield str(prosody.encode(audio).summary)


def face_alone(clips: list[Path], models: Path) -> Iterator[str]:
    """The face tracker; the pictures and the sound are decoded again."""
    from harness.media.decode import MediaSettings, decode
    from models.face.tracker import CvMeshTracker

    tracker = CvMeshTracker(models / "face")
    for clip in clips:
        yield str(tracker.track(decode(clip, MediaSettings())).found_share)


STAGES: dict[str, Callable[[list[Path], Path], Iterator[str]]] = {
    "transcribe": words_alone,
    "speech": voice_alone,
    "face": face_alone,
}

if __name__ == "__main__":
    sys.exit(main())
