"""Variables of the environment that others read: what packages must find there before they are imported."""

from __future__ import annotations

from collections.abc import Mapping

UNREPORTED: Mapping[str, str] = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
"""With these ONNX Runtime, huggingface_hub and others report nothing of a run to their makers."""
