"""A score as a run in MLflow's file store, which `mlflow ui --backend-store-uri FOLDER` shows. MLflow is not needed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

from eval.exports.given import Exported
from eval.tables.output import encode
from eval.tables.signature import parts_of
from harness.records.atomic import write_atomic

EXPERIMENT = "0"


def write_mlflow(given: Exported, path: Path) -> None:
    """The folder: one experiment with one run, its parameters (the signature's), metrics, tags, and the result."""
    line = str(given.result["signature"])
    at = int(given.now.timestamp() * 1000)
    run = hashlib.sha256(f"{line} {at}".encode()).hexdigest()[:32]
    experiment = path.resolve() / EXPERIMENT
    folder, place = experiment / run, (experiment / run / "artifacts").as_uri()
    _yaml(
        experiment / "meta.yaml",
        artifact_location=experiment.as_uri(),
        creation_time=at,
        experiment_id=EXPERIMENT,
        last_update_time=at,
        lifecycle_stage="active",
        name=given.dataset,
    )
    _yaml(
        folder / "meta.yaml",
        artifact_uri=place,
        end_time=at,
        entry_point_name="",
        experiment_id=EXPERIMENT,
        lifecycle_stage="active",
        run_id=run,
        run_name=given.model,
        run_uuid=run,
        source_name="",
        source_type=4,
        source_version="",
        start_time=at,
        status=3,
        tags=[],
        user_id="",
    )
    parameters = {"model": given.model, "dataset": given.dataset, **parts_of(line)}
    tags = {"mlflow.runName": given.model, "mlflow.note.content": line}
    for kind, texts in (("params", parameters), ("tags", tags)):
        for name, text in texts.items():
            write_atomic(folder / kind / name, text.encode())
    for name, value in given.result["overall"].items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            write_atomic(folder / "metrics" / name, f"{at} {value} 0\n".encode())
    write_atomic(folder / "artifacts" / "score.json", encode(given.result))


def _yaml(path: Path, **values: object) -> None:
    write_atomic(path, yaml.safe_dump(values, allow_unicode=True).encode())
