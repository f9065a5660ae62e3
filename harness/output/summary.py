"""What a run tells its user: progress while it goes, a short table at the end."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from harness.inputs.folder import Passed
from harness.output.export import head_of
from harness.output.tally import Tally
from harness.records.conversions import base_of, losses
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.types import Clip, Record

MOST_PASSED = 50
UNMAPPED = "has no image there (unmapped)"


class Progress:
    """A tqdm bar on a terminal, one plain line per clip otherwise."""

    def __init__(self, total: int, logger: logging.Logger) -> None:
        self._total = total
        self._done = 0
        self._logger = logger
        self._bar = tqdm(total=total, unit="clip") if sys.stderr.isatty() else None

    def step(self, clip: Clip, records: Mapping[str, Record]) -> None:
        """One more clip is complete."""
        self._done += 1
        row = head_of(clip, records, "")
        line = f"[{self._done}/{self._total}] {clip.id}: {row['Label']} ({row['status']}, {row['seconds']} s)"
        if row["reason"]:
            line += f" {row['reason']}"
        self._logger.info(line, extra={"only_without_bar": True})
        if self._bar is not None:
            self._bar.set_postfix_str(clip.id, refresh=False)
            self._bar.update()

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()


def table(
    tally: Tally,
    seconds: float,
    passed: Sequence[Passed] = (),
    space: LabelSpace = SENTIMENT5,
) -> str:
    """Counts, languages, labels, seconds by stage, the slowest clips, and the files that are no clips, as text."""
    stages = sorted(tally.seconds_by_stage().items(), key=lambda item: -item[1])
    lines = [
        ("clips", f"{tally.clips} in {seconds:.1f} s"),
        ("status", _counts(tally.status, ("ok", "partial", "fallback"))),
        ("language", _counts(tally.languages, ("zh", "en", "unknown"))),
        ("label", _counts(tally.labels, space.labels)),
        ("stage seconds", ", ".join(f"{name} {value:.1f}" for name, value in stages if value >= 0.05)),
        ("slowest", ", ".join(f"{clip} {value:.1f} s" for clip, value in tally.slowest())),
    ]
    lines += [("no clip" if i == 0 else "", f"{one.path}: {one.reason}") for i, one in enumerate(passed[:MOST_PASSED])]
    if len(passed) > MOST_PASSED:
        lines.append(("", f"… and {len(passed) - MOST_PASSED} more files (run.log and run_manifest.json name each)"))
    return "\n".join(f"{name:<14} {value}" for name, value in lines)


def listed_paths(paths: Sequence[Path]) -> str:
    """The files written, one a line; short where they lie below the folder the run was started in."""
    return "\n".join(f"{'wrote' if i == 0 else '':<14} {shown(path)}" for i, path in enumerate(paths))


def shown(path: Path) -> Path:
    """A path as it is typed from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _counts(counter: Counter[str], order: Sequence[str]) -> str:
    return ", ".join(f"{name} {counter[name]}" for name in order)


def space_note(space: LabelSpace) -> str:
    """Which space is answered in and what is lost on the way there; empty for the five sentiments."""
    if space == SENTIMENT5:
        return ""
    lost = losses(space)
    base = base_of(space).name
    said = [f"label space {space.name}: {', '.join(space.labels)}"]
    said += [f"{base}'s {', '.join(lost['unmapped'])} {UNMAPPED}"] if lost["unmapped"] else []
    said += [f"nothing in {base} leads to {', '.join(lost['unreached'])}"] if lost["unreached"] else []
    return "; ".join(said)
