"""What every trainer shares: a hash of the data, and the card written from a run's own numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.fingerprint import file_sha256


@dataclass(frozen=True)
class Licensed:
    """Data that went into a head: their name, their licence in words, and whether it allows commercial use."""

    name: str
    licence: str
    commercial: bool = False


def data_sha256(files: Iterable[Path]) -> str:
    """One SHA-256 over the names and bytes of the training files, in sorted order of their names and hashes."""
    lines = []
    for file in files:
        with file.open("rb") as stream:
            lines.append(f"{file.name} {hashlib.file_digest(stream, 'sha256').hexdigest()}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def write_card(
    folder: Path,
    title: str,
    facts: Mapping[str, str],
    figures: Mapping[str, Any],
    retrain: str,
    data: Iterable[Path] = (),
    sources: Sequence[Licensed] = (),
) -> None:
    """Write CARD.md and figures.json into `folder`; every number comes from `figures`, as measured by the run.

    Args:
        folder: the head's folder, made when missing.
        title: first line of the card.
        facts: heading → text (data, licence, split, limits …), in this order.
        figures: name → number, text, or a mapping of such (one row of a table); also the content of figures.json.
        retrain: the command that makes this head again.
        data: the files trained on; their SHA-256 go to data.json, by which `models evaluate` knows them again.
        sources: all that the weights were made from; the strictest licence restricts them (licence.json).
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = {**facts, **({"Licence of the weights": _write_licence(folder, sources)} if sources else {})}
    lines = [f"# {title}", "", "Written by the training run; the same numbers are in `figures.json`.", ""]
    for heading, text in facts.items():
        lines += [f"## {heading}", text.strip(), ""]
    lines += ["## Figures", *_tables(figures), "", "## Retrain", "```", retrain.strip(), "```", ""]
    (folder / "CARD.md").write_text("\n".join(lines), encoding="utf-8")
    if data:
        known = {path.name: file_sha256(path) for path in data}
        (folder / "data.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / "figures.json").write_text(text, encoding="utf-8")


def _write_licence(folder: Path, sources: Sequence[Licensed]) -> str:
    """Write licence.json: what the weights may be used for, and which data say so. Returns the card's words."""
    sources = list(dict.fromkeys(sources))
    restricting = [source.name for source in sources if not source.commercial]
    about = {
        "schema": "licence/1",
        "licence": "; ".join(f"{source.name}: {source.licence}" for source in sources),
        "restriction": "non-commercial" if restricting else "",
        "restricted_by": restricting,
        "sources": [asdict(source) for source in sources],
    }
    (folder / "licence.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [f"- {source.name}: {source.licence}" for source in sources]
    verdict = f"Non-commercial use only, because of {', '.join(restricting)}." if restricting else "Commercial use too."
    return "\n".join(["They follow from what they were made from.", *lines, "", verdict])


def _tables(figures: Mapping[str, Any]) -> list[str]:
    """Mappings with the same columns share one table; single values become a list before them."""
    single = [f"- {name}: {_show(value)}" for name, value in figures.items() if not isinstance(value, Mapping)]
    groups: dict[tuple[str, ...], list[tuple[str, Mapping[str, Any]]]] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            groups.setdefault(tuple(value), []).append((name, value))
    lines = single
    for columns, rows in groups.items():
        lines += ["", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        lines += [f"| {name} | " + " | ".join(_show(row[c]) for c in columns) + " |" for name, row in rows]
    return lines


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_show(part)}" for name, part in value.items())
    return str(value)
