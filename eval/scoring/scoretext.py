"""`score`'s result as text for the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eval.metrics.classification import CLASSIFICATION
from eval.metrics.ordinal import ORDINAL
from eval.tables.csvtext import short
from eval.tables.output import figure, table

Block = Mapping[str, Any]


def _interval(block: Block, name: str) -> str:
    found = block["ci"].get(name)
    return f"{figure(found['low'])} … {figure(found['high'])}" if found else ""


def _metrics(block: Block, baselines: Mapping[str, Block]) -> list[list[str]]:
    rows = []
    for name in (*CLASSIFICATION, *(ORDINAL if block["ordinal"] else ())):
        part = "ordinal" if name in ORDINAL else None

        def value(of: Block, name: str = name, part: str | None = part) -> float | None:
            found: float | None = (of[part] if part else of)[name]
            return found

        rows.append([name, figure(value(block)), _interval(block, name)])
        rows[-1] += [figure(value(baseline)) for baseline in baselines.values()]
    return rows


def _classes(block: Block) -> list[list[str]]:
    return [
        [
            label,
            figure(row["precision"]),
            figure(row["recall"]),
            figure(row["f1"]),
            _interval(block, f"f1:{label}"),
            str(row["support"]),
        ]
        for label, row in block["per_class"].items()
    ]


def _confusion(block: Block) -> tuple[list[str], list[list[str]]]:
    labels = block["confusion"]["labels"]
    rows = block["confusion"]["rows_true_cols_pred"]
    return ["true \\ predicted", *labels], [
        [label, *map(str, row)] for label, row in zip(labels[:-1], rows, strict=True)
    ]


def _parts(result: Mapping[str, Any], markdown: bool) -> Iterator[tuple[str, str]]:
    """Title and body of each part."""
    overall = result["overall"]
    counts = "  ".join(f"{name.replace('_', ' ')} {count}" for name, count in result["counts"].items())
    yield f"{result['label_space']}, policy {result['policy']}, n = {overall['n']}", counts
    head = ["metric", "value", "95 % interval", *(f"{name} baseline" for name in result["baselines"])]
    yield "Metrics", table(head, _metrics(overall, result["baselines"]), markdown)
    head = ["label", "precision", "recall", "F1", "95 % interval of F1", "support"]
    yield "Labels", table(head, _classes(overall), markdown)
    yield "Confusion", table(*_confusion(overall), markdown)
    for column, groups in result["by"].items():
        head = [column, "n", "accuracy", "95 % interval", "UAR", "macro F1", "weighted F1"]
        rows = [
            [
                value,
                str(block["n"]),
                figure(block["accuracy"]),
                _interval(block, "accuracy"),
                figure(block["uar"]),
                figure(block["macro_f1"]),
                figure(block["weighted_f1"]),
            ]
            for value, block in groups.items()
        ]
        yield f"By {column}", table(head, rows, markdown)
    notes = [f"{'- ' if markdown else ''}{name}: {note}" for name, note in overall["notes"].items()]
    if any(found["method"] == "cluster-bootstrap-percentile" for found in overall["ci"].values()):
        notes.append(f"{'- ' if markdown else ''}intervals: whole clusters are resampled")
    if notes:
        yield "Notes", "\n".join(notes)
    yield "Signature", f"`{result['signature']}`" if markdown else result["signature"]


def as_text(result: Mapping[str, Any]) -> str:
    """The figures as tables for a terminal."""
    return "\n\n".join(f"{title}\n{body}" for title, body in _parts(result, False))


def as_markdown(result: Mapping[str, Any]) -> str:
    """The figures as Markdown tables."""
    parts = [f"## {title}\n\n{body}" for title, body in _parts(result, True)]
    problems = result["problems"]
    if problems:
        rows = [["–" if p.line is None else str(p.line), short(p.id), p.kind, short(p.message)] for p in problems]
        parts.append(f"## Problems ({len(problems)})\n\n" + table(["line", "ID", "kind", "message"], rows, True))
    return "\n\n".join(parts) + "\n"
