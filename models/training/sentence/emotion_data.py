"""Texts for the emotion head: one scheme of seven in both languages, and what other corpora know beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import read_rows as csv_rows
from harness.records.labels import EMOTION7
from harness.records.types import Language
from models.text.linear import LANGUAGES
from models.text.sentence import plain
from models.training.corpora import Row, read_rows, valence

FOLDS = 5
SCHEME = "one scheme"
LEAST_KNOWN = 12
"""Characters from which equal texts are taken for the same utterance: short ones are said in many dialogues."""
_POLARITY = {"joy": 1.0, "neutral": 0.0, "surprise": 0.0}


@dataclass(frozen=True)
class EmotionTexts:
    """Texts side by side: those of the scheme first.

    Attributes:
        text, language: of each.
        corpus: of each; the scheme's are `one scheme zh` and `one scheme en`.
        target: index in emotion7; −1 outside the scheme.
        emotion: what another corpus calls it, empty where it does not.
        score: sentiment about −1..1; NaN where nothing is known.
        valence: what an English word list says of the text or its translation; NaN where nothing is known.
        fold: 0 … FOLDS − 1; a video, a dialogue, and texts that stand in both a corpus and the scheme, are in one.
    """

    text: Sequence[str]
    language: NDArray[np.str_]
    corpus: NDArray[np.str_]
    target: NDArray[np.intp]
    emotion: NDArray[np.str_]
    score: NDArray[np.float64]
    valence: NDArray[np.float64]
    fold: NDArray[np.intp]

    def home(self, language: Language) -> NDArray[np.bool_]:
        """The texts of the scheme in that language."""
        return np.asarray((self.target >= 0) & (self.language == language))


def read_texts(scheme: Path, corpora: Sequence[Path], valences: Mapping[str, float]) -> EmotionTexts:
    """The scheme's csv (language, text, emotion, and where known id), and corpora as `train text` reads them.

    ConfigError when a column or an emotion is unknown.
    """
    own = csv_rows(scheme, "language", "text", "emotion")
    rows = [row for path in corpora for row in read_rows(path, valences)]
    target = [_emotion(row["emotion"], number, scheme) for number, row in enumerate(own, 2)]
    languages = [_language(row["language"], number, scheme) for number, row in enumerate(own, 2)]
    groups = [(row.get("id") or f"row {i}").rpartition("_")[0] or f"row {i}" for i, row in enumerate(own)]
    fold, known = _scheme_folds(own, languages, groups)
    other, keep = _corpus_folds(rows, known)
    rows = [row for row, kept in zip(rows, keep, strict=True) if kept]
    return EmotionTexts(
        [row["text"] for row in own] + [row.text for row in rows],
        np.array([*languages, *(row.language for row in rows)]),
        np.array([*(f"{SCHEME} {code}" for code in languages), *(row.corpus for row in rows)]),
        np.array([*target, *([-1] * len(rows))], dtype=np.intp),
        np.array([*([""] * len(own)), *(row.emotion for row in rows)]),
        np.array([*(_POLARITY.get(EMOTION7.labels[k], -1.0) for k in target), *(row.score for row in rows)]),
        np.array(
            [
                *(valence(row["text"], valences) if row["language"] == "en" else np.nan for row in own),
                *(valence(row.text, valences) if row.language == "en" else row.valence for row in rows),
            ]
        ),
        np.concatenate([fold, other[np.array(keep, dtype=bool)]]),
    )


def _emotion(word: str, line: int, path: Path) -> int:
    label = EMOTION7.normalise(word)
    if label is None:
        raise ConfigError(f"{path.name} line {line}: emotion {word!r}", f"one of {', '.join(EMOTION7.labels)}")
    return EMOTION7.rank(label)


def _language(word: str, line: int, path: Path) -> Language:
    found = next((code for code in LANGUAGES if code == word), None)
    if found is None:
        raise ConfigError(f"{path.name} line {line}: language {word!r}", "zh or en")
    return found


def _scheme_folds(
    rows: Sequence[Mapping[str, str]], languages: Sequence[Language], groups: Sequence[str]
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Folds by group within each language, and what is known by them: group name or text → fold."""
    from sklearn.model_selection import GroupKFold

    fold, known = np.zeros(len(rows), dtype=np.intp), {}
    for language in sorted(set(languages)):
        own = np.flatnonzero(np.array(languages) == language)
        for number, (_, unseen) in enumerate(GroupKFold(FOLDS).split(own, groups=[groups[i] for i in own])):
            fold[own[unseen]] = number
    for i, row in enumerate(rows):
        known[f"group {groups[i]}"] = known[plain(row["text"])] = int(fold[i])
    return fold, known


def _corpus_folds(rows: Sequence[Row], known: Mapping[str, int]) -> tuple[NDArray[np.intp], list[bool]]:
    """Each row's fold, and whether it stays: a group goes where the scheme has it, and no row to another fold.

    Translations of an utterance have its group, and so its fold.
    """
    members: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        members.setdefault(row.group, []).append(i)
    fold = np.zeros(len(rows), dtype=np.intp)
    for number, (group, own) in enumerate(sorted(members.items())):
        name = f"group {group.partition('/')[2]}"
        same = Counter(
            known[key] for i in own if (key := plain(rows[i].text)) in known and len(rows[i].text) >= LEAST_KNOWN
        )
        # Dialogues are numbered anew in each part of a corpus: there only equal texts tell.
        bound = known.get(name) if "_" in name else None
        fold[own] = bound if bound is not None else same.most_common(1)[0][0] if same else number % FOLDS
    return fold, [known.get(plain(row.text), fold[i]) == fold[i] for i, row in enumerate(rows)]
