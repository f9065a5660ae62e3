"""A models' folder laid out like the real one, with tiny random models of the true architectures.

Run by the interpreter of requirements/models.txt; the omni checkpoint is built by the server's own interpreter, whose
transformers writes what its vLLM reads. Nothing is built twice.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support import tiny_emotion2vec, tiny_whisper  # noqa: E402

OMNI, WHISPER, EMOTION2VEC = "omni/Qwen2.5-Omni-7B", "whisper/large-v3-turbo", "emotion2vec/plus_base"


def build(out: Path, serve_python: Path) -> None:
    """Fill `out` with what the profile `full` looks for."""
    build_omni(out / OMNI, serve_python)
    if not (out / EMOTION2VEC).is_dir():
        tiny_emotion2vec.build(out / EMOTION2VEC)
    if not (out / WHISPER).is_dir():
        built = tiny_whisper.build(out / "whisper" / ".work")
        shutil.copytree(built, out / WHISPER)
        shutil.rmtree(out / "whisper" / ".work")
    command = [sys.executable, "-m", "models", "fetch", "face", "--models-dir", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)


def build_omni(folder: Path, serve_python: Path) -> Path:
    """The omni checkpoint alone."""
    if not folder.is_dir():
        command = [str(serve_python), str(Path(__file__).with_name("tiny_omni.py")), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode:
            raise SystemExit(f"the tiny omni model could not be built:\n{done.stderr[-2000:]}")
        print(done.stdout.strip())
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--serve-python", type=Path, required=True)
    flags = parser.parse_args()
    build(flags.out.absolute(), flags.serve_python.absolute())
