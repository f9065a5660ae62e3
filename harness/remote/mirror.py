"""A run over an object store: local folders in place of URLs, filled before it and sent while it goes.

The clips of a run lie on this machine while it goes, no more than `HARNESS_CACHE_GB` of them: a larger set is run in
shards, each of which fetches its own part. A clip that cannot be fetched keeps its row, with an error that names it.
Records are sent in groups as they come, so that another machine can go on with them; what a user opens is sent last,
and of it the submission last of all.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.config import load_profile
from harness.faults import ConfigError
from harness.ingest import chosen_entries
from harness.inputs.folder import Entry
from harness.inputs.table import read_ids
from harness.remote.transfer import RECORDS, REMEDY, Companion, is_here, read_index, write_index
from harness.remote.urls import is_url, work_folder

ROOT = Path(__file__).resolve().parents[2]
MOST_GB = 50.0
READ_BESIDE = ("labels.csv", "about.json")
"""What a run reads of a folder besides its clips."""

Facts = Mapping[str, list[Any]]
"""Name → [size, token] of an object."""


def mirrored(flags: argparse.Namespace, work: Callable[[argparse.Namespace], int], overrides: Sequence[str]) -> int:
    """Run `work` with local folders in place of URLs among `flags.test_data`, `results` and `supplements`.

    Args:
        flags: of the run; `unfetched` is set: path of a clip → why it did not come.
        work: the run; gives its exit code.
        overrides: what of the profile is changed; it says how clips are called.

    Returns:
        Its exit code, or 1 where results could not be sent.

    Raises:
        ConfigError: a store cannot be used or does not answer, or the clips are more than may lie here.
    """
    places = [flags.test_data, flags.results, flags.supplements]
    if not any(map(is_url, places)):
        return work(flags)
    with Companion(ROOT) as companion:
        to_send = bring_places(flags, work_folder(*map(str, places)), companion)
        if is_url(flags.test_data):
            settings = load_profile(flags.profile, overrides)
            flags.test_data, flags.unfetched = bring_clips(flags, settings["ids"], settings["pairs"], companion)
        if not to_send:
            return work(flags)
        companion.ask({"do": "send", "places": to_send})
        code = work(flags)  # where it ends by a fault, the records are sent, as by the end of this process
        failed = companion.ask({"do": "all"})
        return unsent(failed, to_send) or code


def bring_places(flags: argparse.Namespace, home: Path, companion: Companion) -> list[dict[str, str]]:
    """Put local folders in place of the URLs that are written to, with the records there; what is to be sent."""
    to_send = []
    for name, last in (("supplements", "run_manifest.json"), ("results", flags.submission_name)):
        if is_url(url := getattr(flags, name)):
            folder, index = home / name, home / f"{name}.json"
            folder.mkdir(parents=True, exist_ok=True)
            if name == "supplements" and not flags.fresh:
                bring_records(url, folder, index, companion)
            to_send.append({"url": url, "folder": str(folder), "index": str(index), "last": last})
            setattr(flags, name, folder)
    return to_send


def bring_clips(flags: argparse.Namespace, ids: str, pairs: str, companion: Companion) -> tuple[Path, dict[str, str]]:
    """Fetch the clips of a run, with what belongs to them; their folder, and path → why one did not come."""
    url = flags.test_data
    home = work_folder(url)
    folder, index = home / "clips", home / "clips.json"
    there = companion.ask({"do": "list", "url": url})
    lay_out(folder, there, read_index(index))
    sample, only = (set(read_ids(file)) if file is not None else None for file in (flags.ids, flags.only))
    entries = chosen_entries(folder, flags.limit, ids, pairs, sample or only, flags.shard, only).part
    names = {name for entry in entries for name in names_of(entry)} | {n for n in there if Path(n).name in READ_BESIDE}
    wanted = {name: there[name] for name in names if name in there}
    most = float(os.environ.get("HARNESS_CACHE_GB", MOST_GB))
    total = sum(facts[0] for facts in wanted.values())
    if total > most * 1e9:
        parts = math.ceil(total / (most * 1e9))
        raise ConfigError(
            f"the clips at {url} are {total / 1e9:.1f} GB, and {most:g} GB of them may lie on this machine",
            f"run them in parts (--shard 1/{parts} …, then python -m harness merge), or set HARNESS_CACHE_GB",
        )
    order = {"do": "fetch", "url": url, "folder": str(folder), "index": str(index), "files": wanted}
    failed = companion.ask(order)
    unfetched = {}
    for entry in entries:
        for name in names_of(entry):
            if name in failed:
                unfetched[str(folder / entry.path)] = f"{url}/{name} could not be fetched: {failed[name]}"
    return folder, unfetched


def lay_out(folder: Path, there: Facts, have: Facts) -> None:
    """Make the folder look like the store: an empty file for what is still to be fetched, nothing that is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.relative_to(folder).as_posix() not in there:
                path.unlink()
    for name, facts in there.items():
        path = folder / name
        if not is_here(path, facts, have.get(name)):  # also one that was fetched and has another content now
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")


def names_of(entry: Entry) -> list[str]:
    """The files of a clip: itself, its transcripts, its sound."""
    paths = [entry.path, *(one.path for one in entry.sidecars), *([entry.sound] if entry.sound else [])]
    return [path.as_posix() for path in paths]


def bring_records(url: str, folder: Path, index: Path, companion: Companion) -> None:
    """Fetch the records that an earlier run, on whatever machine, has sent and that are not here. ConfigError."""
    there = companion.ask({"do": "list", "url": url})
    files = {name: facts for name, facts in there.items() if name.startswith(RECORDS) and not (folder / name).exists()}
    if not files:
        return
    order = {
        "do": "fetch",
        "url": url,
        "folder": str(folder),
        "index": str(index.with_suffix(".brought")),
        "files": files,
    }
    failed = companion.ask(order)
    if failed:
        name, why = next(iter(failed.items()))
        raise ConfigError(f"{len(failed)} records, such as {url}/{name}, could not be fetched: {why}", REMEDY)
    sent = read_index(index)
    for name in files:
        facts = (folder / name).stat()
        sent[name] = [facts.st_size, str(facts.st_mtime_ns)]
    write_index(index, sent)


def unsent(failed: Sequence[Mapping[str, str]], places: Sequence[Mapping[str, str]]) -> int:
    """Says where all was sent, or what is missing; 1 where something is."""
    for place, why in zip(places, failed, strict=True):
        if why:
            name = next(iter(why))
            print(
                f"error: {len(why)} files, such as {place['url']}/{name}, were not sent: {why[name]}", file=sys.stderr
            )
            print(f"they lie in {place['folder']}; {REMEDY}", file=sys.stderr)
        else:
            print(f"sent to {place['url']}")
    return int(any(failed))
