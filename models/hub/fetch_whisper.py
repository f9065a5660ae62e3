"""`python -m models fetch whisper`: a converted Whisper model, as faster-whisper's users publish them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from models.folders import default_models_dir
from models.hub.fetch_hub import Source, check_sums, fetch
from models.transcription.whisper_files import check_folder

REPOSITORIES: Mapping[str, str] = {
    "tiny": "Systran/faster-whisper-tiny",
    "base": "Systran/faster-whisper-base",
    "small": "Systran/faster-whisper-small",
    "medium": "Systran/faster-whisper-medium",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.*", "preprocessor_config.json")


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--size", choices=list(REPOSITORIES), default="large-v3-turbo")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="another converted model on Hugging Face")
    parser.add_argument("--revision", default="main", help="branch, tag or commit")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--fresh", action="store_true", help="fetch even if it is there")


def run(args: argparse.Namespace) -> int:
    """Fetch into `whisper/SIZE` below the models' folder; 0 when it is there and whole."""
    name = args.repository.split("/")[-1] if args.repository else args.size
    source = Source("hf", args.repository or REPOSITORIES[args.size], args.revision, FILES)
    fetch(source, (args.models_dir or default_models_dir()) / "whisper" / name, _check, args.fresh)
    return 0


def _check(folder: Path) -> None:
    check_folder(folder)
    check_sums(folder)
