"""Replies by transformers: a batch of ragged prompts, padded on the left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from models.r1omni.model import R1Omni


@dataclass(frozen=True)
class Continued:
    """Token ids of a reply, its end mark left out, and how it ended: `stop` or `length`."""

    ids: tuple[int, ...]
    finish_reason: str


def padded(prompts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Embeddings (tokens, hidden) of several lengths → (prompts, longest, hidden) and the mask (prompts, longest).

    Padding stands on the left, so that every prompt ends where its reply begins; what it holds is masked out.
    """
    import torch

    longest = max(len(prompt) for prompt in prompts)
    batch = prompts[0].new_zeros((len(prompts), longest, prompts[0].shape[-1]))
    mask = torch.zeros((len(prompts), longest), dtype=torch.long, device=prompts[0].device)
    for row, prompt in enumerate(prompts):
        batch[row, longest - len(prompt) :] = prompt
        mask[row, longest - len(prompt) :] = 1
    return batch, mask


def generate(
    model: R1Omni,
    prompts: Sequence[Tensor],
    max_tokens: int,
    temperature: float = 0.0,
    processors: Sequence[Any] = (),
    seed: int | None = None,
) -> list[Continued]:
    """Replies to prompts, each (tokens, hidden); the most likely ones at temperature 0.

    Args:
        model: the loaded model.
        prompts: input embeddings.
        max_tokens: of each reply.
        temperature: above 0 for samples, by torch's own generator.
        processors: transformers' logits processors, for constrained replies.
        seed: of the samples; None for torch's state.
    """
    import torch

    batch, mask = padded(prompts)
    end = model.config.eos
    sampling: dict[str, Any] = {"do_sample": False, "temperature": None}
    if temperature > 0:
        sampling = {"do_sample": True, "temperature": temperature}
        if seed is not None:
            torch.manual_seed(seed)
    with torch.inference_mode():
        out = model.modules["language"].generate(
            inputs_embeds=batch,
            attention_mask=mask,
            max_new_tokens=max_tokens,
            eos_token_id=end,
            pad_token_id=end,
            top_p=None,
            top_k=None,
            logits_processor=list(processors),
            **sampling,
        )
    return [_ended(row, end) for row in out.tolist()]


def _ended(row: list[int], end: int) -> Continued:
    if end in row:
        return Continued(tuple(row[: row.index(end)]), "stop")
    return Continued(tuple(row), "length")


def logits(model: R1Omni, prompt: Tensor) -> Tensor:
    """Scores of every next token at every place of one prompt: (tokens, vocabulary)."""
    import torch

    with torch.inference_mode():
        scores: Tensor = model.modules["language"](inputs_embeds=prompt[None]).logits[0]
    return scores
