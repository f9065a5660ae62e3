"""The process beside a run that alone imports fsspec: it fetches clips and records, and sends what the run writes.

    python -m harness.remote.transfer      an order a line on standard input, JSON; to each an answer on standard output

It is a process of its own as a store's packages start threads, which the run must not have when its workers are forked
from it, and so that a connection that hangs holds up nothing but itself. `Companion` is how a run speaks to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.records.atomic import TEMPORARY, write_atomic
from harness.records.store import LOCK
from harness.remote.objects import Objects, faults, said

AT_ONCE = 16
GIVE_UP_AFTER = 32
"""Files in a row that failed: then the connection is lost, and the others are not tried one by one."""
SEND_EVERY = 20.0
"""Seconds between two looks for records to send; those that came meanwhile go as one group."""
GROUP = 256
"""Files after which the index is written."""
REMEDY = "check the URL, the keys and the network, then run the same command: it resumes"
NOT_SENT = (LOCK, ".seal.json")
RECORDS = "records/"


def fetch(order: Mapping[str, Any]) -> dict[str, str]:
    """Bring objects to files; name → why one did not come.

    Args:
        order: `url`, `folder`, `index` (a file that says which content of a name lies in the folder), and `files`,
            name → [size, token].
    """
    store, folder, index = Objects(order["url"]), Path(order["folder"]), Path(order["index"])
    have = read_index(index)
    failed: dict[str, str] = {}
    row = [0]

    def bring(name: str, facts: list[Any]) -> None:
        if row[0] >= GIVE_UP_AFTER:
            failed[name] = f"not tried, as {row[0]} files before it did not come"
            return
        try:
            store.fetch(name, folder / name, facts[0])
        except faults() as error:
            row[0] += 1
            failed[name] = said(error)
        else:
            row[0] = 0
            have[name] = facts

    files = order["files"].items()
    wanted = {name: facts for name, facts in files if not is_here(folder / name, facts, have.get(name))}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for group in _groups(list(wanted.items()), GROUP):
            list(pool.map(lambda item: bring(*item), group))
            write_index(index, have)
    return failed


def listed(order: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Name → [size, token] of all that lies below `url`."""
    return {name: [found.size, found.token] for name, found in Objects(order["url"]).list().items()}


class Sender:
    """Sends what has changed in a folder since it was sent; `index` keeps what that was."""

    def __init__(self, url: str, folder: Path, index: Path) -> None:
        self._store, self._folder, self._index = Objects(url), folder, index
        self._sent = read_index(index)

    def send(self, below: str = "", last: str = "") -> dict[str, str]:
        """Send new and changed files whose names begin with `below`, `last` after all others; name → why not."""
        changed = sorted(
            ((name, path) for name, path in _files(self._folder) if name.startswith(below) and name not in NOT_SENT),
            key=lambda item: (not item[0].startswith(RECORDS), item[0]),
        )
        at_last = [item for item in changed if item[0] == last]
        groups = [*_groups([item for item in changed if item[0] != last], GROUP), *_groups(at_last, GROUP)]
        failed: dict[str, str] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for group in groups:
                if len(failed) >= GIVE_UP_AFTER or (failed and group[0][0] == last):
                    failed |= {name: "not tried, as files before it were not sent" for name, _ in group}
                    continue
                failed |= {name: why for name, why in pool.map(self._one, group) if why}
                write_index(self._index, self._sent)
        return failed

    def _one(self, item: tuple[str, Path]) -> tuple[str, str]:
        name, path = item
        try:
            facts = path.stat()
            looks = [facts.st_size, str(facts.st_mtime_ns)]
            if self._sent.get(name) != looks:
                self._store.send(path, name)
                self._sent[name] = looks
        except FileNotFoundError:
            return name, ""  # replaced just now, and sent the next time
        except faults() as error:
            return name, said(error)
        return name, ""


def keep_sending(order: Mapping[str, Any]) -> list[dict[str, str]]:
    """Send records in groups until the run says that it has ended, then all; where it just ends, the records alone.

    Args:
        order: `places`, a list of {url, folder, index, last}; the first is that of the records.
    """
    senders = [Sender(one["url"], Path(one["folder"]), Path(one["index"])) for one in order["places"]]
    print(json.dumps({"done": "ready"}), flush=True)
    wait = SEND_EVERY
    while not select.select([sys.stdin], [], [], wait)[0]:
        began = time.monotonic()
        senders[0].send(RECORDS)
        wait = max(SEND_EVERY, 10 * (time.monotonic() - began))  # looking at a million files takes its time
    if not sys.stdin.readline().strip():
        return [senders[0].send(RECORDS)]
    return [sender.send(last=one["last"]) for sender, one in zip(senders, order["places"], strict=True)]


def read_index(path: Path) -> dict[str, list[Any]]:
    """Name → [size, token]; nothing where there is no such file, or none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_index(path: Path, known: Mapping[str, Any]) -> None:
    """Write what `read_index` reads."""
    write_atomic(path, json.dumps(dict(known)).encode())


def is_here(path: Path, facts: list[Any], known: list[Any] | None) -> bool:
    """Whether the content that a name has at the store lies in its file; `known` is what was fetched there."""
    try:
        return known == facts and path.stat().st_size == facts[0]
    except OSError:
        return False


def _files(folder: Path) -> Iterable[tuple[str, Path]]:
    """Name and path of every file below a folder that is whole."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not name.startswith(TEMPORARY):
                yield path.relative_to(folder).as_posix(), path


def _groups(items: list[Any], size: int) -> Iterable[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


class Companion:
    """The process beside a run, as the run sees it; it ends with the run. One order after the other.

    Args:
        root: the checkout, from which it is started.
    """

    def __init__(self, root: Path) -> None:
        words = [sys.executable, "-m", "harness.remote.transfer"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)

    def __enter__(self) -> Companion:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process, contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()

    def ask(self, order: Mapping[str, Any]) -> Any:
        """What is done. ConfigError for a fault, and for a process that ended without a word."""
        assert self._process.stdin is not None and self._process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise ConfigError(f"the process beside the run ended with {code}", "see what it said above")
        found = json.loads(line)
        if "fault" in found:
            raise ConfigError(found["fault"], found["remedy"])
        return found["done"]


def main() -> int:
    """Order after order; a fault is an answer too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run says when it is over
    work: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {"list": listed, "fetch": fetch, "send": keep_sending}
    while line := sys.stdin.readline():
        order = json.loads(line)
        try:
            answer = {"done": work[order["do"]](order)}
        except ConfigError as fault:
            answer = {"fault": fault.message, "remedy": fault.remedy}
        except faults() as error:
            answer = {"fault": f"{order.get('url', 'the store')} does not answer: {said(error)}", "remedy": REMEDY}
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
