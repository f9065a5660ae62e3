"""Replies held to a regular expression, for transformers: the tokens after which the pattern can still be met."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from models.r1omni.words import Words

KEPT = 64
"""Of the likeliest tokens that may follow, so many are kept where a reply is drawn and not the likeliest is taken."""
_STAND_IN = "\u4e2d"


def held_to(words: Words, patterns: Sequence[str], end: int, *, greedy: bool) -> Any:
    """A logits processor; row by row its own pattern, and none where that is empty.

    Tokens are tried from the likeliest down, until one (or `KEPT`) can go on, so that a step costs little where the
    model wants what it may. `regex` tells by partial matching whether a beginning can still become a whole match.
    """
    import regex
    import torch
    from transformers import LogitsProcessor

    compiled = [regex.compile(pattern) if pattern else None for pattern in patterns]
    wanted = 1 if greedy else KEPT

    class HeldTo(LogitsProcessor):  # type: ignore[misc]
        def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
            held = scores.clone()
            for row, pattern in enumerate(compiled):
                if pattern is not None:
                    allowed = self._allowed(pattern, input_ids[row].tolist(), scores[row])
                    held[row] = float("-inf")
                    held[row, allowed] = scores[row, allowed]
            return held

        def _allowed(self, pattern: Any, so_far: list[int], scores: Tensor) -> list[int]:
            if end in so_far:
                return [end]
            so_far_raw = words.raw(so_far)
            found: list[int] = []
            for token in torch.argsort(scores, descending=True).tolist():
                if token == end:
                    fits = pattern.fullmatch(so_far_raw.decode(errors="replace")) is not None
                elif token in words.special:
                    continue
                else:
                    fits = may_go_on(pattern, so_far_raw + words.raw([token]))
                if fits:
                    found.append(token)
                    if len(found) == wanted:
                        break
            return found or [end]

    return HeldTo()


def may_go_on(pattern: Any, raw: bytes) -> bool:
    """Whether a reply that begins with these bytes can still match `pattern`, a compiled one of `regex`.

    Where they end within a character, a stand-in for it must fit; bytes that are no UTF-8 never do.
    """
    try:
        text, within = _text(raw)
    except UnicodeDecodeError:
        return False
    return pattern.fullmatch(text + _STAND_IN if within else text, partial=True) is not None


def _text(raw: bytes) -> tuple[str, bool]:
    """The whole characters, and whether bytes of another one follow. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    text = decoder.decode(raw)
    return text, bool(decoder.getstate()[0])
