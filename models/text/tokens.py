"""Words and n-grams of Chinese and English text, each tied to the words it stands on.

Every feature knows its words, so that a linear head's score can be handed back to the words exactly.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.records.types import Language
from models.text.lexicon import Lexicon

CHARACTER_GRAMS: Mapping[Language, tuple[int, ...]] = {"zh": (1, 2, 3), "en": (3, 4, 5)}
NEGATION_REACH: Mapping[Language, int] = {"zh": 3, "en": 4}
"""How many words after a negation are marked as negated; punctuation or a contrast ends it sooner."""
COMMON = 5
"""Frequency in jieba's dictionary from which a lexicon's word that no text holds is kept."""

_EN_WORD = re.compile(r"[a-z]+|[0-9]+|[!?]|[.,;:]")
_EN_NEGATIONS = frozenset(
    re.findall(
        r"\w+",
        "not no never nor neither none nothing nobody nowhere hardly barely scarcely without cannot cant dont doesnt "
        "didnt isnt wasnt arent werent aint couldnt wouldnt shouldnt wont havent hasnt hadnt mustnt neednt",
    )
)
_ZH_NEGATIONS = "不没别未无甭"
_ENDS = frozenset(".,;:!?。，！？；：、…") | {"but", "however", "但", "但是", "可是", "不过", "却", "而是"}


@dataclass(frozen=True)
class Tokens:
    """The words of a text as read, and its features as (name, indices of the words it stands on)."""

    words: tuple[str, ...]
    features: tuple[tuple[str, tuple[int, ...]], ...]


class Segmenter:
    """Chinese word segmentation by jieba, over a word list of our own.

    A head carries the words of its training texts with jieba's frequencies: that loads in milliseconds where jieba's
    full dictionary takes over half a second, and reads no cache from the shared temporary folder.

    Args:
        frequencies: word → frequency.
        total: sum of the frequencies of the dictionary that they come from.
    """

    def __init__(self, frequencies: Mapping[str, int], total: int) -> None:
        self.frequencies = dict(frequencies)
        self.total = total

    @classmethod
    def learn(cls, texts: Iterable[str], words: Iterable[str] = ()) -> Segmenter:
        """The words that jieba's full dictionary finds in `texts`, and those of `words` that it calls common."""
        texts = list(texts)
        if not texts:
            return cls({}, 1)
        full = _jieba().Tokenizer()
        with full.get_dict_file() as stream:
            full.FREQ, full.total = full.gen_pfdict(stream)
        full.initialized = True
        found = {word for text in texts for word in full.cut(normalise(text, "zh"), HMM=False)}
        found |= {word for word in words if full.FREQ.get(word, 0) >= COMMON}
        return cls({word: full.FREQ[word] for word in sorted(found) if full.FREQ.get(word)}, full.total)

    def cut(self, text: str) -> list[str]:
        """The words of `text`, without spaces."""
        return [word for word in self._tokenizer.cut(text, HMM=False) if word.strip()]

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = _jieba().Tokenizer()
        table: dict[str, int] = {}
        # jieba walks a word letter by letter and stops at a beginning that is not in its table.
        for word in self.frequencies:
            for end in range(1, len(word)):
                table.setdefault(word[:end], 0)
        tokenizer.FREQ, tokenizer.total = table | self.frequencies, self.total
        tokenizer.initialized = True
        return tokenizer


def _jieba() -> Any:
    """The package, without `pkg_resources`: it can open its dictionary by itself, and importing that takes .2 s."""
    absent = sys.modules.setdefault("pkg_resources", None) is None  # type: ignore[arg-type]
    try:
        import jieba
    finally:
        if absent:
            del sys.modules["pkg_resources"]
    return jieba


def normalise(text: str, language: Language) -> str:
    """One spelling for equal texts: NFKC, lower case; in English no apostrophes (speech corpora leave them out)."""
    text = unicodedata.normalize("NFKC", text).lower()
    return text.replace("’", "").replace("'", "") if language == "en" else text


def tokenise(text: str, language: Language, segmenter: Segmenter, lexicon: Lexicon | None = None) -> Tokens:
    """Words and features of `text`.

    Features: `w:` words, `b:` pairs of neighbours, `n:` words under a negation, `c:` character n-grams (in English
    within a word with its borders, in Chinese over the whole text), `l:` and `i:` marks of the lexicon's words.
    """
    text = normalise(text, language)
    words = _EN_WORD.findall(text) if language == "en" else segmenter.cut(text)
    features: list[tuple[str, tuple[int, ...]]] = [("w:" + word, (i,)) for i, word in enumerate(words)]
    features += [(f"b:{a}|{b}", (i, i + 1)) for i, (a, b) in enumerate(zip(words, words[1:], strict=False))]
    negated = _negated(words, language)
    features += [("n:" + words[i], (negation, i)) for negation, i in negated]
    if lexicon is not None:
        features += lexicon.features(words, {i: negation for negation, i in negated}, language)
    features += _english_grams(words) if language == "en" else _chinese_grams(words)
    return Tokens(tuple(words), tuple(features))


def count(tokens: Tokens) -> Counter[str]:
    """How often each feature occurs."""
    return Counter(name for name, _ in tokens.features)


def _negated(words: Sequence[str], language: Language) -> list[tuple[int, int]]:
    """Pairs (index of the negation, index of a word under it)."""
    pairs: list[tuple[int, int]] = []
    negation, left = -1, 0
    for i, word in enumerate(words):
        if ends(word):
            left = 0
        elif negates(word, language):
            negation, left = i, NEGATION_REACH[language]
        elif left:
            pairs.append((negation, i))
            left -= 1
    return pairs


def ends(word: str) -> bool:
    """Whether a negation reaches no further than this word."""
    return word in _ENDS


def negates(word: str, language: Language) -> bool:
    """Whether a word negates what follows it."""
    return word in _EN_NEGATIONS if language == "en" else word[0] in _ZH_NEGATIONS


def _english_grams(words: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    grams: list[tuple[str, tuple[int, ...]]] = []
    for i, word in enumerate(words):
        bordered = f"<{word}>"
        for n in CHARACTER_GRAMS["en"]:
            grams += [("c:" + bordered[k : k + n], (i,)) for k in range(len(bordered) - n + 1)]
    return grams


def _chinese_grams(words: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    owners = [i for i, word in enumerate(words) for _ in word]
    text = "".join(words)
    return [
        ("c:" + text[k : k + n], tuple(owners[k : k + n]))
        for n in CHARACTER_GRAMS["zh"]
        for k in range(len(text) - n + 1)
    ]
