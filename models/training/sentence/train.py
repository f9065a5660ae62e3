"""`python -m models train sentence`: the head over multilingual-e5-small, which joins the bag of words."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import numbers_in
from harness.inputs.table import read_rows as csv_rows
from harness.records.numbers import Number
from harness.records.types import Language
from models.fingerprint import mismatches
from models.folders import default_models_dir
from models.heads.linear import fit_temperature, held_out_probabilities, softmax
from models.text.e5 import files
from models.text.sentence import LAYERS, Pool, SentenceHead, pooled
from models.training.card import write_card
from models.training.corpora import LABELS, Row, home_corpora, read_lexicons, read_rows, read_valences
from models.training.sentence.card import facts, licences, retrain
from models.training.sentence.fit import Knobs, Stack, Texts, fit
from models.training.sentence.states import states_of
from models.training.train_text import Lexicons, figures_row
from models.training.train_text import train as train_bag

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
KNOBS = Knobs()
SHARE = 0.4
"""Of the bag of words in the pool; docs/heads.md has the folds' figures of others."""
FOREIGN = Knobs(balance=1 / (1 - SHARE))
"""For a corpus that is not trained on: its label shares are not known and taken to be even in the pool."""
CUTS = (-0.7, -0.1, 0.1, 0.7)
"""Between five classes of a score −1..1 in steps of 0.2."""


@dataclass(frozen=True)
class Data:
    """Everything that is trained on; `rows` and the arrays of `texts` run side by side."""

    rows: Sequence[Row]
    texts: Texts
    home: Mapping[Language, str]
    lexicons: Lexicons

    def at_home(self, language: Language) -> Mask:
        """The labelled utterances of the language's home corpus, in that language."""
        own = (self.texts.corpus == self.home[language]) & (self.texts.language == language)
        return np.asarray(own & (self.texts.target >= 0))


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--data", nargs="+", type=Path, required=True, help="csv files, as `train text` reads them")
    parser.add_argument("--words", type=Path, help="csv with id and text_score: what the words alone are worth, −1..1")
    parser.add_argument("--emotions", type=Path, help="csv with language, text, emotion: one scheme for both languages")
    parser.add_argument("--lexicon-en", type=Path, help="as `train text`; for the bag of words in the held-out figures")
    parser.add_argument("--lexicon-zh", type=Path, help="as `train text`")
    parser.add_argument("--models-dir", type=Path, default=default_models_dir(), help="where the encoder lies")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the texts' hidden states here")
    parser.add_argument("--held-out", type=Path, metavar="FILE.csv", help="write what was said of held-out utterances")
    parser.add_argument("--out", type=Path, required=True, help="folder for the head: `sentence` in the bag's folder")


def run(args: argparse.Namespace) -> int:
    """Cross-validate by video together with the bag of words, fit on everything, write head, figures and card."""
    place = args.models_dir / files.FOLDER
    if wrong := mismatches(place, files.SHA256):
        raise ConfigError(f"multilingual-e5-small in {place}: {', '.join(wrong)}", f"run: {files.COMMAND}")
    data, scale = read(args, place / files.NAME)
    stack = Stack(data.texts, np.ones(len(data.rows), dtype=bool), KNOBS)
    figures: dict[str, float | dict[str, float | str]] = {}
    temperature, said = {}, {}
    for language in sorted(data.home):
        rows, temperature[language], said[language] = within(data, stack, language)
        figures |= rows
    if len(data.home) > 1:
        figures |= across(data)
    head = whole(data, stack, scale, temperature)
    head.save(args.out)
    if args.held_out:
        write_held_out(args.held_out, data, said)
    used = [path for path in (*args.data, args.words, args.emotions, args.lexicon_en, args.lexicon_zh) if path]
    title = "Text head over whole sentences, zh and en, five classes"
    about = facts(data.rows, data.home, used, SHARE)
    write_card(args.out, title, about, figures, retrain(args), used, licences(used))
    for name, value in figures.items():
        print(name, value)
    return 0


