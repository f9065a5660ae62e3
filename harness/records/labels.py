"""Label spaces, their aliases in Chinese and English, and the ways between them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LabelSpace:
    """A closed set of labels.

    Attributes:
        name: how flags and files call it.
        labels: the labels; for an ordinal space in ascending order.
        ordinal: whether neighbouring labels are closer than distant ones.
        aliases: folded other spellings (see `fold`) → label.
        base: of a user's own space, the space that `images` leads from (`harness/records/conversions.py`); else empty.
        images: label of `base` → label of this space.
    """

    name: str
    labels: tuple[str, ...]
    ordinal: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    images: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> list[object]:
        """Everything that decides what is answered, as plain values: part of fingerprints."""
        rest = [dict(sorted(self.aliases.items())), self.base, dict(self.images)]
        return [self.name, list(self.labels), self.ordinal, *(rest if self.base else [])]

    def rank(self, label: str) -> int:
        """Position of `label` in the space, 0 for the first. ValueError for a foreign label."""
        return self.labels.index(label)

    def normalise(self, text: str) -> str | None:
        """The label that `text` means by itself (exact label or alias), else None."""
        folded = fold(text)
        for label in self.labels:
            if fold(label) == folded:
                return label
        return self.aliases.get(folded)


def fold(text: str) -> str:
    """Spelling without its accidents: NFKC, lower case, one space, no outer punctuation."""
    words = unicodedata.normalize("NFKC", text).casefold().replace("_", " ").replace("-", " ")
    return " ".join(words.split()).strip(" \t.,;:!?\"'`*()[]{}<>。，、；：！？“”‘’「」《》【】")


def _aliases(table: Mapping[str, str]) -> dict[str, str]:
    return {fold(word): label for label, words in table.items() for word in words.split("|")}


_SENTIMENT5 = _aliases(
    {
        "SNEG": "strongly negative|strong negative|very negative|highly negative|extremely negative"
        "|强烈负面|强负面|强烈消极|强消极|非常消极|非常负面|极度负面|强烈负向|强负向|强烈负性",
        "WNEG": "weakly negative|weak negative|slightly negative|mildly negative|somewhat negative"
        "|弱负面|轻微负面|弱消极|轻微消极|略微消极|略微负面|稍微消极|稍微负面|弱负向|轻度负面|弱负性",
        "NEUT": "neutral|neutral sentiment|neu|中性|中立|中性情感|中性情绪|无明显情感",
        "WPOS": "weakly positive|weak positive|slightly positive|mildly positive|somewhat positive"
        "|弱正面|轻微正面|弱积极|轻微积极|略微积极|略微正面|稍微积极|稍微正面|弱正向|轻度正面|弱正性",
        "SPOS": "strongly positive|strong positive|very positive|highly positive|extremely positive"
        "|强烈正面|强正面|强烈积极|强积极|非常积极|非常正面|极度正面|强烈正向|强正向|强烈正性",
    }
)

# Spellings of the emotions; each space keeps those of the labels that it has.
_EMOTIONS = {
    "happy": "happiness|joy|joyful|glad|delighted|高兴|开心|快乐|喜悦|愉快|欣喜",
    "sad": "sadness|sorrow|sorrowful|unhappy|悲伤|难过|伤心|悲哀",
    "neutral": "neutrality|no emotion|中性|中立|平淡",
    "angry": "anger|mad|furious|愤怒|生气|恼怒|气愤",
    "surprise": "surprised|astonished|amazed|惊讶|吃惊|惊奇|意外",
    "disgust": "disgusted|disgusting|厌恶|恶心|反感",
    "fear": "fearful|afraid|scared|frightened|恐惧|害怕|惊恐",
    "contemptuous": "contempt|scornful|轻蔑|蔑视|鄙视|不屑",
    "disappointed": "disappointment|失望",
    "helpless": "helplessness|无助|无奈",
    "anxious": "anxiety|nervous|焦虑|紧张|不安",
    "worried": "worry|concerned|担心|担忧|忧虑",
    "calm": "calmness|peaceful|平静|冷静",
    "other": "others|another emotion|其他|其它",
}


def _emotion_space(name: str, labels: Sequence[str]) -> LabelSpace:
    """A space whose labels are emotions, under whichever spelling (`fear` or `fearful`)."""
    table = {}
    for label in labels:
        stem = emotion_stem(label)
        table[label] = f"{stem}|{_EMOTIONS[stem]}"
    return LabelSpace(name, tuple(labels), aliases=_aliases(table))


def emotion_stem(word: str) -> str:
    """The key under which this module keeps an emotion (`fearful` → `fear`). KeyError if unknown."""
    folded = fold(word)
    for stem, words in _EMOTIONS.items():
        if folded == stem or folded in words.split("|"):
            return stem
    raise KeyError(word)


SENTIMENT5 = LabelSpace("sentiment5", ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS"), True, _SENTIMENT5)
POLARITY3 = LabelSpace(
    "polarity3",
    ("negative", "neutral", "positive"),
    True,
    _aliases({"negative": "neg|负面|消极|负向", "neutral": "neu|中性|中立", "positive": "pos|正面|积极|正向"}),
)

EMOTION7 = _emotion_space("emotion7", ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"])
"""What the heads' emotions are pooled in: the one scheme of their training data in both languages."""

