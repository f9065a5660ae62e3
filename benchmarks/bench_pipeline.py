"""How fast a run is: cold with one worker, cold with one per core, and resumed with nothing left to do.

Machines are shared and noisy, so compare the ratios of one run of this script, not seconds of two.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def timed(data: Path, out: Path, *settings: str) -> tuple[float, dict[str, float], float]:
    """Wall seconds of one run, its seconds by stage, and seconds of media in the clips."""
    command = [sys.executable, str(ROOT / "run_submission.py"), "--test-data", str(data)]
    command += ["--results", str(out / "results"), "--supplements", str(out / "supplements")]
    started = time.perf_counter()
    subprocess.run([*command, "--max-errors", "1000000", "--set", "seed=0", *settings], check=True, capture_output=True)
    seconds = time.perf_counter() - started
    manifest = json.loads((out / "supplements" / "run_manifest.json").read_text(encoding="utf-8"))
    media = 0.0
    for path in (out / "supplements" / "records" / "media").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        media += (record["data"] or {}).get("seconds", 0.0)
    return seconds, manifest["seconds_by_stage"], media


def main() -> int:
    """Print a line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-data", type=Path, default=ROOT / "Test_Data")
    data = parser.parse_args().test_data
    with tempfile.TemporaryDirectory() as folder:
        one, stages, media = timed(data, Path(folder, "one"), "workers=1")
        many, _, _ = timed(data, Path(folder, "many"), "workers=0")
        again, _, _ = timed(data, Path(folder, "many"), "workers=0")
    print(f"media              {media:.1f} s in {data}")
    print(f"one worker         {one:.1f} s, {media / one:.2f} times real time")
    print(f"one per core       {many:.1f} s, {media / many:.2f} times real time, {one / many:.2f} times one worker")
    print(f"nothing left to do {again:.1f} s, {many / again:.2f} times quicker than cold")
    print("stage seconds      " + ", ".join(f"{k} {v:.1f}" for k, v in sorted(stages.items(), key=lambda i: -i[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