def read(args: argparse.Namespace, encoder: Path) -> tuple[Data, tuple[Floats, Floats]]:
    """The corpora as arrays, and mean and scale of the hidden states."""
    from sklearn.model_selection import GroupKFold

    valences = read_valences(args.lexicon_en)
    rows = [row for path in args.data for row in read_rows(path, valences)]
    words, felt = _words(args.words), _emotions(args.emotions)
    of_id = {(row.corpus, row.id): felt[key] for row in rows if (key := (row.origin, row.text)) in felt and row.id}
    schemes = [[row.emotion, felt.get((row.language, row.text)) or of_id.get((row.corpus, row.id), "")] for row in rows]
    corpus = np.array([row.corpus for row in rows])
    group, fold = np.array([row.group for row in rows]), np.zeros(len(rows), dtype=np.intp)
    for name in sorted(set(corpus.tolist())):
        own = np.flatnonzero(corpus == name)
        for number, (_, unseen) in enumerate(GroupKFold(KNOBS.folds).split(own, groups=group[own])):
            fold[own[unseen]] = number
    states = states_of([row.text for row in rows], encoder, args.keep)
    mean, spread = states.mean(axis=0, dtype=np.float64), np.maximum(states.std(axis=0, dtype=np.float64), 1e-6)
    texts = Texts(
        ((states - mean) / spread).astype(np.float32),
        np.array([row.language for row in rows]),
        corpus,
        np.array([LABELS.index(row.label) if row.label else -1 for row in rows], dtype=np.intp),
        np.array([row.score for row in rows]),
        np.array([words.get(row.id, np.nan) if row.id else np.nan for row in rows]),
        np.array(schemes),
        fold,
    )
    lexicons = read_lexicons(args.lexicon_en, args.lexicon_zh)
    return Data(rows, texts, home_corpora(rows), lexicons), (mean, spread)


def within(
    data: Data, stack: Stack, language: Language
) -> tuple[dict[str, float | dict[str, float | str]], float, Floats]:
    """Figures of the shipped recipe by folds, the temperature, and the held-out probabilities at home."""
    home, texts = data.at_home(language), data.texts
    everyone = np.ones(len(data.rows), dtype=bool)
    logits, bag = (np.zeros((len(data.rows), len(LABELS))) for _ in range(2))
    for fold in range(KNOBS.folds):
        unseen = home & (texts.fold == fold)
        head = fit(stack, data.home[language], language, everyone, len(LABELS), (fold,))
        logits[unseen] = head.logits(texts.x[unseen])
        bag[unseen] = _bag(data, (texts.language == language) & ~unseen & ~_same_video(texts, home, fold), unseen)
    y, fold_of = texts.target[home], texts.fold[home]
    p, temperature = _calibrated(logits[home], bag[home], y, fold_of)
    rows = {f"all → {language}": figures_row(p, y, _sure(p))}
    rows[f"all → {language}, sentence alone"] = figures_row(alone := softmax(logits[home]), y, _sure(alone))
    rows[f"all → {language}, bag of words alone"] = figures_row(bag[home], y, _sure(bag[home]))
    if np.isfinite(texts.words[home]).all():
        own = np.digitize(texts.words[home].round(1), CUTS)
        rows[f"all → {language}, against the label of the words alone"] = figures_row(p, own, _sure(p))
    return dict(rows), temperature, p


def across(data: Data) -> dict[str, float | dict[str, float | str]]:
    """Figures of a head that learned from what was spoken in one language, on the home corpus of the other."""
    pairs = [(source, target) for target in sorted(data.home) for source in sorted(data.home)]
    cells = {pair: cell(data, *pair) for pair in pairs}
    found: dict[str, float | dict[str, float | str]]
    found = {f"{source} → {target}": row for (source, target), row in cells.items()}
    for source, target in (pair for pair in cells if pair[0] != pair[1]):
        part, base = (float(cells[pair]["accuracy"]) for pair in ((source, target), (target, target)))
        found[f"retention {source} → {target} (accuracy over {target} → {target})"] = part / base
    return found