SPACES: Mapping[str, LabelSpace] = {
    space.name: space
    for space in (
        SENTIMENT5,
        POLARITY3,
        EMOTION7,
        _emotion_space("dfew7", ["happy", "sad", "neutral", "angry", "surprise", "disgust", "fear"]),
        _emotion_space(
            "mafw11",
            [
                "happy",
                "sad",
                "neutral",
                "angry",
                "surprise",
                "disgust",
                "fear",
                "contemptuous",
                "disappointed",
                "helpless",
                "anxious",
            ],
        ),
        _emotion_space("ravdess8", ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]),
        _emotion_space("mer6", ["neutral", "angry", "happy", "sad", "worried", "surprise"]),
        _emotion_space(
            "emotion2vec8", ["angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised"]
        ),
        _emotion_space("fer7", ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]),
    )
}


def emotions_of(space: LabelSpace) -> tuple[str, ...]:
    """The labels of a space whose labels are emotions; empty for sentiments and a user's own."""
    return () if space.base or space.name in (SENTIMENT5.name, POLARITY3.name) else space.labels


def side(label: str) -> int:
    """−1 for a negative label of sentiment5, 0 for neutral, 1 for a positive one. ValueError for a foreign label."""
    rank, neutral = SENTIMENT5.rank(label), SENTIMENT5.rank("NEUT")
    return (rank > neutral) - (rank < neutral)


# Emotion → polarity; surprise and `other` have none of their own and say nothing about polarity.
EMOTION_POLARITY: Mapping[str, int | None] = {
    "happy": 1,
    "neutral": 0,
    "calm": 0,
    "surprise": None,
    "other": None,
    **dict.fromkeys(
        (
            "sad",
            "angry",
            "disgust",
            "fear",
            "contemptuous",
            "disappointed",
            "helpless",
            "anxious",
            "worried",
        ),
        -1,
    ),
}


def get_space(name: str) -> LabelSpace:
    """The label space called `name`. KeyError names the known ones."""
    if name not in SPACES:
        raise KeyError(f"unknown label space {name!r}; known: {', '.join(SPACES)}")
    return SPACES[name]


def spaces_of(labels: Iterable[str]) -> tuple[LabelSpace, ...]:
    """The known spaces that have all of these labels, as written."""
    wanted = set(labels)
    return tuple(space for space in SPACES.values() if wanted and wanted <= set(space.labels))


def space_of(labels: Iterable[str]) -> LabelSpace | None:
    """The first known space that has all of these labels, as written."""
    return next(iter(spaces_of(labels)), None)


def of_another_space(label: str) -> str:
    """What a message on an unknown label ends with: `, a label of NAME`, or nothing where no space has it."""
    other = space_of([label])
    return f", a label of {other.name}" if other is not None else ""


def _cuts(*edges: float) -> Callable[[float], str]:
    """Right-closed bins: score ≤ edges[0] is SNEG, … , score > edges[3] is SPOS."""

    def classify(score: float) -> str:
        return SENTIMENT5.labels[sum(score > edge for edge in edges)]

    return classify


def _sims(score: float) -> str:
    return _cuts(-0.7, -0.1, 0.1, 0.7)(round(score, 1))


def _mosei(score: float) -> str:
    return SENTIMENT5.labels[int(max(-2, min(2, round(score)))) + 2]


def _mosei_halves(score: float) -> str:
    if score <= -2:
        return "SNEG"
    if score <= -0.5:
        return "WNEG"
    if score < 0.5:
        return "NEUT"
    return "WPOS" if score < 2 else "SPOS"


# Sources differ in where a score becomes a class, so the rule is a named setting:
# `sims` CH-SIMS grid (scores −1..1); `mosei` MMSA's Acc-5 (−3..3, half to even, clipped to ±2);
# `mosei-halves` one public entry's (−3..3); `mer-valence` the smoke-test cuts for MER valence (−5..5).
THRESHOLDS: Mapping[str, Callable[[float], str]] = {
    "sims": _sims,
    "mosei": _mosei,
    "mosei-halves": _mosei_halves,
    "mer-valence": _cuts(-2.1, -0.3, 0.3, 2.1),
}


def score_to_label(score: float, thresholds: str) -> str:
    """Class of a sentiment score under the named rule. KeyError names the known rules."""
    if thresholds not in THRESHOLDS:
        raise KeyError(f"unknown thresholds {thresholds!r}; known: {', '.join(THRESHOLDS)}")
    return THRESHOLDS[thresholds](score)
