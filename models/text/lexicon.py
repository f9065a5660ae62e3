"""Words with a known mood: what a text holds of them becomes features that also cover words no training text had."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from harness.records.types import Language

_ZH = "太 很 真 非常 好 最 特别 这么 那么 多么 极 超 十分 绝对 实在"
_EN = "very really so too extremely totally absolutely most incredibly completely such pretty super definitely"
INTENSIFIERS: Mapping[Language, frozenset[str]] = {"zh": frozenset(_ZH.split()), "en": frozenset(_EN.split())}
INTENSIFIER_REACH = 2
"""An intensifier counts when it is one of the two words before a word of the lexicon."""


@dataclass(frozen=True)
class Lexicon:
    """Word → its marks. Words with a mark in common share a weight; the first mark is the word's polarity.

    Marks are bare names ("k3"): what they are worth is learned.
    """

    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def features(
        self, words: Sequence[str], negated: Mapping[int, int], language: Language
    ) -> list[tuple[str, tuple[int, ...]]]:
        """`l:` marks of the words, `l:-` under a negation, `i:` the polarity after an intensifier.

        Args:
            words: the text.
            negated: index of a word under a negation → index of the negation.
            language: of the text.
        """
        found: list[tuple[str, tuple[int, ...]]] = []
        for i, word in enumerate(words):
            marks = self.marks.get(word, ())
            at = (negated[i], i) if i in negated else (i,)
            sign = "-" if i in negated else ""
            found += [(f"l:{sign}{mark}", at) for mark in marks]
            before = [k for k in range(max(0, i - INTENSIFIER_REACH), i) if words[k] in INTENSIFIERS[language]]
            if marks and before:
                found.append((f"i:{sign}{marks[0]}", (before[-1], *at)))
        return found

    def only(self, words: Collection[str]) -> Lexicon:
        """The part of the lexicon that consists of `words`."""
        return Lexicon({word: marks for word, marks in self.marks.items() if word in words})

    def grouped(self) -> dict[str, str]:
        """Marks → words, each joined by spaces: a short form for files."""
        groups: dict[str, list[str]] = {}
        for word, marks in self.marks.items():
            groups.setdefault(" ".join(marks), []).append(word)
        return {marks: " ".join(words) for marks, words in groups.items()}

    @classmethod
    def from_groups(cls, groups: Mapping[str, str]) -> Lexicon:
        """What `grouped` gave."""
        return cls({word: tuple(marks.split()) for marks, words in groups.items() for word in words.split()})


def is_mark(feature: str) -> bool:
    """Whether a feature's name comes from a lexicon."""
    return feature.startswith(("l:", "i:"))
