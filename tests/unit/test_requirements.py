"""The lock file of the light core holds what the requirement file pins, each archive by its hash."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    found = PINNED.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[._-]+", "-", name).casefold(): version for name, version in found}


def test_the_lock_file_is_of_the_requirements(root: Path) -> None:
    asked, locked = (pins(root / "requirements" / f"embedded.{kind}") for kind in ("txt", "lock"))
    assert asked and {name: locked.get(name) for name in asked} == asked, "make lock"


def test_every_package_is_locked_by_hash(root: Path) -> None:
    text = (root / "requirements" / "embedded.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 40
    for entry in entries:
        assert PINNED.match(entry) and re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert "://" not in text


def test_the_bill_of_materials_is_of_the_lock_file(root: Path, tmp_path: Path) -> None:
    lock, out = root / "requirements" / "embedded.lock", tmp_path / "sbom.json"
    script = [sys.executable, str(root / "requirements" / "sbom.py")]
    made = []
    for _ in range(2):
        subprocess.run([*script, str(lock), str(out)], check=True, capture_output=True)
        made.append(out.read_bytes())
    assert made[0] == made[1]
    told = json.loads(made[0])
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    text = lock.read_text(encoding="utf-8")
    assert {(one["name"], one["version"]) for one in told["components"]} >= set(pins(lock).items())
    hashes = [found["content"] for one in told["components"] for found in one["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
    assert len({one["bom-ref"] for one in told["components"]}) == len(told["components"])
    broken = tmp_path / "broken.lock"
    broken.write_text("numpy==2.3.5\n", encoding="utf-8")
    done = subprocess.run([*script, str(broken), str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "without a hash: pkg:pypi/numpy@2.3.5" in done.stderr


def test_a_package_that_could_not_be_asked_about_is_no_good_news(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "requirements"))
    audit = importlib.import_module("audit")
    weak = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
    told = [{"name": "a", "version": "1.0", "vulns": [weak]}, {"name": "b", "skip_reason": "not found"}]
    found, skipped = audit.asked(told)
    assert audit.weaknesses(found) == ["a 1.0: PYSEC-1, mended in 2.0"] and skipped == ["not found"]
    lock = root / "requirements" / "embedded.lock"
    monkeypatch.setattr(audit.install, "have_uv", lambda: True)
    for stdout, first in ((told[1:], "not found"), ([], "it names no package"), (None, "no way to the index")):
        said = "" if stdout is None else json.dumps({"dependencies": stdout})
        done = subprocess.CompletedProcess([], 1, said, "Traceback\nno way to the index\n\n")
        monkeypatch.setattr(audit.subprocess, "run", lambda *args, done=done, **kwargs: done)
        assert audit.known(lock) == (None, first)
