"""A score as a log of inspect_ai (version 2, JSON), which `inspect view` opens and `import` reads back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from eval.exports.given import HEADLINES, Exported, Sample

SCORER = "label"


def inspect_log(given: Exported) -> dict[str, Any]:
    """The log: one sample a clip, its answer as the model's output, and the headline metrics as those of one scorer."""
    stamp, line = given.now.isoformat(), str(given.result["signature"])
    mark = hashlib.sha256(f"{line} {stamp}".encode()).hexdigest()[:22]
    overall, samples = given.result["overall"], [_sample(at, sample) for at, sample in enumerate(given.samples, 1)]
    metrics = {name: {"name": name, "value": overall[name]} for name in HEADLINES if overall[name] is not None}
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "run_id": mark,
            "task_id": mark,
            "created": stamp,
            "task": given.dataset,
            "task_version": 0,
            "dataset": {"name": given.dataset, "samples": len(samples), "sample_ids": [s["id"] for s in samples]},
            "model": given.model,
            "config": {"epochs": 1},
            "metadata": {"signature": line},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": {
            "total_samples": len(samples),
            "completed_samples": len(samples),
            "scores": [{"name": SCORER, "scorer": SCORER, "params": {}, "metrics": metrics}],
        },
        "stats": {"started_at": stamp, "completed_at": stamp, "model_usage": {}},
        "samples": samples,
    }


def _sample(at: int, sample: Sample) -> Mapping[str, Any]:
    message = {"role": "assistant", "content": sample.said, "source": "generate"}
    return {
        "id": sample.id,
        "epoch": 1,
        "input": sample.id,
        "target": sample.truth,
        "messages": [{"role": "user", "content": sample.id}, message],
        "output": {
            "model": "",
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": sample.said,
        },
        "scores": {SCORER: {"value": "C" if sample.truth == sample.said else "I", "answer": sample.said}},
        "metadata": {"place": at},
    }
