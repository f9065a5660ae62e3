"""One reader of JSON files that users give: a value, or JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from harness.inputs.encoding import NotText, read_text


def read_json(path: Path, missing: str, form: str) -> Any:
    """The value of a JSON file, or the list of those in JSON lines (`.jsonl`).

    Args:
        path: the file.
        missing: the remedy where there is no such file.
        form: the remedy where it is no JSON.

    Raises:
        EvalError: it cannot be read.
    """
    try:
        text = read_text(path).text
        if path.suffix.lower() == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except NotText as fault:
        raise EvalError(f"{path}: {fault.message}", fault.remedy) from None
    except OSError as fault:
        raise EvalError(f"{path}: {fault.strerror}", missing) from fault
    except ValueError as fault:
        raise EvalError(f"{path}: {fault}", form) from fault
