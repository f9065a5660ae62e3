"""`python -m models fetch omni`: an omni model as its authors publish it, from Hugging Face or ModelScope."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.folders import default_models_dir
from models.hub.fetch_hub import Source, check_sums, fetch
from models.hub.pins import BRANCH, revision_of
from models.omni.server.files import check_folder

SIZES = ("7B", "3B")
FILES = ("*.json", "*.txt", "*.jinja", "*.safetensors")


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--size", choices=SIZES, default="7B", help="of Qwen2.5-Omni")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="another omni model that vLLM serves")
    parser.add_argument("--hub", choices=list(BRANCH), default="hf", help="hf: Hugging Face, ms: ModelScope")
    parser.add_argument("--revision", help="branch, tag or commit (default: the pinned commit, else the branch)")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--fresh", action="store_true", help="fetch even if it is there")


def run(args: argparse.Namespace) -> int:
    """Fetch into `omni/NAME` below the models' folder; 0 when it is there and whole."""
    repository = args.repository or f"Qwen/Qwen2.5-Omni-{args.size}"
    source = Source(args.hub, repository, args.revision or revision_of(repository, BRANCH[args.hub], args.hub), FILES)
    target = (args.models_dir or default_models_dir()) / "omni" / repository.split("/")[-1]
    fetch(source, target, _check, args.fresh)
    return 0


def _check(folder: Path) -> None:
    check_folder(folder)
    check_sums(folder)
