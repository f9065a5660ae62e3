"""A score in other tools' forms, and a log's answers on the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from eval.__main__ import main


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    labels, said = tmp_path / "labels.csv", tmp_path / "said.csv"
    labels.write_text("ID,Label\na,SPOS\nb,NEUT\nc,WNEG\n", encoding="utf-8")
    said.write_text("ID,Label\na,SPOS\nb,junk\nc,WNEG\n", encoding="utf-8")
    kinds = {
        "eee": "eee.json",
        "hf": "results.yaml",
        "lmms-eval": "samples.jsonl",
        "datasets": "folder",
        "inspect": "log.json",
        "mlflow": "runs",
    }
    flags = ["--export", *(f"{kind}={tmp_path / name}" for kind, name in kinds.items())]
    names = ["--model-name", "lab/model", "--dataset-name", "lab/data", "--bootstrap", "50"]
    assert main(["score", str(said), str(labels), *names, *flags]) == 0
    return tmp_path


def test_every_eval_ever(exported: Path) -> None:
    record = json.loads((exported / "eee.json").read_text(encoding="utf-8"))
    assert record["schema_version"] == "0.2.1" and record["model_info"]["id"] == "lab/model"
    first = record["evaluation_results"][0]
    assert first["evaluation_name"] == "lab/data/accuracy" and first["score_details"]["score"] == pytest.approx(2 / 3)
    interval = first["score_details"]["uncertainty"]["confidence_interval"]
    assert interval["lower"] < 2 / 3 < interval["upper"] and interval["method"] == "wilson"


def test_every_eval_evers_instances(exported: Path) -> None:
    lines = (exported / "eee_samples.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads((exported / "eee.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in lines]
    assert {row["evaluation_id"] for row in rows} == {record["evaluation_id"]}
    assert [row["evaluation"]["is_correct"] for row in rows] == [True, False, True]
    assert rows[2]["input"]["reference"] == ["WNEG"] == rows[2]["output"]["raw"]


def test_a_log_for_inspect_comes_back(exported: Path) -> None:
    log = json.loads((exported / "log.json").read_text(encoding="utf-8"))
    (scores,) = log["results"]["scores"]
    assert scores["metrics"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert [sample["scores"]["label"]["value"] for sample in log["samples"]] == ["C", "I", "C"]
    back = exported / "back.csv"
    assert main(["import", str(exported / "log.json"), str(back)]) == 0
    assert back.read_text(encoding="utf-8") == "ID,Label\na,SPOS\nb,\nc,WNEG\n"


def test_a_run_for_mlflow(exported: Path) -> None:
    (experiment,) = (exported / "runs").iterdir()
    (run,) = (path for path in experiment.iterdir() if path.is_dir())
    meta = yaml.safe_load((run / "meta.yaml").read_text(encoding="utf-8"))
    assert meta["run_id"] == run.name and meta["run_name"] == "lab/model" and meta["status"] == 3
    when, value, step = (run / "metrics" / "accuracy").read_text(encoding="utf-8").split()
    assert (int(when), float(value), step) == (meta["end_time"], pytest.approx(2 / 3), "0")
    assert (run / "params" / "n").read_text(encoding="utf-8") == "3"
    assert json.loads((run / "artifacts" / "score.json").read_text(encoding="utf-8"))["overall"]["n"] == 3


@pytest.mark.parametrize("package", ["inspect_ai", "mlflow", "datasets"])
def test_the_packages_open_them(exported: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are installed; none of them is a requirement."""
    module = pytest.importorskip(package, reason=f"{package} is not installed")
    if package == "inspect_ai":
        log = __import__("inspect_ai.log", fromlist=["log"]).read_eval_log(str(exported / "log.json"))
        assert log.status == "success" and log.results.scores[0].metrics["accuracy"].value == pytest.approx(2 / 3)
    elif package == "mlflow":
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        client = module.MlflowClient(tracking_uri=(exported / "runs").as_uri())
        (run,) = client.search_runs(["0"])
        assert run.data.metrics["accuracy"] == pytest.approx(2 / 3)
    else:
        assert module.load_dataset(str(exported / "folder"), split="test")[0]["id"] == "a"


def test_hugging_face_and_datasets(exported: Path) -> None:
    entries = yaml.safe_load((exported / "results.yaml").read_text(encoding="utf-8"))
    assert entries[0]["dataset"] == {"id": "lab/data", "task_id": "accuracy"}
    assert entries[0]["notes"].startswith("task:score|")
    rows = [json.loads(line) for line in (exported / "folder/data/test.jsonl").read_text().splitlines()]
    assert [row["right"] for row in rows] == [True, False, True]
    front = (exported / "folder/README.md").read_text(encoding="utf-8").split("---")[1]
    assert yaml.safe_load(front)["configs"][0]["data_files"][0]["path"] == "data/test.jsonl"


def test_samples_come_back_as_the_predictions_that_were_scored(exported: Path) -> None:
    back = exported / "back.csv"
    assert main(["import", str(exported / "samples.jsonl"), str(back)]) == 0
    assert back.read_text(encoding="utf-8") == "ID,Label\na,SPOS\nb,\nc,WNEG\n"


def test_a_log_of_inspect(tmp_path: Path) -> None:
    log, back = tmp_path / "log.json", tmp_path / "back.csv"
    said = [{"type": "text", "text": "<think>x</think><answer>SPOS</answer>"}]
    samples = [
        {"id": "a", "output": {"completion": "", "choices": [{"message": {"content": said}}]}},
        {"id": "b", "output": {"completion": "NEUT"}},
    ]
    log.write_text(json.dumps({"version": 2, "samples": samples}), encoding="utf-8")
    assert main(["import", str(log), str(back)]) == 0
    assert back.read_text(encoding="utf-8") == "ID,Label\na,SPOS\nb,NEUT\n"
    log.write_text(json.dumps({"samples": [{"no": 1}]}), encoding="utf-8")
    assert main(["import", str(log), str(back)]) == 2


def test_an_unknown_kind_is_refused(exported: Path) -> None:
    files = [str(exported / "said.csv"), str(exported / "labels.csv")]
    assert main(["score", *files, "--bootstrap", "0", "--export", "parquet=x"]) == 2
