"""What the card of the head over whole sentences says."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.records.types import Language
from models.text.sentence import LAYERS
from models.training.card import Licensed, data_sha256
from models.training.corpora import Row
from models.training.train_text import sources


def facts(rows: Sequence[Row], home: Mapping[Language, str], used: Sequence[Path], share: float) -> dict[str, str]:
    """Heading → text."""
    counts = {name: sum(row.corpus == name for row in rows) for name in dict.fromkeys(row.corpus for row in rows)}
    corpora = ", ".join(f"{name} ({count} texts, both languages together)" for name, count in counts.items())
    return {
        "What it is": "multilingual-e5-small (Wang et al., 2024; MIT), frozen, four bits a weight, in numpy "
        f"(`models/text/e5`): the mean over a text's pieces of the hidden states after layers "
        f"{', '.join(map(str, LAYERS))}, standardised, under a linear head for each language "
        "(`models/training/sentence/fit.py`: ridge regressions of every corpus' scores, polarity, neutrality, "
        "strength, the words' own sentiment and emotions, and a multinomial logistic regression above). Its opinion "
        f"and that of the bag of words are pooled log-linearly, the bag with a share of {share}; temperature fitted.",
        "Data": f"{corpora}. Utterances count in their own language and in their machine translation. The label shares "
        f"are those of the home corpora ({', '.join(f'{code}: {name}' for code, name in sorted(home.items()))}). "
        f"SHA-256 over names and bytes of {', '.join(path.name for path in used)}: {data_sha256(used)}.",
        "Split": "Five folds by video, the same for both readers; a fold's translations are left out with it. The "
        "temperature of a fold is that of the others. `A → B` learned from what was spoken in A (texts of both "
        "languages for the sentence, in B's text column for the bag) and is tested on B's home corpus. Layers, "
        "penalties and the bag's share were chosen by these same folds "
        "(docs/heads.md), so the figures are a little kind. No official test split was used.",
        "Limits": "Labels are of whole clips: words alone cannot reach them (people who saw the words alone agree with "
        "the label of the whole in half of the zh training clips). Irony and context are beyond a single sentence. "
        "The effect of leaving a word out is an intervention on the reader, not a share: effects do not add up.",
    }


def licences(used: Sequence[Path]) -> list[Licensed]:
    """Where the head's data come from, and the encoder."""
    return [*sources(used), Licensed("multilingual-e5-small", "MIT (Wang et al., 2024)", commercial=True)]


def retrain(args: argparse.Namespace) -> str:
    """The command with file names for paths, since the folders are the user's own."""
    words = ["python -m models train sentence --data", *(f"DATA/{path.name}" for path in args.data)]
    flags = (
        ("--words", args.words),
        ("--emotions", args.emotions),
        ("--lexicon-en", args.lexicon_en),
        ("--lexicon-zh", args.lexicon_zh),
    )
    for flag, path in flags:
        words += [flag, f"DATA/{path.name}"] if path else []
    return " ".join([*words, "--out models/weights/text/sentence"])
