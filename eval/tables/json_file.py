"""One reader of JSON files that users give: a value, or JSON lines."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import msgspec

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
    except (ValueError, RecursionError) as fault:
        raise EvalError(f"{path}: {fault}", form) from fault


def json_value(content: bytes) -> tuple[Any, bool]:
    """The value of JSON in UTF-8, and whether it is clean: no NaN, no infinity, no half of a character in it.

    The strict reader takes a tenth of the time of the lenient one, which is asked where the strict one refuses: what it
    takes both read alike.

    Raises:
        ValueError: no JSON, or no UTF-8.
        RecursionError: it is nested too deeply.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return msgspec.json.decode(content), True
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return json.loads(content.decode("utf-8")), False
