"""The names of a checkpoint's tensors, parted by what they belong to. No tensor library here.

Source: the state dict of HumanOmniQwen2ForCausalLM as published; names are those of its modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.faults import ConfigError

PREFIXES: Mapping[str, str] = {
    "model.vision_tower.": "vision copy",
    "model.audio_tower.": "audio copy",
    "model.mm_projector.": "projector",
    "model.bert_model.": "bert",
    "model.bert_gate.": "gate",
    "model.audio_projector.": "audio projector",
    "model.embed_tokens.": "language",
    "model.layers.": "language",
    "model.norm.": "language",
    "lm_head.": "language",
}
"""Beginning of a name → the part."""
OWN = ("projector", "bert", "gate", "audio projector")
"""Parts whose names lose their beginning when they are loaded; the language model keeps its names."""
COPIES: Mapping[str, tuple[str, str]] = {
    "vision copy": ("model.vision_tower.vision_tower.vision_model.", "vision_model."),
    "audio copy": ("model.audio_tower.audio_tower.encoder.", "encoder."),
}
"""The checkpoint's copies of the towers: beginning of a name there, and in the tower's own folder. The published code
reads the towers from their own folders and ignores the copies; here they serve to tell a swapped tower."""
BUFFERS = ("embeddings.position_ids",)
"""Names that older files hold and that are no weights."""


@dataclass(frozen=True)
class Split:
    """Names of a checkpoint by part: part → {name in its module: name in the file}; and what belongs nowhere."""

    parts: Mapping[str, Mapping[str, str]]
    unknown: tuple[str, ...]


def split(names: Iterable[str]) -> Split:
    """The names by part."""
    parts: dict[str, dict[str, str]] = {part: {} for part in dict.fromkeys(PREFIXES.values())}
    unknown = []
    for name in sorted(names):
        prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
        if prefix is None:
            unknown.append(name)
            continue
        part = PREFIXES[prefix]
        parts[part][name.removeprefix(prefix) if part in OWN else name] = name
    return Split(parts, tuple(unknown))


def tower_names(names: Iterable[str], inner: str) -> dict[str, str]:
    """Of a tower's own file, or of the copy in a checkpoint: name within the tower → name in the file.

    Args:
        names: in the file.
        inner: `vision_model.` or `encoder.`; what stands before it differs from one published file to the next.
    """
    found = {}
    for name in names:
        head, mark, tail = name.partition(inner)
        if mark and (not head or head.endswith(".")) and not head.endswith("text_model."):
            found[tail] = name
    return found


def held_against(part: str, wanted: Mapping[str, tuple[int, ...]], there: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Names that are there and read by nothing, which is listed. ConfigError for missing ones or other shapes.

    Args:
        part: for the message.
        wanted: name → shape that the module has.
        there: name → shape in the file.
    """
    gone = sorted(wanted.keys() - there.keys())
    other = [f"{n} {list(there[n])}, not {list(wanted[n])}" for n in sorted(wanted.keys() & there.keys())
             if there[n] != wanted[n]]  # fmt: skip
    if gone:
        raise ConfigError(
            f"R1-Omni's {part}: not loaded, since the file lacks {_some(gone)}", "fetch the checkpoint anew"
        )
    if other:
        raise ConfigError(f"R1-Omni's {part}: of another shape: {_some(other)}", "the parts belong to different models")
    return sorted(there.keys() - wanted.keys())


def refuse_unread(part: str, unread: Iterable[str]) -> list[str]:
    """ConfigError for tensors of a part of its own that nothing reads; those known to be no weights are returned."""
    unread = list(unread)
    wrong = [name for name in unread if name not in BUFFERS]
    if wrong:
        raise ConfigError(
            f"R1-Omni's {part}: the file holds {_some(wrong)}, which this code does not compute",
            "it is another model's checkpoint, or of another depth",
        )
    return unread


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
