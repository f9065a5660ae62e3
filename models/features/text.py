"""`python -m models extract text`: what the text head says of a data set's words, for training with other modalities.

A head knows the texts that it was trained on, so features of those would promise too much: they are refused, by the
SHA-256 that the head's training left in its data.json.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from harness.inputs.table import read_rows
from harness.records.types import Segment, Transcript
from models.features.extract import add_flags, extract
from models.features.table import About
from models.fingerprint import file_sha256, fingerprint
from models.heads.files import trained_on
from models.text import head

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
LANGUAGES = {"zh": "zh", "en": "en", "中文": "zh", "英文": "en"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser)
    parser.add_argument("--text-column", default="text", help="the words; transcription_results.csv calls them 字幕")
    parser.add_argument("--language-column", default="language", help="zh or en; without it the script tells")
    parser.add_argument("--head", type=Path, help="folder of a text head (default: the one that ships)")


def run(args: argparse.Namespace) -> int:
    """Extract what is not there yet; 0 when every item is listed."""
    import numpy as np

    folder = args.head or head.HEAD
    if args.data.is_dir():
        raise ConfigError(f"{args.data} is a folder", "--data CSV with a column of words")
    rows = {row[args.path_column]: row for row in read_rows(args.data, args.path_column, args.text_column)}
    refuse_own_texts(folder, args.data)
    spec = head.spec({"weights": str(folder)})
    reader = spec.build()
    names = (*(f"log_{label}" for label in reader.labels), "confidence", "log_words", "exclaims", "asks")
    key = fingerprint("text-features", VERSION, {"provider": spec.fingerprint, "names": list(names)}, {})

    def features(row: dict[str, str]) -> NDArray[np.floating[Any]]:
        words = row[args.text_column]
        language: Any = LANGUAGES.get(row.get(args.language_column, ""))
        opinion = reader.read(Transcript((Segment(words),), language, language or "und", None, "data")).opinion
        logs = np.log(np.maximum(opinion.probabilities, 1e-9))
        count = len(words.split()) if " " in words.strip() else len(words.strip())
        marks = [math.log1p(count), float(any(c in words for c in "!！")), float(any(c in words for c in "?？"))]
        return np.array([*(logs - logs.mean()), opinion.confidence, *marks], dtype=np.float32)

    return extract(rows, About(key, names, "utterance", None, "text"), features, args.out, args.shard)


def refuse_own_texts(head: Path, data: Path) -> None:
    """ConfigError when the head was trained on this very file."""
    if file_sha256(data) in trained_on(head):
        raise ConfigError(
            f"the text head in {head.name} was trained on {data.name}: its features would know the labels",
            "python -m models train text on other data --out DIR, then --head DIR",
        )
