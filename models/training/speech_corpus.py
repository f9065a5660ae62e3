"""Measured recordings with their labels, and heads that are tested on speakers they never heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.heads.linear import LinearHead

FOLDS = 5


@dataclass(frozen=True)
class Corpus:
    """Measured recordings of one csv.

    Attributes:
        name: the csv's name without suffix.
        x: functionals, shape (2, recordings, features): as recorded, and degraded; NaN where not measurable.
        names: the columns of x.
        y: labels.
        speakers: who speaks, unique across corpora.
        files: the csv and the recordings, for the hash of the data.
        seconds: length of each recording.
        skipped: rows that are not trained on → how many, by reason.
        emotions, intensities: of each recording, where the csv has them.
    """

    name: str
    x: NDArray[np.float64]
    names: tuple[str, ...]
    y: NDArray[np.str_]
    speakers: NDArray[np.str_]
    files: tuple[Path, ...]
    seconds: tuple[float, ...]
    skipped: Counter[str]
    emotions: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))
    intensities: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))


def aligned(corpora: Sequence[Corpus]) -> list[Corpus]:
    """The corpora with the same columns: those that every one of them has."""
    names = tuple(sorted(set.intersection(*(set(corpus.names) for corpus in corpora))))
    return [
        replace(corpus, x=corpus.x[..., [corpus.names.index(name) for name in names]], names=names)
        for corpus in corpora
    ]


def pooled(corpora: Sequence[Corpus]) -> Corpus:
    """Corpora of the same columns as one."""
    return replace(
        corpora[0],
        name="pooled",
        x=np.concatenate([corpus.x for corpus in corpora], axis=1),
        y=np.concatenate([corpus.y for corpus in corpora]),
        speakers=np.concatenate([corpus.speakers for corpus in corpora]),
    )


def held_out_by(corpus: Corpus, new: Callable[[], LinearHead]) -> NDArray[np.float64]:
    """`held_out` for a head of any labels, made by `new`."""
    result = np.zeros((*corpus.x.shape[:2], len(new().labels)))
    for inside, outside in _speaker_folds(corpus.speakers):
        head = new()
        fit_copies(corpus.x[:, inside], corpus.y[inside], corpus.speakers[inside], head)
        for copy in range(len(corpus.x)):
            result[copy, outside] = head.predict_proba(corpus.x[copy, outside])
    return result


def fit_copies(x: NDArray[np.float64], y: NDArray[np.str_], speakers: NDArray[np.str_], head: LinearHead) -> LinearHead:
    """Fit on all copies, but for those in which no speech was found any more."""
    heard = ~np.isnan(x).all(axis=2).ravel()
    rows = x.reshape(-1, x.shape[2])[heard]
    copies = len(x)
    return head.fit(rows, np.tile(y, copies)[heard].tolist(), np.tile(speakers, copies)[heard].tolist())


def _speaker_folds(speakers: NDArray[np.str_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    from sklearn.model_selection import GroupKFold

    folds = GroupKFold(min(FOLDS, len(set(speakers.tolist()))))
    yield from folds.split(speakers, groups=speakers)
