"""What the words say by themselves: the provider of the stage `text`.

The bag of words ships with the project and always reads; where multilingual-e5-small has been fetched, a head over its
hidden states reads the sentence as a whole, and the two are pooled.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import Absent, ConfigError, StageUnavailable
from harness.records.types import Language, Opinion, Reason, TextFeatures, Transcript
from models.base import ProviderSpec
from models.fingerprint import digests, file_sha256, fingerprint
from models.folders import LEFT_OUT, OWN_WEIGHTS, WEIGHTS, WHY_LEFT_OUT, default_models_dir
from models.heads.files import DAMAGED
from models.text import emotions, sentence
from models.text.e5 import files
from models.text.emotions import EmotionReader
from models.text.linear import TextHead, language_of

if TYPE_CHECKING:
    from models.text.reading import SentenceReader

NAME = "text-head"
VERSION = 4
HEAD = WEIGHTS / "text"
FILES = ("head.json", "head.safetensors")
REASONS = 8
ENCODERS = ("auto", "e5", LEFT_OUT)
"""`text.encoder`: e5 where it has been fetched, e5 or an error, or the bag of words alone."""


class TextHeadReader:
    """Reads a transcript with a trained `TextHead` and, where there is one, a head over the whole sentence.

    Args:
        folder: a folder written by `TextHead.save`, which may hold a folder `sentence`.
        encoder: the file of multilingual-e5-small; None for the bag of words alone.
    """

    def __init__(self, folder: Path = HEAD, encoder: Path | None = None) -> None:
        self._whole: SentenceReader | None = None
        self._emotions: EmotionReader | None = None
        try:
            self._head = TextHead.load(folder)
            if encoder is not None:
                from models.text.reading import SentenceReader

                self._whole = SentenceReader(folder / sentence.FOLDER, encoder, self._head)
            if (folder / emotions.FOLDER / FILES[0]).is_file():
                net = self._whole.net if self._whole is not None else None
                self._emotions = EmotionReader(folder / emotions.FOLDER, encoder, net)
        except DAMAGED as error:
            raise ConfigError(f"the text head in {folder} cannot be used: {error}", _remedy()) from error

    @property
    def space(self) -> str:
        """Name of the head's label space."""
        return self._head.space

    @property
    def reads_emotions(self) -> bool:
        """Whether the head says what words show of emotions as well."""
        return self._emotions is not None

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in the order of the probabilities."""
        return self._head.labels

    def read(self, transcript: Transcript, reasons: bool = True) -> TextFeatures:
        """Probabilities over the head's labels, and the words that moved the most probable one.

        Of the bag of words alone, the reasons are the words' exact shares in the log-odds of the most probable label
        (`TextHead.explain`). Of the whole sentence they are the effects of leaving a content word out, a negation with
        what it negates; the bag's shares stand beside them. `reasons` False spares the time that effects take.

        Raises:
            Absent: when the transcript holds no words, or none that the head knows anything about.
        """
        text = transcript.text
        language = transcript.language or language_of(text)
        if language is None or not any(letter.isalpha() for letter in text):
            raise Absent("the transcript holds no words")
        bag = self._head.predict_proba([text], language)
        shares, _ = self._head.explain(text, self._head.labels[int(bag[0].argmax())], language)
        if not shares:
            raise Absent(f"the text head knows no word of the transcript (read as {language})")
        known = tuple(reason for reason in shares if any(letter.isalnum() for letter in reason.feature))[:REASONS]
        felt = self._emotions.opinion(text, language, reasons) if self._emotions is not None else None
        if self._whole is None:
            return self._features(bag[0], self._head.confidence(text, language), known, felt=felt)
        row = self._whole.probabilities([text], bag, language)[0]
        effects = self._whole.effects(text, row, language)[:REASONS] if reasons else ()
        return self._features(row, self._whole.confidence(row), effects, known, felt)

    def probabilities(self, texts: list[str], language: Language) -> Any:
        """Probabilities of many texts of one language, shape (texts, labels), without reasons."""
        bag = self._head.predict_proba(texts, language)
        return bag if self._whole is None else self._whole.probabilities(texts, bag, language)

    def _features(
        self,
        row: Any,
        confidence: float,
        reasons: tuple[Reason, ...],
        shares: tuple[Reason, ...] = (),
        felt: Opinion | None = None,
    ) -> TextFeatures:
        probabilities = tuple(float(p) for p in row)
        return TextFeatures(Opinion(self.space, self.labels, probabilities, confidence, reasons), shares, felt)


class LeftOut:
    """Stands for the reader in a profile that leaves the head out."""

    def read(self, transcript: Transcript) -> TextFeatures:
        """Never an opinion: raises StageUnavailable, which says why."""
        raise StageUnavailable(WHY_LEFT_OUT, OWN_WEIGHTS.format(stage="text"))


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The reader with the weights that `settings` name (`weights`, a folder, by default the shipped one, or none).

    `encoder` says whether multilingual-e5-small takes part: see `ENCODERS`.

    Raises:
        ConfigError: the folder lacks a file of the head, or `encoder` asks for what is not there.
    """
    if settings.get("weights") == LEFT_OUT:
        return ProviderSpec("text", NAME, fingerprint(NAME, VERSION, {"weights": LEFT_OUT}, {}), LeftOut)
    folder = Path(settings.get("weights") or HEAD).expanduser().resolve()
    read = {name: folder / name for name in FILES}
    missing = [name for name, path in read.items() if not path.is_file()]
    if missing:
        raise ConfigError(f"the text head's folder {folder} lacks {' and '.join(missing)}", _remedy())
    encoder, note = chosen_encoder(folder, settings.get("encoder"), settings.get("models_dir"))
    parts = [sentence.FOLDER] if encoder is not None else []
    for part in (emotions.FOLDER, *([f"{emotions.FOLDER}/{sentence.FOLDER}"] if encoder is not None else [])):
        parts += [part] if (folder / part / FILES[0]).is_file() else []
    read |= {f"{part}/{name}": folder / part / name for part in parts for name in FILES}
    if encoder is not None:
        read["encoder"] = encoder
    mark = fingerprint(NAME, VERSION, {}, read)
    build = partial(TextHeadReader, folder, encoder)
    return ProviderSpec("text", NAME, mark, build, digests(read), lacks=note)