def cell(data: Data, source: Language, target: Language) -> dict[str, float | str]:
    """Learned from what was spoken in `source`, tested on the home corpus of `target`; by folds where both are one."""
    texts, home, own = data.texts, data.at_home(target), data.texts.corpus == data.home[target]
    used = np.array([row.origin for row in data.rows]) == source
    if source == target:
        used |= own
    stack = Stack(texts, used, KNOBS if source == target else FOREIGN)
    logits, bag = (np.zeros((len(data.rows), len(LABELS))) for _ in range(2))
    for fold in range(KNOBS.folds) if source == target else (-1,):
        unseen = home & (texts.fold == fold) if source == target else home
        left = (fold,) if source == target else ()
        logits[unseen] = fit(stack, data.home[source], target, used, len(LABELS), left).logits(texts.x[unseen])
        seen = used & (texts.language == target) & ~unseen
        seen &= ~_same_video(texts, home, fold) if source == target else True
        bag[unseen] = _bag(data, seen, unseen, data.home[source])
    p = pooled(logits[home], bag[home], Pool(SHARE, 1.0))
    return figures_row(p, texts.target[home], _sure(p))


def whole(
    data: Data, stack: Stack, scale: tuple[Floats, Floats], temperature: Mapping[Language, float]
) -> SentenceHead:
    """The head on everything."""
    everyone = np.ones(len(data.rows), dtype=bool)
    parts = {code: fit(stack, name, code, everyone, len(LABELS)) for code, name in sorted(data.home.items())}
    return SentenceHead(
        LABELS,
        LAYERS,
        files.SHA256[files.NAME],
        *scale,
        {code: part.weights for code, part in parts.items()},
        {code: part.bias for code, part in parts.items()},
        {code: Pool(SHARE, temperature[code]) for code in parts},
    )


def write_held_out(path: Path, data: Data, said: Mapping[Language, Floats]) -> None:
    """ID, Label and probabilities of every home utterance, by a head that had not seen its video."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["ID", "language", "Label", *(f"p_{label}" for label in LABELS)])
        for language, p in said.items():
            for i, row in zip(np.flatnonzero(data.at_home(language)).tolist(), p.tolist(), strict=True):
                shown = [f"{value:.6f}" for value in row]
                writer.writerow([data.rows[i].id, language, data.rows[i].label, *shown])


def _bag(data: Data, seen: Mask, unseen: Mask, home: str | None = None) -> Floats:
    """What a bag of words that learned from `seen` says of `unseen`."""
    (language,) = {data.rows[i].language for i in np.flatnonzero(unseen)}
    rows = [data.rows[i] for i in np.flatnonzero(seen)]
    homes = {language: home} if home else data.home
    head = train_bag(rows, homes, data.lexicons, with_temperature=home is not None)
    return head.predict_proba([data.rows[i].text for i in np.flatnonzero(unseen)], language)


def _same_video(texts: Texts, home: Mask, fold: int) -> Mask:
    corpora = set(texts.corpus[home].tolist())
    return np.asarray(np.isin(texts.corpus, list(corpora)) & (texts.fold == fold))


def _calibrated(logits: Floats, bag: Floats, y: NDArray[np.intp], fold: NDArray[np.intp]) -> tuple[Floats, float]:
    """Pooled probabilities, each fold's temperature fitted on the others; and the temperature of all."""
    joined = np.log(pooled(logits, bag, Pool(SHARE, 1.0)))
    return held_out_probabilities(joined, y, fold), fit_temperature(joined, y)


def _sure(p: Floats) -> Floats:
    """The largest polarity mass: what the reader calls its confidence."""
    return np.asarray(np.maximum(np.maximum(p[:, :2].sum(axis=1), p[:, 2]), p[:, 3:].sum(axis=1)))


def _words(path: Path | None) -> dict[str, float]:
    """Utterance → score of its words alone."""
    if path is None:
        return {}
    rows = csv_rows(path, "id", "text_score")
    scores = numbers_in(path, rows, "text_score", Number(-1, 1))
    return {row["id"]: score for row, score in zip(rows, scores, strict=True)}


def _emotions(path: Path | None) -> dict[tuple[str, str], str]:
    """(language, text) → emotion."""
    if path is None:
        return {}
    rows = csv_rows(path, "language", "text", "emotion")
    return {(row["language"], row["text"]): row["emotion"] for row in rows}
