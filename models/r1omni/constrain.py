"""Replies held to a regular expression, for transformers: the tokens after which the pattern can still be met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from models.r1omni.words import Words

KEPT = 64
"""Of the likeliest tokens that may follow, so many are kept where a reply is drawn and not the likeliest is taken."""
_INCOMPLETE = "\ufffd"


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
            text = words.text(so_far)
            found: list[int] = []
            for token in torch.argsort(scores, descending=True).tolist():
                if token == end:
                    fits = pattern.fullmatch(text) is not None
                elif token in words.special:
                    continue
                else:
                    # The bytes of a character may come in several tokens: an incomplete one is judged when it is whole.
                    grown = words.text([*so_far, token]).rstrip(_INCOMPLETE)
                    fits = pattern.fullmatch(grown, partial=True) is not None
                if fits:
                    found.append(token)
                    if len(found) == wanted:
                        break
            return found or [end]

    return HeldTo()
