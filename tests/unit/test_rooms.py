"""The layout shows the architecture: which room may import which is read from the real imports.

The order of the rooms stands twice, here and in docs/design.md, and must be the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = """\
harness: __main__ > service > output > engine > reasoning > judging > media > remote > config, context, \
ingest, lazy, processes > fork_server > inputs, sockets > records > faults
models: __main__ > evaluation > training/fusion, training/sentence > training > features > hub > r1omni > omni, \
r1omni/checkpoint > omni/server > omni/protocol > body, brief, enhance > face, text, voice > transcription, text/e5, \
voice/prosody, voice/whisper > transcription/picture > heads > evidence_reasoner, registry > attach, base, \
fingerprint, folders, telemetry
eval: __main__ > report > probes, reasoning > benchmarks, claims, scoring > exports, stories > tables > metrics > \
datasets > errors"""
"""Package: its rooms (or files of its ground floor) from the top down; a comma parts those of one floor."""
FOREIGN: Mapping[str, tuple[str, ...]] = {
    "harness": ("models/base",),
    "harness/__main__": ("models/registry",),
    "models": ("harness/records", "harness/inputs", "harness/faults"),
    "eval": ("harness/records", "harness/inputs", "harness/faults"),
    "eval/reasoning": ("models/text",),
    "models/evaluation": ("harness/judging",),
    "harness/service": ("models/registry", "models/folders", "eval/report"),
}
"""What a package, or one room of it, may import of the other packages."""
HEAVY = {
    "torch",
    "transformers",
    "funasr",
    "vllm",
    "decord",
    "cv2",
    "ray",
    "av",
    "sklearn",
    "faster_whisper",
    "onnxruntime",
    "ai_edge_litert",
}
MOST_FILES, MOST_LINES = 20, 400


@cache
def modules() -> Mapping[str, Path]:
    """Dotted name → file of every module of the three packages."""
    paths = [path for package in ("harness", "models", "eval") for path in sorted((ROOT / package).rglob("*.py"))]
    assert paths
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return dict(zip((name.removesuffix(".__init__") for name in names), paths, strict=True))


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules of ours that a file imports, anywhere in it; those that a table names as text among them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules() else node.module)
    return frozenset(found & set(modules()))


def room_of(module: str) -> str:
    """The room of a module, as a path: its folder, or the file itself on a package's ground floor."""
    relative = modules()[module].relative_to(ROOT)
    return str(relative.with_suffix("") if len(relative.parts) == 2 else relative.parent)


def floors() -> dict[str, int]:
    """Room → its floor, 0 at the bottom of its package."""
    found = {}
    for line in ORDER.splitlines():
        package, rooms = line.split(": ")
        for floor, names in enumerate(reversed(rooms.split(" > "))):
            found |= {f"{package}/{name}": floor for name in names.split(", ")}
    return found


def edges() -> Iterator[tuple[str, str]]:
    """(importing module, imported module)."""
    for name, path in modules().items():
        yield from ((name, other) for other in imports(path) if other != name)


def test_every_room_has_its_place() -> None:
    packages = {"harness/__init__", "models/__init__", "eval/__init__"}
    assert {room_of(name) for name in modules()} - packages == set(floors())


def test_nothing_imports_a_higher_room() -> None:
    floor = floors()
    wrong = []
    for name, other in edges():
        here, there = room_of(name), room_of(other)
        same_package = here.split("/")[0] == there.split("/")[0]
        if here != there and same_package and floor[here] <= floor[there]:
            wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_packages_meet_where_the_design_says() -> None:
    wrong = []
    for name, other in edges():
        here, there = room_of(name), room_of(other)
        package = here.split("/")[0]
        allowed = (*FOREIGN[package], *FOREIGN.get(here, ()))
        if package != there.split("/")[0] and not there.startswith(allowed):
            wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_no_import_circle() -> None:
    below: dict[str, set[str]] = {}
    for name, other in edges():
        below.setdefault(name, set()).add(other)
    done: set[str] = set()
    while free := {n for n in modules() if n not in done and below.get(n, set()) <= done}:
        done |= free
    assert set(modules()) - done == set(), "these import each other in circles"


def test_rooms_and_files_stay_small() -> None:
    folders = [path.parent for path in modules().values() if path.name != "__init__.py"]
    assert {str(f): folders.count(f) for f in set(folders) if folders.count(f) > MOST_FILES} == {}
    long = {
        str(p): n for p in modules().values() if (n := len(p.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_the_design_page_has_the_same_order() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```rooms\n(.*?)\n```", page, re.DOTALL)
    assert " ".join(block.split()) == " ".join(ORDER.split())


def test_every_room_says_what_it_is_and_imports_nothing() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for name, path in modules().items():
        if path.name != "__init__.py" or name == "eval.metrics":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert len(tree.body) == 1, f"{path}: a docstring and nothing else"
        said = ast.get_docstring(tree) or ""
        for part in ("In: ", "Out: ", "May import: ", "Begin with "):
            assert part in said, f"{path}: {part}"
        if name not in ("harness", "models", "eval"):
            assert f"| `{name.replace('.', '/')}` | {said.splitlines()[0]} |" in page, f"{name}: docs/design.md"


def test_no_heavy_import_at_the_top_of_a_module() -> None:
    for path in modules().values():
        found = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
        assert not found & HEAVY, path


def test_one_broad_except() -> None:
    broad = []
    for path in modules().values():
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
def test_nothing_is_loaded_unsafely(word: str) -> None:
    for path in modules().values():
        assert word not in path.read_text(encoding="utf-8"), path


def test_every_unit_test_stands_where_its_file_stands() -> None:
    for path in sorted((ROOT / "tests" / "unit").rglob("test_*.py")):
        folder = path.parent.relative_to(ROOT / "tests" / "unit")
        assert (ROOT / folder).is_dir(), f"{path}: no room {folder}"
