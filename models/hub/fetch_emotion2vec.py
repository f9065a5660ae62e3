"""`python -m models fetch emotion2vec`: a released checkpoint, from ModelScope or Hugging Face."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.folders import default_models_dir
from models.hub.fetch_hub import Source, check_sums, fetch
from models.hub.pins import BRANCH, revision_of
from models.voice.emotion2vec_files import find, meanings, read_config, read_labels

NAMES = ("base", "plus_seed", "plus_base", "plus_large")
OWNER = {"ms": "iic", "hf": "emotion2vec"}
FILES = ("config.yaml", "configuration.json", "*.pt", "tokens.txt")


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--name", choices=NAMES, default="plus_base", help="plus_* have nine scores, base has none")
    parser.add_argument("--hub", choices=list(OWNER), default="ms", help="ms: ModelScope, hf: Hugging Face")
    parser.add_argument("--revision", help="branch, tag or commit (default: the pinned commit, else the branch)")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--fresh", action="store_true", help="fetch even if it is there")


def run(args: argparse.Namespace) -> int:
    """Fetch into `emotion2vec/NAME` below the models' folder; 0 when it is there and whole."""
    repository = f"{OWNER[args.hub]}/emotion2vec_{args.name}"
    source = Source(args.hub, repository, args.revision or revision_of(repository, BRANCH[args.hub], args.hub), FILES)
    fetch(source, (args.models_dir or default_models_dir()) / "emotion2vec" / args.name, _check, args.fresh)
    return 0


def _check(folder: Path) -> None:
    """Files, settings, labels and sums; the weights are compared with the network by `models check --load`."""
    found = find(folder)
    read_config(found.config)
    meanings(read_labels(found.tokens))
    check_sums(folder)