def chosen_encoder(folder: Path, wanted: Any, models_dir: Any) -> tuple[Path | None, str]:
    """The encoder's file for the head in `folder`, or None and, under `auto`, what is missed without it.

    Raises:
        ConfigError: `wanted` is unknown, or is e5 and cannot be had; or the file is not the known one.
    """
    wanted = "auto" if wanted is None else wanted
    if wanted not in ENCODERS:
        raise ConfigError(f"text.encoder is {wanted!r}", ", ".join(ENCODERS))
    path = Path(models_dir or default_models_dir()) / files.FOLDER / files.NAME
    trained = all((folder / sentence.FOLDER / name).is_file() for name in FILES)
    if wanted == LEFT_OUT or (wanted == "auto" and not trained):
        return None, ""
    if not trained:
        raise ConfigError(f"{folder} holds no head over whole sentences ({sentence.FOLDER}/)", _remedy())
    if not path.is_file():
        if wanted == "e5":
            raise ConfigError(f"multilingual-e5-small is not in {path.parent}", f"run: {files.COMMAND}")
        return None, f"words are read one by one, since multilingual-e5-small is not there: {files.COMMAND}"
    if file_sha256(path) != files.SHA256[files.NAME]:
        raise ConfigError(f"{path} has the wrong checksum", f"remove it and run: {files.COMMAND}")
    return path, ""


def _remedy() -> str:
    return "train it: python -m models train text --data FILE.csv … --out DIR, and --set text.weights=DIR"
