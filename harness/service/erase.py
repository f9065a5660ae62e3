"""`erase`: every trace of a clip out of runs, their pages, and the service's jobs."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.faults import ConfigError
from harness.output.erase import PAGE, Traces, erase, run_folders, still_named, traces
from harness.records.atomic import remove_temporaries
from harness.records.store import exclusive
from harness.service.jobs import Job, JobFolders

KEPT = "the clip's own file and what lies beside it stay where they are: remove them, or the next run judges it again"


def erase_everywhere(clip: str, supplements: Path, results: Path, service: Path, *, dry_run: bool) -> int:
    """Remove every trace of a clip and print what was removed; with `dry_run` what would be.

    Args:
        clip: its ID.
        supplements: of a run; runs in its subfolders count too.
        results: of the same run.
        service: the service's folder, which may be missing.
        dry_run: nothing is changed.

    Returns:
        0, or 1 where a file still names the clip.

    Raises:
        ConfigError: there is no trace of it, or a run or the service is writing there.
        OSError: a file cannot be read or written.
    """
    runs = list(run_folders(supplements, results))
    with contextlib.ExitStack() as held:
        for folder in [*(place for place, _ in runs if place.is_dir()), *([service] if service.is_dir() else [])]:
            held.enter_context(exclusive(folder))
        found = {place: traces(clip, place, of_run) for place, of_run in runs}
        ids = _jobs(clip, service)
        lines = [line for place in found for line in _told(found[place], place)]
        lines += [f"removed    {service / 'jobs' / job} with all that is in it" for job in ids]
        if not lines:
            raise ConfigError(f"there is no trace of a clip {clip} in {supplements}", "the IDs are those of the csv")
        print("\n".join([*(["nothing is changed; without --dry-run:"] if dry_run else []), *lines, KEPT]))
        if dry_run:
            return 0
        for place, of_clip in found.items():
            erase(of_clip)
            remove_temporaries(place)
            if of_clip.page:
                _write_page(place)
        for job in ids:
            JobFolders(service, lambda: "").remove(job)
        return _verdict(still_named(clip, [place for run in runs[:1] for place in run]))


def _jobs(clip: str, service: Path) -> list[str]:
    """The service's jobs of this clip."""
    found = []
    for note in sorted(service.glob("jobs/*/job.json")):
        with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            job = msgspec.json.decode(note.read_bytes(), type=Job)
            found += [job.id] if job.name == clip else []
    return found


def _told(found: Traces, place: Path) -> list[str]:
    lines = [f"removed    {path}" for path in found.remove]
    lines += [f"taken out  {path}" for path in found.rewrite]
    return lines + ([f"anew       {place / PAGE}"] if found.page else [])


def _write_page(place: Path) -> None:
    from eval.report.report import write_report

    write_report(place, place / PAGE)


def _verdict(left: Sequence[Path]) -> int:
    if left:
        print(f"{len(left)} files still name it, and are not of a kind that can be rewritten: remove them by hand")
        print("\n".join(f"           {path}" for path in left))
    return 1 if left else 0
