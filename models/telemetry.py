"""Packages that report to their makers are told not to, before they are imported: nothing leaves the machine unasked.

ONNX Runtime from 1.32 on writes an identifier of the device and a queue of events below ~/.cache/Microsoft and has an
address to send them to. Only the variable stops that, before the import: `disable_telemetry_events()` comes too late.
"""

from __future__ import annotations

import os
from typing import Any

from harness.inputs.environment import UNREPORTED


def no_reports() -> None:
    """Set the variables, for this process and those that it starts; to be called before the packages are imported."""
    os.environ.update(UNREPORTED)


def onnx_runtime() -> Any:
    """The module `onnxruntime`, which reports nothing. ImportError when it is not installed."""
    no_reports()
    import onnxruntime

    return onnxruntime
