"""Whole model folders from a hub, only when asked: into a folder beside the final one, checked, then put in place.

Both hubs' own libraries resume a download that was cut off. What its files must be is known before: by the project's
pins (`models/hub/pins.py`), and by what the hub lists of the very commit (`models/hub/listing.py`). A branch is taken
at the commit that it has when the fetch begins. Beside the files `source.json` says hub, repository, commit, and the
SHA-256 of every file.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.faults import ConfigError, StageUnavailable
from harness.records.atomic import write_atomic
from models.fingerprint import file_sha256
from models.folders import PARTIAL, put_in_place
from models.hub.listing import Digest, listing
from models.hub.pins import known_sums

PATIENCE = 10.0
"""Seconds after which a hub that does not answer counts as out of reach."""
SOURCE = "source.json"
HUBS = {"hf": "https://huggingface.co", "ms": "https://www.modelscope.cn"}
_ENDPOINT = {"hf": "HF_ENDPOINT", "ms": "MODELSCOPE_ENDPOINT"}
_INSTALL = {"hf": "pip install huggingface_hub", "ms": "pip install modelscope"}


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes:
        hub: `hf` (Hugging Face) or `ms` (ModelScope).
        repository: owner/name.
        revision: branch, tag or commit.
        patterns: the files that are needed, as shell patterns.
    """

    hub: str
    repository: str
    revision: str
    patterns: tuple[str, ...]

    @property
    def address(self) -> str:
        """The hub's address, or that of the mirror which the environment names."""
        return (os.environ.get(_ENDPOINT[self.hub]) or HUBS[self.hub]).rstrip("/")


def fetch(source: Source, target: Path, check: Callable[[Path], object], fresh: bool = False) -> None:
    """Bring `source` to the folder `target`; nothing is done when it is there and passes `check`.

    Args:
        source: hub, repository, revision, files.
        target: the final folder.
        check: raises ConfigError on a folder that is not whole.
        fresh: fetch even if it is there.

    Raises:
        StageUnavailable: the hub is out of reach or refuses; says what to copy where by hand.
        ConfigError: what came is not whole; it stays in `<target>.partial`.
    """
    if target.is_dir() and not fresh:
        check(target)
        print(f"{source.repository}: already in {target}, whole")
        return
    _reach(source, target)
    source, expected = _expected(source, target)
    partial = target.with_name(target.name + PARTIAL)
    partial.mkdir(parents=True, exist_ok=True)
    print(f"{source.repository} ({source.address}, revision {source.revision}) → {target}")
    _download(source, partial, target)
    check(partial)
    _compare(partial, expected)
    write_source(partial, hub=source.address, repository=source.repository, revision=source.revision)
    put_in_place(partial, target)
    size = sum(path.stat().st_size for path in model_files(target))
    print(f"{source.repository}: {len(model_files(target))} files, {size / 1e6:.0f} MB, written to {target}")


def _expected(source: Source, target: Path) -> tuple[Source, Mapping[str, Digest]]:
    """The source at its commit, and what each of its files must be: as pinned, else as the hub lists it."""
    try:
        told = listing(source.hub, source.address, source.repository, source.revision, PATIENCE)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StageUnavailable(
            f"{source.address} does not list the files of {source.repository} at {source.revision}: {error}",
            by_hand(source, target),
        ) from error
    at = replace(source, revision=told.commit or source.revision)
    known = {name: Digest("sha256", sha) for name, sha in known_sums(at.repository, at.revision).items()}
    return at, {**told.files, **known}


def _compare(folder: Path, expected: Mapping[str, Digest]) -> None:
    """ConfigError when a file that came is not the one that was to come; it stays where it is."""
    for path in model_files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in expected:
            raise ConfigError(f"{path} came, and nothing says what it must be", "fetch with --fresh, or another --hub")
        if not expected[name].fits(path):
            raise ConfigError(
                f"{path} is not the file that was to come: {expected[name].kind} {expected[name].value} is expected",
                f"delete {folder} and fetch again; another --hub if it comes again",
            )


