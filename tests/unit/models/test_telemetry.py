"""Whoever imports a package that reports to its maker tells it not to first."""

from __future__ import annotations

import os
import re

import pytest

from harness.inputs.environment import UNREPORTED
from models.telemetry import no_reports
from tests.unit.test_rooms import modules


def test_no_module_imports_them_by_itself() -> None:
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        if name != "models.telemetry":
            assert not re.search(r"^\s*(import|from) onnxruntime", text, re.MULTILINE), f"{path}: models/telemetry.py"
        first = re.search(r"^\s*from faster_whisper import", text, re.MULTILINE)
        assert first is None or 0 <= text.find("no_reports()") < first.start(), path


def test_a_user_s_own_value_does_not_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in UNREPORTED:
        monkeypatch.setenv(variable, "0")
    no_reports()
    assert {name: os.environ[name] for name in UNREPORTED} == dict(UNREPORTED)
