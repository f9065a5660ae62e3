"""Text → piece ids, as XLM-RoBERTa's unigram model cuts it (Kudo, 2018)."""

from __future__ import annotations

from models.text.e5.packed import Vocabulary

SPACE = "▁"
"""Stands for a space within pieces."""


def encode(text: str, vocabulary: Vocabulary, most: int) -> list[int]:
    """Ids of the most probable pieces, with the marks of begin and end; at most `most` in all.

    Every character is first replaced as the normalisation map says, runs of spaces become one, and a space is put
    before the text.
    """
    text = "".join(vocabulary.replaced.get(ord(letter), letter) for letter in text)
    while "  " in text:
        text = text.replace("  ", " ")
    text = (text if text.startswith(" ") else " " + text).replace(" ", SPACE)
    ids = _best(text, vocabulary)[: most - 2]
    return [vocabulary.begin, *ids, vocabulary.end]


def _best(text: str, vocabulary: Vocabulary) -> list[int]:
    """The path of highest log probability (Viterbi); a character that is no piece counts as unknown."""
    length = len(text)
    best = [float("-inf")] * (length + 1)
    best[0] = 0.0
    came: list[tuple[int, int]] = [(0, vocabulary.unknown)] * (length + 1)
    for start in range(length):
        here = best[start]
        for end in range(start + 1, min(start + vocabulary.longest, length) + 1):
            piece = vocabulary.pieces.get(text[start:end])
            if piece is not None and here + vocabulary.scores[piece] > best[end]:
                best[end], came[end] = here + vocabulary.scores[piece], (start, piece)
        if here + vocabulary.unknown_score > best[start + 1]:
            best[start + 1], came[start + 1] = here + vocabulary.unknown_score, (start, vocabulary.unknown)
    ids, end = [], length
    while end:
        end, piece_id = came[end]
        ids.append(piece_id)
    return ids[::-1]
