"""`python -m models check r1-omni --oracle DIR`: every stage against expected numbers, with the largest errors.

A folder of expected numbers holds `checkpoint/` (the four parts, and clips), `weights.safetensors` where the checkpoint
does not hold its own, `notes.json` (`<case>.prompt`) and `expected.npz`: inputs (`video`, `mel`), the stages of each
case (`<case>.siglip` …), preprocessing (`pre.*`) and frame indices (`frames.N`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from harness.inputs.sampling import middles
from models.r1omni.checkpoint.parts import find
from models.r1omni.generate import generate, logits
from models.r1omni.model import R1Omni, load
from models.r1omni.pictures import pixels
from models.r1omni.take import take
from models.r1omni.words import PLACES, asked

if TYPE_CHECKING:
    import numpy as np

BOUND, LOGITS_BOUND = 1e-5, 1e-4
"""Largest errors in float32: of every stage, and of the logits."""
SILENT = "silence"
"""A case with this in its name was given a spectrogram of zeros; the file holds none for it."""


@dataclass(frozen=True)
class Result:
    """One comparison: `error` is the largest difference (token ids: how many differ); it holds up to `bound`."""

    case: str
    stage: str
    error: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether it is within its bound; a NaN is not."""
        return self.error <= self.bound


def prove(folder: Path) -> list[Result]:
    """Every comparison that the folder allows. Raises ConfigError when it is not laid out so."""
    import numpy as np

    try:
        with np.load(folder / "expected.npz", allow_pickle=False) as stored:
            expected = {name: stored[name] for name in stored.files}
        notes = json.loads((folder / "notes.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder} holds no expected numbers: {error}", "expected.npz and notes.json") from error
    own = folder / "weights.safetensors"
    checkpoint = folder / "checkpoint"
    model = load(find([checkpoint if checkpoint.is_dir() else folder], own if own.is_file() else None))
    cases = [name.removesuffix(".input_ids") for name in expected if name.endswith(".input_ids")]
    if not cases:
        raise ConfigError(f"{folder / 'expected.npz'} holds no case", "<case>.input_ids and its stages")
    results = [found for case in cases for found in _case(model, case, str(notes[f"{case}.prompt"]), expected)]
    return results + list(_prepared(model, checkpoint, expected))


def _case(model: R1Omni, case: str, question: str, expected: Mapping[str, np.ndarray]) -> Iterator[Result]:
    def compared(stage: str, value: Any, bound: float = BOUND) -> Iterator[Result]:
        if f"{case}.{stage}" in expected:
            yield Result(case, stage, _error(value.float().cpu().numpy(), expected[f"{case}.{stage}"]), bound)

    wanted_ids = expected[f"{case}.input_ids"].ravel().tolist()
    names = [name for number in wanted_ids for name, place in PLACES.items() if number == place]
    media: dict[str, Any] = {}
    for name in names:
        if name == "audio":
            heard = model.hear(_spectrogram(case, expected))
            media[name] = heard.tokens
            yield from compared("whisper", heard.whisper)
            yield from compared("audio_tokens", heard.tokens)
        else:
            seen = model.see(expected.get(f"{case}.video", expected["video"]), question)
            media[name] = seen.tokens
            for stage in ("siglip", "gate"):
                yield from compared(stage, getattr(seen, stage))
            for stage in ("video", "body", "face"):
                yield from compared(f"{stage}_feat", getattr(seen, stage))
    ids = model.words.ids(asked(question), names)
    yield Result(case, "input_ids", _unequal(ids, wanted_ids), 0)
    prompt = model.embed(ids, media)
    yield from compared("inputs_embeds", prompt)
    yield from compared("logits", logits(model, prompt), LOGITS_BOUND)
    if f"{case}.generated" in expected:
        wanted = expected[f"{case}.generated"].ravel().tolist()
        given = list(generate(model, [prompt], len(wanted))[0].ids)
        end = model.config.eos
        yield Result(case, "generated", _unequal(given, wanted[: wanted.index(end)] if end in wanted else wanted), 0)


def _spectrogram(case: str, expected: Mapping[str, np.ndarray]) -> np.ndarray:
    import numpy as np

    if f"{case}.mel" in expected:
        return expected[f"{case}.mel"]
    return np.zeros_like(expected["mel"]) if SILENT in case else expected["mel"]


def _prepared(model: R1Omni, folder: Path, expected: Mapping[str, np.ndarray]) -> Iterator[Result]:
    """Preprocessing: sound to spectrogram, a clip to pictures and sound, frame indices."""
    import numpy as np

    for wave, mel in (("wav", "mel"), ("pre.wav", "pre.audio")):
        if wave in expected and mel in expected:
            made = model.ear.hear(expected[wave]).mel
            assert made is not None
            yield Result("preprocessing", mel, _error(made, expected[mel]), BOUND)
    clip = folder / "clip.mp4"
    if clip.is_file():
        taken = take(clip, model.config.frames)
        for name, padded in (("pre.video.None", False), ("pre.video.pad", True)):
            if name in expected:
                shown = pixels(taken.pictures, model.pictures, padded=padded)
                yield Result("preprocessing", name, _error(shown, expected[name]), BOUND)
        if "pre.wav" in expected and taken.wave is not None:
            yield Result("preprocessing", "pre.wav", _error(taken.wave, expected["pre.wav"]), BOUND)
    if (folder / "noaudio.mp4").is_file():
        heard = model.ear.hear(take(folder / "noaudio.mp4", model.config.frames).wave)
        yield Result("preprocessing", "no sound is none", float(heard.status != "none"), 0)
    for name, wanted in expected.items():
        if name.startswith("frames."):
            given = np.asarray(middles(int(name.removeprefix("frames.")), len(wanted)))
            yield Result("preprocessing", name, _unequal(given.tolist(), wanted.tolist()), 0)


def _error(value: np.ndarray, wanted: np.ndarray) -> float:
    """Largest difference; infinite for another number of values."""
    import numpy as np

    if value.size != wanted.size:
        return float("inf")
    return float(np.abs(value.reshape(wanted.shape).astype(np.float64) - wanted).max()) if value.size else 0.0


def _unequal(given: list[int], wanted: list[int]) -> int:
    return sum(a != b for a, b in zip(given, wanted, strict=False)) + abs(len(given) - len(wanted))


def report(folder: Path) -> int:
    """Print the table; 0 when every comparison holds, else 1."""
    results = prove(folder)
    for result in results:
        mark = "ok" if result.holds else "BEYOND"
        print(f"{result.case:<14} {result.stage:<18} {result.error:<11.3g} at most {result.bound:<8g} {mark}")
    worst: dict[str, float] = {}
    for result in results:
        if result.case != "preprocessing":
            worst[result.stage] = max(worst.get(result.stage, 0.0), result.error)
    print("largest: " + ", ".join(f"{stage} {error:.3g}" for stage, error in worst.items()))
    wrong = sum(not result.holds for result in results)
    print(f"{len(results) - wrong} of {len(results)} comparisons hold")
    return 1 if wrong else 0
