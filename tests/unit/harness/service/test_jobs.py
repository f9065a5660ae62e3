from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.service.jobs import Job, JobFolders


def numbers() -> Callable[[], str]:
    counted = itertools.count(1)
    return lambda: f"{next(counted):032x}"


def admitted(folders: JobFolders, name: str = "a.mp4", created: str = "2026-01-01") -> Job:
    with folders.incoming() as folder:
        (folder / "clip").mkdir()
        (folder / "clip" / name).write_bytes(b"x")
        return folders.admit(folder, folders.new(name, created))


def test_an_upload_becomes_a_job_only_when_it_is_whole(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path, numbers())
    with pytest.raises(OSError), folders.incoming() as folder:
        (folder / "half").write_bytes(b"x")
        raise OSError("the connection broke")
    assert list((tmp_path / "incoming").iterdir()) == [] and folders.unfinished() == []
    job = admitted(folders)
    assert folders.get(job.id) == job and (folders.clip_folder(job.id) / "a.mp4").is_file()


def test_the_next_start_finds_what_was_left_undone(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path, numbers())
    later, first = admitted(folders, created="2026-01-02"), admitted(folders, created="2026-01-01")
    over, erased = admitted(folders), admitted(folders)
    folders.put(first, state="running")
    folders.put(over, state="finished")
    folders.put(erased, state="erased")
    (tmp_path / "incoming" / "half").mkdir()
    again = JobFolders(tmp_path, numbers())
    assert [job.id for job in again.unfinished()] == [first.id, later.id]
    assert again.get(erased.id) is None and list((tmp_path / "incoming").iterdir()) == []


def test_erasing_leaves_no_file(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path, numbers())
    job = admitted(folders)
    folders.remove(job.id)
    folders.remove(job.id)
    assert folders.get(job.id) is None and [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("wrong", ["", "..", "../x", "0" * 31, "0" * 32 + "\n", "G" * 32])
def test_nothing_but_an_id_names_a_job(tmp_path: Path, wrong: str) -> None:
    folders = JobFolders(tmp_path, numbers())
    assert folders.get(wrong) is None
    with pytest.raises(KeyError):
        folders.folder(wrong)


def test_a_torn_job_file_is_no_job(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path, numbers())
    job = admitted(folders)
    (folders.folder(job.id) / "job.json").write_bytes(b'{"id": "')
    assert folders.get(job.id) is None and folders.unfinished() == []
