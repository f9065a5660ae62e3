"""How far arousal and intensity can be told from the voice, within a corpus and across; and the arousal head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.heads.figures import scores, uar
from models.heads.linear import LinearHead
from models.training.speech_corpus import Corpus, fit_copies, held_out_by, pooled

LEVELS = ("low", "high")
AROUSED, CALM = ("angry", "fear", "happy"), ("sad", "neutral", "calm", "bored")
"""The emotions that circumplex models place clearly (Russell, 1980); disgust and surprise are left out."""
STRONG = "2"


def arousal_figures(corpora: Sequence[Corpus], penalty: float) -> dict[str, Any]:
    """Rows for arousal (two levels, from the emotions), and for intensity where a corpus has it.

    The intensity rows concern recordings that are not neutral. Across corpora nobody labelled intensity twice: there
    the arousal head of the other corpus is asked, and its answers are parted at their own median.
    """
    rows: dict[str, Any] = {}
    known = [corpus for corpus in map(_with_arousal, corpora) if len(set(corpus.y.tolist())) == len(LEVELS)]
    for corpus in known:
        rows[f"arousal: {corpus.name}, speakers held out"] = scores(
            held_out_by(corpus, partial(_head, corpus, penalty))[0], corpus.y, LEVELS
        )
    for source, target in permutations(known, 2):
        p = _fitted(source, penalty).predict_proba(target.x[0])
        rows[f"arousal: trained on {source.name}, tested on {target.name}"] = scores(p, target.y, LEVELS)
    for corpus in corpora:
        strong = _with_intensity(corpus)
        if len(set(strong.y.tolist())) == len(LEVELS):
            rows[f"intensity: {corpus.name}, speakers held out"] = scores(
                held_out_by(strong, partial(_head, strong, penalty))[0], strong.y, LEVELS
            )
            for source in known:
                if source.name != corpus.name:
                    p = _fitted(source, penalty).predict_proba(strong.x[0])[:, 1]
                    guess = np.where(p > np.median(p), *reversed(LEVELS))
                    told = {"UAR": uar(strong.y, guess), "chance UAR": 1 / len(LEVELS), "n": len(guess)}
                    rows[f"intensity: {corpus.name}, by the arousal of {source.name}"] = told
    return rows


def arousal_head(corpora: Sequence[Corpus], penalty: float) -> LinearHead | None:
    """A head on both copies of all recordings whose emotion tells their arousal; None where there are none."""
    known = [corpus for corpus in map(_with_arousal, corpora) if len(corpus.y)]
    if not known or len(set(np.concatenate([corpus.y for corpus in known]).tolist())) < len(LEVELS):
        return None
    pool = pooled(known)
    return fit_copies(pool.x, pool.y, pool.speakers, _head(pool, penalty))


def _head(corpus: Corpus, penalty: float) -> LinearHead:
    return LinearHead("arousal2", LEVELS, corpus.names, penalty)


def _fitted(corpus: Corpus, penalty: float) -> LinearHead:
    clean = corpus.x[0]
    return _head(corpus, penalty).fit(clean, corpus.y.tolist(), corpus.speakers.tolist())


def _with_arousal(corpus: Corpus) -> Corpus:
    emotions = corpus.emotions
    labels = np.where(np.isin(emotions, AROUSED), "high", np.where(np.isin(emotions, CALM), "low", ""))
    return _kept(corpus, labels)


def _with_intensity(corpus: Corpus) -> Corpus:
    strong = np.where(corpus.intensities == STRONG, "high", np.where(corpus.intensities != "", "low", ""))
    return _kept(corpus, np.where(corpus.y == "neutral", "", strong) if len(strong) else strong)


def _kept(corpus: Corpus, labels: NDArray[np.str_]) -> Corpus:
    """The recordings that have a label, with it in the place of the polarity."""
    if not len(labels):
        return replace(corpus, x=corpus.x[:, :0], y=labels, speakers=corpus.speakers[:0])
    rows = labels != ""
    return replace(corpus, x=corpus.x[:, rows], y=labels[rows], speakers=corpus.speakers[rows])
