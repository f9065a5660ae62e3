"""`python -m models fetch r1-omni`: the four parts, from Hugging Face, from ModelScope, or out of folders of yours.

SigLIP, Whisper and BERT are pinned by commit and by the SHA-256 of their files (`models/hub/pins.py`). Of R1-Omni and
HumanOmni no commit is known to the project: their branch is taken at the commit that it has when the fetch begins,
every file is held against the sums that the hub lists of that commit, and `source.json` keeps both; the fetch says so,
and `--revision model=COMMIT` repeats it. A folder of the user's is held against the same pins, and told what it is not.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.faults import ConfigError
from models.fingerprint import file_sha256
from models.folders import PARTIAL, default_models_dir, put_in_place
from models.hub.fetch_hub import SOURCE, Source, check_sums, fetch, origin_of, write_source
from models.hub.pins import BRANCH, PINS, revision_of
from models.r1omni.checkpoint.parts import FOLDERS, ORIGINS, candidates, find, kind_of, missing, weight_files

HUMANOMNI = "StarJiaxing/HumanOmni-0.5B"
"""What R1-Omni was trained from; of the same layout. Its own code also thins out pictures (a slow-fast compressor) that
R1-Omni's leaves out; here it is computed as R1-Omni is, and a compressor's tensors in the file are refused."""
HUMANOMNI_ON_MODELSCOPE = "iic/HumanOmni-0.5B"
MODELSCOPE: Mapping[str, str] = {"model": "iic/R1-Omni-0.5B"}
"""Of the other parts no repository is known there; `--repository PART=OWNER/NAME` names one."""
FILES: Mapping[str, tuple[str, ...]] = {
    "model": ("*.json", "*.txt", "*.jinja", "*.safetensors"),
    "vision": ("config.json", "preprocessor_config.json", "model*.safetensors", "model.safetensors.index.json"),
    "audio": ("config.json", "preprocessor_config.json", "model.safetensors"),
    "bert": ("config.json", "tokenizer*.json", "vocab.txt"),
}
"""Part → what is needed of its repository. BERT's own weights are not: the checkpoint holds its trained ones."""
_OF_A_FOLDER = ("*.json", "*.txt", "*.jinja")


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--hub", choices=list(BRANCH), default="hf", help="hf: Hugging Face, ms: ModelScope")
    parser.add_argument("--base", action="store_true", help=f"{HUMANOMNI} in place of R1-Omni, computed as R1-Omni")
    parser.add_argument(
        "--from", dest="folders", nargs="*", type=Path, default=[], metavar="DIR",
        help="take parts out of these folders (known by their config.json), and fetch only the others",
    )  # fmt: skip
    parser.add_argument("--repository", nargs="*", default=[], metavar="PART=OWNER/NAME", help="instead of the usual")
    parser.add_argument("--revision", nargs="*", default=[], metavar="PART=COMMIT", help="instead of the branch")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--fresh", action="store_true", help="fetch even if it is there")


def run(args: argparse.Namespace) -> int:
    """Bring every part into `r1-omni/` below the models' folder; 0 when all are there and fit each other."""
    target = (args.models_dir or default_models_dir()) / ("humanomni-0.5b" if args.base else "r1-omni")
    named, at = _pairs(args.repository), _pairs(args.revision)
    given = _given(args.folders)
    for part, name in FOLDERS.items():
        folder = target / name
        if part in given:
            _take(part, given[part], folder, args.fresh)
            continue
        repository = named.get(part) or _repository(part, args.hub, args.base)
        revision = at.get(part) or revision_of(repository, BRANCH[args.hub], args.hub)
        if revision == BRANCH[args.hub]:
            print(f"{part}: no commit of {repository} is pinned; {revision} is taken as it is now, and written down")
        fetch(Source(args.hub, repository, revision, FILES[part]), folder, _Check(part), args.fresh)
    find([target])
    print(f"{target}: all four parts; python -m models check --profile r1-omni --load tries them")
    return 0


def _repository(part: str, hub: str, base: bool) -> str:
    if part == "model" and base:
        return HUMANOMNI_ON_MODELSCOPE if hub == "ms" else HUMANOMNI
    if hub == "ms" and part not in MODELSCOPE:
        raise ConfigError(
            f"no repository of {ORIGINS[part]} on ModelScope is known here",
            f"--repository {part}=OWNER/NAME, or --from with a folder that holds it, or --hub hf",
        )
    return MODELSCOPE[part] if hub == "ms" else ORIGINS[part]


def _pairs(words: Sequence[str]) -> dict[str, str]:
    found = {}
    for word in words:
        part, separator, value = word.partition("=")
        if not separator or part not in FOLDERS or not value:
            raise ConfigError(f"{word!r} is not PART=VALUE", f"parts: {', '.join(FOLDERS)}")
        found[part] = value
    return found


def _given(folders: Sequence[Path]) -> dict[str, Path]:
    """Part → folder of the user's that is it. ConfigError for a folder that holds none."""
    found: dict[str, Path] = {}
    for folder in folders:
        here = {kind: path for path in reversed(candidates(folder)) if (kind := kind_of(path))}
        if not here:
            raise ConfigError(f"{folder} holds no part of R1-Omni", "a folder with the part's config.json, or above it")
        found = {**here, **found}
    return found


def _take(part: str, source: Path, folder: Path, fresh: bool) -> None:
    """Link (or else copy) a part's files into place, by way of a folder beside it."""
    if folder.is_dir() and not fresh:
        _Check(part)(folder)
        print(f"{part}: already in {folder}")
        return
    lacks = missing(part, source)
    if lacks:
        raise ConfigError(lacks[0], "name the folder with all of its files")
    check_sums(source)
    partial = folder.with_name(folder.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    weights = () if part == "bert" else weight_files(source)
    for path in {*weights, *(file for kind in _OF_A_FOLDER for file in source.glob(kind))} - {source / SOURCE}:
        try:
            os.link(path.resolve(), partial / path.name)
        except OSError:
            shutil.copyfile(path, partial / path.name)
    write_source(partial, **(origin_of(source) or {"hub": "your folder", "repository": source.name, "revision": ""}))
    put_in_place(partial, folder)
    print(f"{part}: {source} → {folder}{_unlike_pins(part, folder)}")


def _unlike_pins(part: str, folder: Path) -> str:
    """Which files of a folder are not those that are pinned; empty where all are, or none is."""
    pinned = PINS[ORIGINS[part]].files if ORIGINS[part] in PINS else {}
    other = [name for name, sha in pinned.items() if (at := folder / name).is_file() and file_sha256(at) != sha]
    return f"; not as {ORIGINS[part]} has them: {', '.join(other)}" if other else ""


class _Check:
    """ConfigError when a part's folder is not whole, or not that part."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, folder: Path) -> None:
        again = "fetch it again with --fresh"
        if kind_of(folder) != self._part:
            raise ConfigError(f"{folder} is not the {self._part} part of an R1-Omni", again)
        if lacks := missing(self._part, folder):
            raise ConfigError(lacks[0], again)
        check_sums(folder)
