"""The text corpora and word lists that training reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.faults import ConfigError
from harness.inputs.table import read_rows as csv_rows
from harness.records.types import Language
from models.text.lexicon import Lexicon
from models.text.tokens import Segmenter, tokenise

LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
COLUMN: Mapping[Language, str] = {"zh": "chinese", "en": "english"}
# Scores −5..5 without labels: the cuts ±0.3 and ±2.1, chosen for smoke tests on this corpus.
_VALENCE_CUTS = (-2.1, -0.3, 0.3, 2.1)
_POLARITY = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
_SYNONYMS = {"anger": "angry", "sadness": "sad", "joy": "happy", "fear": "worried"}
_DUTIR_SIGN = {"0": "0", "1": "+", "2": "-", "3": "±"}


@dataclass(frozen=True)
class Row:
    """One utterance in one language. `origin` is the language it was spoken in; `score` about −1..1.

    An empty label means that only the polarity is known; the score is then −1, 0 or 1. `emotion` is empty where none
    is given. `valence` is what an English word list says of a Chinese utterance's translation, −1..1, NaN where nothing
    is known. `split` is the corpus' own. `id` is the corpus' name of the utterance, empty where it has none.
    """

    text: str
    language: Language
    label: str
    score: float
    group: str
    corpus: str
    origin: str
    emotion: str = ""
    valence: float = float("nan")
    split: str = ""
    id: str = ""


def read_rows(path: Path, valences: Mapping[str, float] | None = None) -> Iterator[Row]:
    """The utterances of a csv file, once per text column. ConfigError when its columns do not fit.

    `valences` is what `read_valences` gave.
    """
    records = csv_rows(path)
    if records and {"Utterance", "Sentiment", "Dialogue_ID"} <= set(records[0]):
        yield from _dialogue(path, records)
        return
    needed = {"id", "language", "score", *COLUMN.values()}
    if not records or needed - set(records[0]):
        missing = ", ".join(sorted(needed - set(records[0] if records else ())))
        raise ConfigError(f"{path.name} has no rows, or lacks the columns {missing}", "see --help for the layout")
    scores = np.array([float(record["score"]) for record in records])
    # Corpora use scales of 1, 3 and 5; nine in ten of the scores are brought within ±1.
    unit = float(np.quantile(np.abs(scores), 0.9)) or 1.0
    for record, score in zip(records, scores, strict=True):
        label = record.get("label") or LABELS[sum(score > cut for cut in _VALENCE_CUTS)]
        for language, column in COLUMN.items():
            if any(letter.isalpha() for letter in record[column]):
                group = f"{path.stem}/{record.get('video') or record['id']}"
                spoken, emotion = record["language"], _emotion(record.get("emotion") or "")
                said = valence(record[COLUMN["en"]], valences or {}) if language == "zh" else float("nan")
                where = record.get("split") or "", record["id"]
                about = (label, score / unit, group, path.stem, spoken, emotion, said, *where)
                yield Row(record[column], language, *about)


def home_corpora(rows: Sequence[Row]) -> dict[Language, str]:
    """Language → the first corpus that was spoken in it."""
    home: dict[Language, str] = {}
    for row in rows:
        if row.language == row.origin and row.label:
            home.setdefault(row.language, row.corpus)
    return home


def read_lexicons(english: Path | None, chinese: Path | None) -> dict[Language, Lexicon]:
    """Words whose marks say what the lists say of them, under names without meaning (`Lexicon`).

    English (VADER's layout: word, tab, valence −4..4): the sign and the rounded valence. Chinese (DUTIR's layout: word,
    …, category, strength 1–9, polarity): the polarity, polarity with strength in three steps, and the category.
    """
    found: dict[Language, dict[str, tuple[str, ...]]] = {}
    if english:
        found["en"] = {}
        for line in english.read_text(encoding="utf-8-sig").splitlines():
            word, *cells = line.split("\t")
            word = word.replace("'", "").lower()
            if cells and word.isascii() and word.isalpha():
                value = float(cells[0])
                found["en"][word] = (f"sign {np.sign(value):.0f}", f"valence {round(value)}")
    if chinese:
        found["zh"] = {}
        for line in chinese.read_text(encoding="utf-8-sig").splitlines()[1:]:
            cells = [cell.strip() for cell in line.split(",")]
            if len(cells) > 6 and cells[5].replace(".", "", 1).isdecimal() and cells[0]:
                sign, strength = _DUTIR_SIGN.get(cells[6].removesuffix(".0"), "?"), float(cells[5])
                step = "strong" if strength >= 7 else "middling" if strength >= 5 else "weak"
                found["zh"][cells[0]] = (f"sign {sign}", f"{sign} {step}", f"category {cells[4]}")
    return {language: _anonymous(words) for language, words in found.items()}


def read_valences(english: Path | None) -> dict[str, float]:
    """Word → valence −4..4 of a list in VADER's layout."""
    lines = english.read_text(encoding="utf-8-sig").splitlines() if english else ()
    rows = (line.split("\t") for line in lines)
    return {word.replace("'", "").lower(): float(cells[0]) for word, *cells in rows if cells}


def valence(text: str, valences: Mapping[str, float]) -> float:
    """What the list says of an English text, −1..1; NaN without words.

    The sum s of its words' valences, −0.7 times where negated, as s / √(s² + 15) (Hutto & Gilbert, 2014).
    """
    tokens = tokenise(text, "en", Segmenter({}, 1))
    if not tokens.words or not valences:
        return float("nan")
    under = {at[-1] for name, at in tokens.features if name.startswith("n:")}
    s = sum(valences.get(word, 0.0) * (-0.7 if i in under else 1.0) for i, word in enumerate(tokens.words))
    return float(s / np.sqrt(s * s + 15))


def _anonymous(words: Mapping[str, tuple[str, ...]]) -> Lexicon:
    names = sorted({mark for marks in words.values() for mark in marks})
    short = {name: f"k{i}" for i, name in enumerate(names)}
    return Lexicon({word: tuple(short[mark] for mark in marks) for word, marks in words.items()})


def _dialogue(path: Path, records: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    """English dialogues of which only the polarity is known."""
    for record in records:
        if any(letter.isalpha() for letter in record["Utterance"]):
            group = f"{path.stem}/{record['Dialogue_ID']}"
            score = _POLARITY[record["Sentiment"]]
            emotion = _emotion(record.get("Emotion") or "")
            yield Row(record["Utterance"], "en", "", score, group, path.stem, "en", emotion)


def _emotion(name: str) -> str:
    """One name for the emotions that corpora call by two."""
    return _SYNONYMS.get(name, name)
