"""`import`: the answers in a log of lmms-eval or inspect_ai become predictions that `eval score` takes.

lmms-eval: a `samples_*.jsonl` of `--log_samples`. inspect_ai: a log in JSON (`inspect log convert --to json` makes one
of an `.eval` file). Answers are written as they are, a chain of thought and its tags left away; nothing is made up.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.tables.json_file import read_json
from harness.records.atomic import write_atomic

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
ID_KEYS = ("id", "ID", "video_id", "video", "name", "sample_id")


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("log", type=Path, help="samples .jsonl of lmms-eval, or .json log of inspect_ai")
    parser.add_argument("predictions", type=Path, help="the csv to write: ID,Label")


def run(args: argparse.Namespace) -> int:
    """Read, write, say how many."""
    answers = read_log(args.log)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("ID", "Label"))
    writer.writerows(answers.items())
    write_atomic(args.predictions, buffer.getvalue().encode())
    empty = sum(not answer for answer in answers.values())
    print(f"written: {args.predictions} ({len(answers)} answers, {empty} of them empty)")
    return 0


def read_log(path: Path) -> dict[str, str]:
    """ID → answer.

    Raises:
        EvalError: not readable, or no log of either tool.
    """
    form = "samples .jsonl of lmms-eval, or a log of inspect_ai in JSON"
    content = read_json(path, "name a log", form)
    entries = content.get("samples", []) if isinstance(content, dict) else content
    found = dict(_answer(path, at, entry) for at, entry in enumerate(entries, 1))
    if not found:
        raise EvalError(f"{path}: no samples in it", form)
    return found


def _answer(path: Path, at: int, entry: Any) -> tuple[str, str]:
    if isinstance(entry, Mapping) and ("filtered_resps" in entry or "resps" in entry):
        document: Any = entry.get("doc")
        document = document if isinstance(document, Mapping) else {}
        name = next((document[key] for key in ID_KEYS if key in document), entry.get("doc_id"))
        reply = entry.get("filtered_resps") or entry.get("resps")
    elif isinstance(entry, Mapping) and isinstance(entry.get("output"), Mapping):
        name, output = entry.get("id"), entry["output"]
        reply = output.get("completion") or _first_choice(output)
    else:
        raise EvalError(f"{path}: sample {at} is of neither lmms-eval nor inspect_ai", "see `eval import --help`")
    while isinstance(reply, list):
        reply = reply[0] if reply else ""
    text = str(reply or "")
    tagged = _ANSWER.findall(text)
    return str(name), str(tagged[-1] if tagged else text).strip()


def _first_choice(output: Mapping[str, Any]) -> str:
    choices = output.get("choices") or [{}]
    content = (choices[0].get("message") or {}).get("content", "")
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
    return str(content)
