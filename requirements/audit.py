"""Is a known weakness in a package of the light core? `python requirements/audit.py [LOCK]`.

Three things, each said in a line: every package of the lock file can be had with one of its hashes (pip, which installs
nothing here); every one stands in the bill of materials; and what is publicly known against them, which pip-audit asks
of the Python Package Index. Where that cannot be reached nothing is known, which is said, and the exit code is 0. It is
1 for a weakness, or where a package does not fit its hash.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import install
import sbom

AUDITOR = "pip-audit==2.10.1"
SECONDS = 300
REMEDY = "raise it in requirements/embedded.txt, then make lock"


def hashes_fit(lock: Path) -> bool:
    """Whether pip takes every package of the lock file by its hash; downloads, and installs nothing."""
    words = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--require-hashes", "-r", str(lock)]
    done = subprocess.run([*install.PIP, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"not every package fits its hash: {_last(done.stderr)} (make lock)", file=sys.stderr)
    return not done.returncode


def known(lock: Path) -> tuple[list[dict[str, Any]] | None, str]:
    """What pip-audit found of packages that it could ask about, each with its `vulns`; None and why where of none."""
    if not install.have_uv():
        return None, "uv, which runs pip-audit, cannot be had here"
    call = [sys.executable, "-m", "uv", "tool", "run", "--from", AUDITOR, "pip-audit"]
    words = ["--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(
            [*call, *words, "--progress-spinner", "off"],
            env=install.uv_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {SECONDS} s"
    try:
        told = list(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError, TypeError):
        return None, _last(done.stderr)
    found, skipped = asked(told)
    if not found:
        return None, skipped[0] if skipped else "it names no package"
    return found, f", and nothing of {len(skipped)} that could not be asked about" if skipped else ""


def asked(told: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The packages that were asked about, and the reasons why others were not: those are no good news."""
    return [one for one in told if "skip_reason" not in one], [o["skip_reason"] for o in told if "skip_reason" in o]


def _last(text: str) -> str:
    """The last line that says something."""
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["nothing was said"])[-1][:300]


def weaknesses(found: list[dict[str, Any]]) -> list[str]:
    """A line for each that is known."""
    return [
        f"{one['name']} {one.get('version', '')}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'none'}"
        for one in found
        for weak in one.get("vulns", ())
    ]


def main(arguments: list[str]) -> int:
    """The audit; returns the exit code."""
    lock = Path(arguments[0]) if arguments else sbom.LOCK
    try:
        count = len(sbom.components(lock.read_text(encoding="utf-8")))
    except (OSError, ValueError) as fault:
        print(f"error: {lock}: {fault} (make lock)", file=sys.stderr)
        return 1
    if not hashes_fit(lock):
        return 1
    print(f"{count} packages, each with its hashes, and pip takes every one of this machine's by them")
    found, why = known(lock)
    if found is None:
        print(f"weaknesses: unavailable, the data that pip-audit asks for cannot be reached ({why})")
        return 0
    lines = weaknesses(found)
    for line in lines:
        print(f"{line} ({REMEDY})")
    print(f"weaknesses: {len(lines)} known in {len(found)} packages{why}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
