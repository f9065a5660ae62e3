"""What the words say by themselves: the shipped linear text head as the provider of the stage `text`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from harness.faults import Absent, ConfigError, StageUnavailable
from harness.records.types import Opinion, TextFeatures, Transcript
from models.base import ProviderSpec
from models.fingerprint import digests, fingerprint
from models.folders import LEFT_OUT, OWN_WEIGHTS, WEIGHTS, WHY_LEFT_OUT
from models.text.linear import TextHead, language_of

VERSION = 2
HEAD = WEIGHTS / "text"
FILES = ("head.json", "head.safetensors")
REASONS = 8


class TextHeadReader:
    """Reads a transcript with a trained `TextHead`.

    Args:
        folder: a folder written by `TextHead.save`.
    """

    def __init__(self, folder: Path = HEAD) -> None:
        try:
            self._head = TextHead.load(folder)
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(f"the text head in {folder} cannot be used: {error}", _remedy()) from error

    @property
    def space(self) -> str:
        """Name of the head's label space."""
        return self._head.space

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in the order of the probabilities."""
        return self._head.labels

    def read(self, transcript: Transcript) -> TextFeatures:
        """Probabilities over the head's labels, and the words that moved the most probable one.

        The reasons are the words' exact shares in the log-odds of the most probable label (`TextHead.explain`); the
        confidence is `TextHead.confidence`: it falls with unknown words and with very short texts.

        Raises:
            Absent: when the transcript holds no words, or none that the head knows anything about.
        """
        text = transcript.text
        language = transcript.language or language_of(text)
        if language is None or not any(letter.isalpha() for letter in text):
            raise Absent("the transcript holds no words")
        row = self._head.predict_proba([text], language)[0]
        label = self._head.labels[int(row.argmax())]
        reasons, _ = self._head.explain(text, label, language)
        if not reasons:
            raise Absent(f"the text head knows no word of the transcript (read as {language})")
        shown = [reason for reason in reasons if any(letter.isalnum() for letter in reason.feature)][:REASONS]
        probabilities = tuple(float(p) for p in row)
        confidence = self._head.confidence(text, language)
        return TextFeatures(Opinion(self._head.space, self._head.labels, probabilities, confidence, tuple(shown)))


class LeftOut:
    """Stands for the reader in a profile that leaves the head out."""

    def read(self, transcript: Transcript) -> TextFeatures:
        """Never an opinion: raises StageUnavailable, which says why."""
        raise StageUnavailable(WHY_LEFT_OUT, OWN_WEIGHTS.format(stage="text"))


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The reader with the weights that `settings` name (`weights`, a folder, by default the shipped one, or none).

    Raises:
        ConfigError: when the folder lacks a file of the head.
    """
    name = "text-head"
    if settings.get("weights") == LEFT_OUT:
        return ProviderSpec("text", name, fingerprint(name, VERSION, {"weights": LEFT_OUT}, {}), LeftOut)
    folder = Path(settings.get("weights") or HEAD).expanduser().resolve()
    files = {name: folder / name for name in FILES}
    missing = [name for name, path in files.items() if not path.is_file()]
    if missing:
        raise ConfigError(f"the text head's folder {folder} lacks {' and '.join(missing)}", _remedy())
    mark = fingerprint(name, VERSION, {}, files)
    return ProviderSpec("text", name, mark, partial(TextHeadReader, folder), digests(files))


def _remedy() -> str:
    return "train it: python -m models train text --data FILE.csv … --out DIR, and --set text.weights=DIR"