def by_hand(source: Source, target: Path) -> str:
    """What to do where the hub cannot be reached."""
    files = ", ".join(source.patterns)
    return (
        f"on a machine that reaches it, download {files} of {source.address}/{source.repository} "
        f"(revision {source.revision}) and copy them into {target}; or name a mirror in {_ENDPOINT[source.hub]}"
    )


def _reach(source: Source, target: Path) -> None:
    """One short question before a library with many retries is asked."""
    request = urllib.request.Request(source.address, method="HEAD", headers={"User-Agent": "harness"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):
            return
    except urllib.error.HTTPError as error:
        error.close()  # it answered: the hub is there, whatever it thinks of HEAD
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise StageUnavailable(f"{source.address} cannot be reached: {reason}", by_hand(source, target)) from error


def _download(source: Source, folder: Path, target: Path) -> None:
    try:
        if source.hub == "hf":
            from huggingface_hub import snapshot_download

            snapshot_download(
                source.repository,
                revision=source.revision,
                local_dir=folder,
                allow_patterns=list(source.patterns),
                etag_timeout=PATIENCE,
            )
        else:
            from modelscope import snapshot_download as snapshot

            snapshot(
                source.repository,
                revision=source.revision,
                local_dir=str(folder),
                allow_patterns=list(source.patterns),
            )
    except ImportError as error:
        raise StageUnavailable(f"the hub's library cannot be imported: {error}", _INSTALL[source.hub]) from error
    except _errors(source.hub) as error:
        raise StageUnavailable(
            f"{source.repository} could not be downloaded: {type(error).__name__}: {error}", by_hand(source, target)
        ) from error


def _errors(hub: str) -> tuple[type[Exception], ...]:
    """What the hub's library may raise, its own kinds included."""
    plain: tuple[type[Exception], ...] = (OSError, ValueError, RuntimeError)
    if hub == "hf":
        from huggingface_hub.errors import HfHubHTTPError

        # Its bases hold the error of whichever HTTP client this version of the library uses.
        return (*plain, *(base for base in HfHubHTTPError.__mro__ if base.__name__ == "HTTPError"))
    from modelscope.hub import errors

    return (*plain, *(kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)))


def write_source(folder: Path, **origin: str) -> None:
    """`source.json`: where the folder's files come from (hub, repository, revision), and the SHA-256 of each."""
    files = {path.relative_to(folder).as_posix(): file_sha256(path) for path in model_files(folder)}
    write_atomic(folder / SOURCE, (json.dumps({**origin, "sha256": files}, indent=1) + "\n").encode())


def origin_of(folder: Path) -> dict[str, str]:
    """Hub, repository and revision by `source.json`; empty without one. ConfigError for one that cannot be read."""
    listed = folder / SOURCE
    if not listed.is_file():
        return {}
    try:
        told = json.loads(listed.read_text(encoding="utf-8"))
        return {name: str(told[name]) for name in ("hub", "repository", "revision")}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{listed} cannot be read: {error}", "delete it, or fetch the model again") from error


def check_sums(folder: Path) -> None:
    """ConfigError when a file is no longer the one that was fetched; a folder copied by hand has no sums to check."""
    listed = folder / SOURCE
    if not listed.is_file():
        return
    try:
        told = json.loads(listed.read_text(encoding="utf-8"))
        sums = {**told["sha256"], **known_sums(told["repository"], told["revision"])}
        wrong = [name for name, sha in sums.items() if not _same(folder / name, sha)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{listed} cannot be read: {error}", "delete it, or fetch the model again") from error
    if wrong:
        raise ConfigError(f"{folder}: not as fetched: {', '.join(wrong)}", "fetch it again with --fresh")


def _same(path: Path, sha: str) -> bool:
    return path.is_file() and file_sha256(path) == sha


def model_files(folder: Path) -> Sequence[Path]:
    """The model's own files; the libraries keep notes of their own in hidden folders."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SOURCE)
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
