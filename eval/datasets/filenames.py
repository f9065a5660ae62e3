"""Datasets whose file names are the labels: RAVDESS, CREMA-D, EmoDB, SAVEE, TESS.

The source is the folder (searched with its sub-folders), or a list of paths: one per line, or a csv with a `path`
column (and `transcript`). The naming codes are those of each dataset's own page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from eval.datasets.base import Dataset, DatasetError, LabelRow, media_names

RAVDESS_EMOTIONS = dict(
    zip(
        ("01", "02", "03", "04", "05", "06", "07", "08"),
        ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
        strict=True,
    )
)
RAVDESS_SENTENCES = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
CREMAD_EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
CREMAD_LEVELS = {"LO": "weak", "MD": "medium", "HI": "strong", "XX": "", "X": ""}
CREMAD_SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
EMODB_EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgust",
    "A": "fear",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
EMODB_SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
EMODB_SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
SAVEE_EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}
SAVEE_SPEAKERS = ("DC", "JE", "JK", "KL")
TESS_EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprise",
    "sad": "sad",
}

Parser = Callable[[PurePosixPath, str, str], LabelRow]


def _known(table: Mapping[str, str], code: str, what: str, place: str) -> str:
    if code not in table:
        raise DatasetError(f"{place}: unknown {what} code {code!r}; known: {', '.join(table)}")
    return table[code]


def _shape(pattern: str, path: PurePosixPath, example: str, place: str) -> re.Match[str]:
    match = re.fullmatch(pattern, path.stem, re.IGNORECASE)
    if match is None:
        raise DatasetError(f"{place}: file name {path.name!r} does not follow the naming code ({example})")
    return match


def _ravdess(path: PurePosixPath, place: str, text: str) -> LabelRow:
    """modality-channel-emotion-intensity-statement-repetition-actor, two digits each."""
    fields = _shape(r"\d\d(?:-\d\d){6}", path, "03-01-06-01-02-01-12", place).group().split("-")
    modality, channel, emotion, level, statement, repetition, actor = fields
    _known({"01": "audio-video", "02": "video", "03": "audio"}, modality, "modality", place)
    _known({"01": "speech", "02": "song"}, channel, "vocal channel", place)
    _known({"01": "1", "02": "2"}, repetition, "repetition", place)
    if not 1 <= int(actor) <= 24:
        raise DatasetError(f"{place}: unknown actor {actor!r}; actors are 01 to 24")
    return LabelRow(
        id=path.name,
        place=place,
        emotion=_known(RAVDESS_EMOTIONS, emotion, "emotion", place),
        intensity=_known({"01": "weak", "02": "strong"}, level, "intensity", place),
        language="en",
        speaker=f"actor{actor}",
        text=text or _known(RAVDESS_SENTENCES, statement, "statement", place),
    )


def _cremad(path: PurePosixPath, place: str, text: str) -> LabelRow:
    """actor_sentence_emotion_level."""
    match = _shape(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_([A-Z]{1,2})", path, "1001_DFA_ANG_XX", place)
    actor, sentence, emotion, level = (part.upper() for part in match.groups())
    if not 1001 <= int(actor) <= 1091:
        raise DatasetError(f"{place}: unknown actor {actor!r}; actors are 1001 to 1091")
    return LabelRow(
        id=path.name,
        place=place,
        emotion=_known(CREMAD_EMOTIONS, emotion, "emotion", place),
        intensity=_known(CREMAD_LEVELS, level, "level", place),
        language="en",
        speaker=actor,
        text=text or _known(CREMAD_SENTENCES, sentence, "sentence", place),
    )


def _emodb(path: PurePosixPath, place: str, text: str) -> LabelRow:
    """Speaker (2), sentence (3), emotion (1, from the German word), version (1)."""
    match = _shape(r"(\d\d)([ab]\d\d)([A-Z])([a-z])", path, "03a01Fa", place)
    speaker, sentence, emotion = match.group(1), match.group(2).lower(), match.group(3).upper()
    _known(dict.fromkeys(EMODB_SPEAKERS, ""), speaker, "speaker", place)
    return LabelRow(
        id=path.name,
        place=place,
        emotion=_known(EMODB_EMOTIONS, emotion, "emotion", place),
        language="de",
        speaker=speaker,
        text=text or _known(EMODB_SENTENCES, sentence, "sentence", place),
    )


def _savee(path: PurePosixPath, place: str, text: str) -> LabelRow:
    """DC/a01.wav, or DC_a01.wav; the id always carries the speaker, since a01.wav exists for all four."""
    match = _shape(r"(?:(DC|JE|JK|KL)_)?([a-z]{1,2})(\d\d)", path, "DC_a01 or DC/a01", place)
    speaker = (match.group(1) or path.parent.name).upper()
    if speaker not in SAVEE_SPEAKERS:
        raise DatasetError(f"{place}: unknown speaker {speaker!r}; known: {', '.join(SAVEE_SPEAKERS)}")
    return LabelRow(
        id=path.name if match.group(1) else f"{speaker}_{path.name}",
        place=place,
        emotion=_known(SAVEE_EMOTIONS, match.group(2).lower(), "emotion", place),
        language="en",
        speaker=speaker,
        text=text,
    )


def _tess(path: PurePosixPath, place: str, text: str) -> LabelRow:
    """speaker_word_emotion: the word is said in “Say the word …”; ps is a pleasant surprise. One file says OA."""
    match = _shape(r"(OAF|OA|YAF)_([a-z]+)_([a-z]+)", path, "OAF_back_angry", place)
    speaker, word, emotion = match.group(1).upper(), match.group(2).lower(), match.group(3).lower()
    return LabelRow(
        id=path.name,
        place=place,
        emotion=_known(TESS_EMOTIONS, emotion, "emotion", place),
        language="en",
        speaker="OAF" if speaker == "OA" else speaker,
        text=text or f"Say the word {word}",
    )


def _reader(parse: Parser) -> Callable[[Path], Iterator[LabelRow | DatasetError]]:
    def read(source: Path) -> Iterator[LabelRow | DatasetError]:
        for name, place, row in media_names(source):
            try:
                path = PurePosixPath(name.replace("\\", "/"))
                parts = tuple(part for part in path.parts if part not in ("/", ".", ".."))
                yield replace(parse(path, place, row.get("transcript", "")), parts=parts)
            except DatasetError as problem:
                yield problem

    return read


FILENAMES: Mapping[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset("ravdess", _reader(_ravdess), ("polarity", "intensity"), "RAVDESS files: 03-01-06-01-02-01-12.wav"),
        Dataset("cremad", _reader(_cremad), ("polarity", "intensity"), "CREMA-D files: 1001_DFA_ANG_XX.wav"),
        Dataset("emodb", _reader(_emodb), ("polarity",), "EmoDB files: 03a01Fa.wav"),
        Dataset("tess", _reader(_tess), ("polarity",), "TESS files: OAF_back_angry.wav"),
        Dataset("savee", _reader(_savee), ("polarity",), "SAVEE files: DC_a01.wav or DC/a01.wav"),
    )
}
