"""`python -m models train voice`: the voice heads that are normalised over a run and know their limits."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.records.numbers import SEED
from models.folders import default_models_dir
from models.heads.figures import ece, uar
from models.heads.linear import fit_temperature, softmax
from models.training.card import write_card
from models.training.speech_arousal import AROUSED, CALM, LEVELS
from models.training.speech_emotion import LABELS as EMOTIONS
from models.training.speech_emotion import SPELLING
from models.training.train_speech import LABELS, LICENCES
from models.training.voice_rows import Voices, read_voices
from models.voice.head import AROUSAL, CLIP, MODES, POLARITY, Mode, Task, VoiceHead, distance, trust

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]
EMOTION = "ravdess8"
TASKS: Mapping[str, tuple[str, ...]] = {POLARITY: LABELS[POLARITY], AROUSAL: LEVELS, EMOTION: EMOTIONS}
SHRINKAGE = {"prosody": 0.5, "layers": 0.8}
FOLDS = 5
REMEDY = "python -m models fetch words"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--data", nargs="+", type=Path, required=True, metavar="FILE.csv", help="labelled recordings")
    parser.add_argument("--models-dir", type=Path, default=default_models_dir(), help="where Whisper base lies")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the measurements here")
    parser.add_argument("--held-out", type=Path, metavar="FILE.csv", help="write what was said across corpora")
    parser.add_argument("--seed", type=SEED.parse, default=0, help="of the degraded copies")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the voice head; `prosody`, `layers` go below"
    )


def run(args: argparse.Namespace) -> int:
    """Measure, test across corpora and speakers, and write both heads with figures and cards; 0 on success."""
    from models.transcription import files

    whisper = args.models_dir / files.WHISPER / "model.bin"
    if not whisper.is_file():
        print(f"no head over Whisper's layer is made: Whisper base is not in {whisper.parent} ({REMEDY})")
    found = [read_voices(path, whisper if whisper.is_file() else None, args.seed, args.keep) for path in args.data]
    for kind in ("prosody", *(("layers",) if whisper.is_file() else ())):
        voices = [_columns(one, kind) for one in found]
        figures, temperature, distances = measure(voices, SHRINKAGE[kind])
        head = fit(voices, SHRINKAGE[kind], temperature, distances)
        head.save(args.out / kind)
        command = (
            f"python -m models train voice --data {' '.join(p.name for p in args.data)} --out models/weights/speech"
        )
        sources = [LICENCES[path.stem] for path in args.data if path.stem in LICENCES]
        write_card(args.out / kind, f"Voice head: {kind}", _facts(voices, kind), figures, command, args.data, sources)
        for name, value in figures.items():
            print(kind, name, value)
    if args.held_out:
        write_held_out(args.held_out, voices, SHRINKAGE[kind], temperature)
    return 0


def fit(
    voices: Sequence[Voices],
    shrinkage: float,
    temperature: Mapping[str, Mapping[Mode, float]],
    distances: Mapping[Mode, Floats],
) -> VoiceHead:
    """One head on both copies of every corpus, each normalised by itself."""
    rows = np.concatenate([one.x.reshape(-1, one.x.shape[2]) for one in voices])
    mean, scale = np.nanmean(rows, axis=0), np.maximum(np.nanstd(rows, axis=0), 1e-9)
    z = np.concatenate([_by_itself(copy) for one in voices for copy in one.x])
    tasks = {}
    for name, labels in TASKS.items():
        y = np.concatenate([np.tile(targets(one, name), len(one.x)) for one in voices])
        if set(range(len(labels))) <= set(y.tolist()):
            tasks[name] = Task(labels, *discriminant(z[y >= 0], y[y >= 0], len(labels), shrinkage), temperature[name])
    return VoiceHead(voices[0].names, mean, scale, tasks, distances)


def measure(
    voices: Sequence[Voices], shrinkage: float
) -> tuple[dict[str, Any], dict[str, dict[Mode, float]], dict[Mode, Floats]]:
    """Figures; temperatures (task → mode → T) and distances (mode → ascending), both of voices of unheard corpora."""
    figures: dict[str, Any] = {}
    temperature: dict[str, dict[Mode, float]] = {name: {} for name in TASKS}
    distances: dict[Mode, Floats] = {}
    for mode in MODES:
        logits: dict[str, list[Floats]] = {name: [] for name in TASKS}
        truth: dict[str, list[Labels]] = {name: [] for name in TASKS}
        out: list[float] = []
        for source, target in permutations(voices, 2):
            z = _seen(target.x[0], source, mode)
            out += [distance(row) for row in z]
            for name, labels in TASKS.items():
                y = targets(target, name)
                if (y >= 0).any() and set(range(len(labels))) <= set(targets(source, name).tolist()):
                    weights, bias = _trained(source, name, shrinkage)
                    logits[name].append((z @ weights + bias)[y >= 0])
                    truth[name].append(y[y >= 0])
                    title = f"{name}: trained on {source.name}, tested on {target.name}, normalised over {_over(mode)}"
                    figures[title] = _row(logits[name][-1], truth[name][-1])
        distances[mode] = np.sort(np.array(out))
        for name in TASKS:
            known = bool(logits[name])
            temperature[name][mode] = (
                fit_temperature(np.concatenate(logits[name]), np.concatenate(truth[name])) if known else 1.0
            )
    for name in TASKS:
        for one in voices:
            figures |= within(one, name, shrinkage)
    _calibrated(figures, voices, shrinkage, temperature, distances)
    return figures, temperature, distances


def within(one: Voices, task: str, shrinkage: float) -> dict[str, Any]:
    """Speakers held out within a corpus, normalised by the training speakers and over the whole corpus."""
    from sklearn.model_selection import GroupKFold

    y, labels = targets(one, task), TASKS[task]
    if not set(range(len(labels))) <= set(y.tolist()):
        return {}
    rows: dict[str, Any] = {}
    for mode in MODES:
        logits = np.zeros((len(y), len(labels)))
        for seen, unseen in GroupKFold(min(FOLDS, len(set(one.speaker.tolist())))).split(y, groups=one.speaker):
            part = _take(one, seen)
            weights, bias = _trained(part, task, shrinkage)
            z = _by_itself(one.x[0])[unseen] if mode == "run" else _seen(one.x[0, unseen], part, mode)
            logits[unseen] = z @ weights + bias
        rows[f"{task}: {one.name}, speakers held out, normalised over {_over(mode)}"] = _row(logits[y >= 0], y[y >= 0])
    return rows


def write_held_out(
    path: Path, voices: Sequence[Voices], shrinkage: float, temperature: Mapping[str, Mapping[Mode, float]]
) -> None:
    """What heads say of a corpus that they had not heard, normalised over it: polarity, strength, and the truth."""
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = TASKS[POLARITY]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["Label", *(f"p_{label}" for label in labels), "strength", "strong"])
        for source, target in permutations(voices, 2):
            z = _seen(target.x[0], source, "run")
            p, aroused = (
                softmax((z @ weights + bias) / temperature[name]["run"])
                for name in (POLARITY, AROUSAL)
                for weights, bias in (_trained(source, name, shrinkage),)
            )
            for i in np.flatnonzero(target.polarity != "").tolist():
                strong = {"1": "0", "2": "1"}.get(str(target.intensity[i]), "")
                shares = [f"{value:.5f}" for value in (*p[i], aroused[i, LEVELS.index("high")])]
                writer.writerow([target.polarity[i], *shares, strong])


def targets(one: Voices, task: str) -> Labels:
    """Label indices of a task, −1 where a recording has none."""
    if task == POLARITY:
        named = one.polarity
    elif task == AROUSAL:
        named = np.where(np.isin(one.emotion, AROUSED), "high", np.where(np.isin(one.emotion, CALM), "low", ""))
    else:
        named = np.array([SPELLING.get(emotion, emotion) for emotion in one.emotion.tolist()])
    labels = TASKS[task]
    return np.array([labels.index(name) if name in labels else -1 for name in named.tolist()], dtype=np.intp)


def discriminant(z: Floats, y: Labels, classes: int, shrinkage: float) -> tuple[Floats, Floats]:
    """Weights (features, classes) and bias of a linear discriminant with equal priors.

    The covariance within classes is drawn by `shrinkage` towards its mean variance times the identity (Friedman, 1989).
    """
    from scipy.linalg import solve

    means = np.stack([z[y == k].mean(axis=0) for k in range(classes)])
    spread = (z - means[y]).T @ (z - means[y]) / len(z)
    shrunk = (1 - shrinkage) * spread + shrinkage * np.trace(spread) / len(spread) * np.eye(len(spread))
    weights = np.asarray(solve(shrunk, means.T, assume_a="pos"))
    return weights, np.asarray(-0.5 * np.einsum("kf,fk->k", means, weights))


def _trained(one: Voices, task: str, shrinkage: float) -> tuple[Floats, Floats]:
    z, y = np.concatenate([_by_itself(copy) for copy in one.x]), np.tile(targets(one, task), len(one.x))
    return discriminant(z[y >= 0], y[y >= 0], len(TASKS[task]), shrinkage)


def _by_itself(x: Floats) -> Floats:
    """A set normalised over itself."""
    return _normalised(x, x)


def _seen(x: Floats, source: Voices, mode: Mode) -> Floats:
    """A set as a head of `source` sees it."""
    return _by_itself(x) if mode == "run" else _normalised(x, source.x.reshape(-1, source.x.shape[2]))


def _normalised(x: Floats, over: Floats) -> Floats:
    mean, scale = np.nanmean(over, axis=0), np.maximum(np.nanstd(over, axis=0), 1e-9)
    return np.asarray(np.clip(np.nan_to_num((x - mean) / scale), -CLIP, CLIP))


def _calibrated(
    figures: dict[str, Any],
    voices: Sequence[Voices],
    shrinkage: float,
    temperature: Mapping[str, Mapping[Mode, float]],
    distances: Mapping[Mode, Floats],
) -> None:
    """Add the calibration error of the polarity across corpora, with temperature and limits as shipped."""
    for mode in MODES:
        for source, target in permutations(voices, 2):
            weights, bias = _trained(source, POLARITY, shrinkage)
            z, y = _seen(target.x[0], source, mode), targets(target, POLARITY)
            p = softmax((z @ weights + bias) / temperature[POLARITY][mode])
            far = len(distances[mode]) - np.searchsorted(distances[mode], [distance(row) for row in z])
            stands = np.array([trust((n + 1) / (len(distances[mode]) + 1)) for n in far.tolist()])[:, None]
            p = stands * p + (1 - stands) / p.shape[1]
            title = f"calibration: trained on {source.name}, tested on {target.name}, normalised over {_over(mode)}"
            figures[title] = {
                "ECE": round(ece(p[y >= 0], y[y >= 0]), 4),
                "mean confidence": float(p.max(axis=1).mean()),
            }


def _row(logits: Floats, y: Labels) -> dict[str, float]:
    guess = logits.argmax(axis=1)
    return {
        "UAR": round(uar(y, guess), 4),
        "chance UAR": round(1 / logits.shape[1], 4),
        "accuracy": round(float(np.mean(guess == y)), 4),
        "n": len(y),
    }


def _over(mode: Mode) -> str:
    return "the set" if mode == "run" else "the training data"


def _columns(one: Voices, kind: str) -> Voices:
    keep = [i for i, name in enumerate(one.names) if kind == "layers" or not name.startswith("layer_")]
    return replace(one, names=tuple(one.names[i] for i in keep), x=one.x[:, :, keep])


def _take(one: Voices, rows: NDArray[np.intp]) -> Voices:
    return replace(
        one,
        x=one.x[:, rows],
        polarity=one.polarity[rows],
        emotion=one.emotion[rows],
        intensity=one.intensity[rows],
        speaker=one.speaker[rows],
    )


def _facts(voices: Sequence[Voices], kind: str) -> dict[str, str]:
    numbers = [
        f"{one.name}: {len(one.speaker)} recordings, {len(set(one.speaker.tolist()))} speakers" for one in voices
    ]
    layer = " and 512 means of a middle layer of Whisper base's encoder, cropped to the sound (`models/voice/whisper`),"
    return {
        "What it does": f"Functionals of prosody{layer if kind == 'layers' else ','} normalised, in linear "
        f"discriminants with shrinkage {SHRINKAGE[kind]} and equal priors: polarity, arousal, eight emotions. Each "
        "corpus is normalised by itself in training, as a run is over its own clips; with fewer clips the training "
        "data's mean and spread serve. Temperatures, and the distances by which it knows its limits, come from corpora "
        "that the tested head had not heard. A voice farther out than nine tenths of those is drawn towards even "
        "shares.",
        "Data": f"{', '.join(numbers)}. Every recording is heard twice: as it is, and through a random channel with "
        "coloured noise.",
        "Split": "Across corpora: trained on all of one, tested on all of the other. Within: five folds by speaker. "
        "`normalised over the set` looks at all of the tested set's features, at no label. Layer and shrinkage were "
        "chosen by the rows across corpora.",
        "Limits": "Acted voices, English and German, a few sentences each. No labelled Chinese emotional speech was at "
        "hand, nor any spontaneous speech.",
    }
