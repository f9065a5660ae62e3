"""The layout shows the architecture: who may import whom is read from the real imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LIGHT = {"harness.records.types", "harness.records.verdicts", "harness.faults", "harness.records.atomic"}
HEAVY = {"torch", "transformers", "funasr", "vllm", "decord", "cv2", "ray", "av", "sklearn", "faster_whisper"}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_level_imports(path: Path) -> set[str]:
    """What is imported when the file is imported (type-checking blocks excepted)."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def ours(modules: set[str], package: str) -> set[str]:
    return {m for m in modules if m == package or m.startswith(package + ".")}


def sources(root: Path, package: str) -> list[Path]:
    files = sorted((root / package).rglob("*.py"))
    assert files
    return files


def test_types_import_nothing_of_ours(root: Path) -> None:
    found = imports(root / "harness" / "types.py")
    assert not ours(found, "harness") | ours(found, "models") | ours(found, "eval")


def test_harness_never_imports_eval_or_a_concrete_model(root: Path) -> None:
    for path in sources(root, "harness"):
        found = imports(path)
        assert not ours(found, "eval"), path
        assert all(m.startswith("models.base") or m == "models" for m in ours(found, "models")), path


def test_models_import_only_types_faults_and_atomic_files(root: Path) -> None:
    for path in sources(root, "models"):
        foreign = {m for m in ours(imports(path), "harness") if ".".join(m.split(".")[:2]) not in LIGHT}
        assert not foreign - {"harness"}, path
        assert not ours(imports(path), "eval"), path


def test_eval_imports_only_types_labels_and_store(root: Path) -> None:
    allowed = LIGHT | {"harness.records.labels", "harness.records.store", "harness"}
    for path in sources(root, "eval"):
        foreign = {m for m in ours(imports(path), "harness") if ".".join(m.split(".")[:2]) not in allowed}
        assert not foreign, path


def test_no_heavy_import_at_the_top_of_a_module(root: Path) -> None:
    for package in ("harness", "models", "eval"):
        for path in sources(root, package):
            assert not top_level_imports(path) & HEAVY, path


def test_init_files_are_empty(root: Path) -> None:
    for package in ("harness", "models", "eval"):
        for path in (root / package).rglob("__init__.py"):
            assert path.read_text(encoding="utf-8") == "", path


def test_one_broad_except(root: Path) -> None:
    broad = []
    for package in ("harness", "models", "eval"):
        for path in sources(root, package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = (
                    {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
                    if (isinstance(node, ast.ExceptHandler) and node.type)
                    else ({"bare"} if isinstance(node, ast.ExceptHandler) else set())
                )
                reraises = isinstance(node, ast.ExceptHandler) and isinstance(node.body[-1], ast.Raise)
                if names & {"Exception", "BaseException", "bare"} and not reraises:
                    broad.append(path.name)
    assert broad == ["runner.py"]


@pytest.mark.parametrize("word", ["pickle.load", "yaml.load(", "shell=True", "trust_remote_code=True"])
def test_nothing_is_loaded_unsafely(root: Path, word: str) -> None:
    for package in ("harness", "models", "eval"):
        for path in sources(root, package):
            assert word not in path.read_text(encoding="utf-8"), path
