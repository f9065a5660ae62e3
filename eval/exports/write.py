"""A score in other tools' forms: Every Eval Ever, inspect_ai, Hugging Face, lmms-eval samples, MLflow, `datasets`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from eval.errors import EvalError
from eval.exports.given import HEADLINES, Exported, Sample
from eval.exports.inspect_log import inspect_log
from eval.exports.mlflow_run import write_mlflow
from eval.tables.signature import parts_of
from harness.records.atomic import write_atomic

EEE = "0.2.1"
LOWER_IS_BETTER = ("mae_rank", "macro_mae_rank", "rps", "signed_bias")
BOUNDS: Mapping[str, tuple[float, float]] = {"mcc": (-1, 1), "qwk": (-1, 1), "kappa": (-1, 1), "linear_kappa": (-1, 1)}


def every_eval_ever(given: Exported) -> dict[str, Any]:
    """One aggregate record of Every Eval Ever 0.2 (evaleval/every_eval_ever, eval.schema.json 0.2.1)."""
    parts = parts_of(str(given.result["signature"]))
    return {
        "schema_version": EEE,
        "evaluation_id": _evaluation(given),
        "evaluation_timestamp": given.now.isoformat(),
        "retrieved_timestamp": _stamp(given),
        "source_metadata": {
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": "emotion submission harness",
            "version": parts.get("harness", "unknown"),
            "additional_details": {"signature": str(given.result["signature"])},
        },
        "model_info": {
            "name": given.model,
            "id": given.model,
            "additional_details": {"deployment_type": "unknown", "model_availability": "unknown"},
        },
        "evaluation_results": [_result(given, name) for name in HEADLINES if given.result["overall"][name] is not None],
    }


def every_eval_ever_samples(given: Exported) -> list[dict[str, Any]]:
    """Its instances, one a clip (instance_level_eval.schema.json 0.2.1); they belong to the accuracy."""
    return [_instance(given, sample) for sample in given.samples]


def _evaluation(given: Exported) -> str:
    """By this the record and its instances belong together."""
    return f"{given.dataset}/{given.model.replace('/', '_')}/{_stamp(given)}"


def _stamp(given: Exported) -> str:
    return f"{given.now.timestamp():.0f}"


def _instance(given: Exported, sample: Sample) -> dict[str, Any]:
    right = sample.truth == sample.said
    reading = {"turn_idx": 0, "source": "output.raw", "extraction_method": "exact_match", "is_terminal": True}
    return {
        "schema_version": EEE,
        "evaluation_id": _evaluation(given),
        "model_id": given.model,
        "evaluation_name": f"{given.dataset}/accuracy",
        "sample_id": sample.id,
        "interaction_type": "single_turn",
        "input": {"raw": sample.id, "reference": [sample.truth]},
        "output": {"raw": [sample.said]},
        "answer_attribution": [{**reading, "extracted_value": sample.said}],
        "evaluation": {"score": float(right), "is_correct": right},
    }


def _result(given: Exported, name: str) -> dict[str, Any]:
    overall = given.result["overall"]
    low, high = BOUNDS.get(name, (0, 1))
    details: dict[str, Any] = {"score": overall[name]}
    interval = overall["ci"].get(name)
    if interval:
        details["uncertainty"] = {
            "confidence_interval": {
                "lower": interval["low"],
                "upper": interval["high"],
                "confidence_level": interval["level"],
                "method": interval["method"],
            },
            "num_samples": overall["n"],
        }
    return {
        "evaluation_name": f"{given.dataset}/{name}",
        "source_data": {"dataset_name": given.dataset, "source_type": "other"},
        "metric_config": {
            "evaluation_description": name,
            "lower_is_better": name in LOWER_IS_BETTER,
            "score_type": "continuous",
            "min_score": low,
            "max_score": high,
        },
        "score_details": details,
    }


def hugging_face(given: Exported) -> list[dict[str, Any]]:
    """Entries of a model repository's `.eval_results/*.yaml`; the dataset is a repository's id, the task the metric."""
    overall = given.result["overall"]
    return [
        {
            "dataset": {"id": given.dataset, "task_id": name},
            "value": overall[name],
            "date": given.now.date().isoformat(),
            "notes": str(given.result["signature"]),
        }
        for name in HEADLINES
        if overall[name] is not None
    ]


def lmms_samples(given: Exported) -> list[dict[str, Any]]:
    """Lines as lmms-eval's `--log_samples` writes them, one a clip."""
    return [
        {
            "doc_id": at,
            "doc": {"id": sample.id},
            "target": sample.truth,
            "arguments": [],
            "resps": [[sample.said]],
            "filtered_resps": [sample.said],
            "accuracy": float(sample.truth == sample.said),
        }
        for at, sample in enumerate(given.samples)
    ]


def rows(given: Exported) -> list[dict[str, Any]]:
    """Rows of the split `test` of a folder that `datasets.load_dataset` opens."""
    return [{"id": s.id, "label": s.truth, "prediction": s.said, "right": s.truth == s.said} for s in given.samples]


def _lines(entries: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries).encode()


def _write_eee(given: Exported, path: Path) -> None:
    record = json.dumps(every_eval_ever(given), indent=1, ensure_ascii=False) + "\n"
    write_atomic(path, record.encode())
    write_atomic(path.with_name(f"{path.stem}_samples.jsonl"), _lines(every_eval_ever_samples(given)))


def _write_inspect(given: Exported, path: Path) -> None:
    write_atomic(path, (json.dumps(inspect_log(given), indent=1, ensure_ascii=False) + "\n").encode())


def _write_hf(given: Exported, path: Path) -> None:
    write_atomic(path, yaml.safe_dump(hugging_face(given), sort_keys=False, allow_unicode=True).encode())


def _write_lmms(given: Exported, path: Path) -> None:
    write_atomic(path, _lines(lmms_samples(given)))


def _write_datasets(given: Exported, path: Path) -> None:
    card = {"configs": [{"config_name": "default", "data_files": [{"split": "test", "path": "data/test.jsonl"}]}]}
    front = yaml.safe_dump(card, sort_keys=False)
    write_atomic(path / "data" / "test.jsonl", _lines(rows(given)))
    write_atomic(path / "README.md", f"---\n{front}---\n{given.result['signature']}\n".encode())


KINDS: Mapping[str, Callable[[Exported, Path], None]] = {
    "eee": _write_eee,
    "inspect": _write_inspect,
    "mlflow": write_mlflow,
    "hf": _write_hf,
    "lmms-eval": _write_lmms,
    "datasets": _write_datasets,
}


def export(given: Exported, wanted: Sequence[str]) -> list[Path]:
    """Write every `KIND=PATH`; returns the paths.

    Raises:
        EvalError: a kind that is not known, or no path.
    """
    pairs = [text.partition("=")[::2] for text in wanted]
    for kind, path in pairs:
        if kind not in KINDS or not path:
            raise EvalError(f"--export {kind}={path}", f"KIND=PATH with one of {', '.join(KINDS)}")
    for kind, path in pairs:
        KINDS[kind](given, Path(path))
    return [Path(path) for _, path in pairs]
