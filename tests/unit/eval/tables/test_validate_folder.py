"""The run and the checker agree about any folder: what is in it and what its clips are called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.errors import EvalError
from eval.tables.validate import validate_file
from harness.faults import ConfigError
from harness.ingest import ingest
from harness.inputs.folder import PAIRS
from harness.inputs.ids import CHOICES

STEMS = ["a", "A", "b", "0001", "视频", ".hidden", "x.zh", "-3g", "a b", "odd\n"]
SUFFIXES = [".mp4", ".MP4", ".m4v", ".ts", ".wav", ".opus", ".srt", ".zh.srt", ".txt", ".csv", ".jpg", "", ".mp4.part"]
FOLDERS = ["", "zh", "Raw/v1", "Raw/v2", "audio", "video", ".cache", "deep/er"]
NAMES = st.tuples(st.sampled_from(FOLDERS), st.sampled_from(STEMS), st.sampled_from(SUFFIXES))


@given(st.lists(NAMES, max_size=10), st.sampled_from(CHOICES), st.sampled_from(PAIRS))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_folder(tmp_path: Path, names: list[tuple[str, str, str]], form: str, pairs: str) -> None:
    data = tmp_path / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    visible = set()
    for folder, stem, suffix in names:
        path = data / folder / (stem + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        if not stem.startswith(".") and folder != ".cache":
            visible.add(path)
    submission = tmp_path / "s.csv"
    try:
        found = ingest(data, ids=form, pairs=pairs)
    except ConfigError:
        submission.write_text("ID,Label\na.mp4,NEUT\n", encoding="utf-8")
        with pytest.raises(EvalError):
            validate_file(submission, ids=data, id_form=form, pairs=pairs)
        return
    ids = [clip.id for clip in found.clips]
    assert len(set(ids)) == len(ids)
    submission.write_text("ID,Label\n" + "".join(f'"{name}",NEUT\n' for name in ids), encoding="utf-8")
    assert validate_file(submission, ids=data, id_form=form, pairs=pairs).problems == ()
    # Every visible file is a clip, a clip's transcript, or named with its reason; exactly one of the three.
    kept = len(ids) + len({sidecar.path for clip in found.clips for sidecar in clip.sidecars})
    unread = sum(1 for clip in found.clips if clip.problem)
    assert len(visible) - unread <= kept + len(found.passed) <= len(visible)
    assert all(one.reason for one in found.passed)


def test_links_pipes_and_hidden_folders(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / ".cache").mkdir(parents=True)
    (data / "folder.mp4").mkdir()
    for path in (data / "a.mp4", data / ".cache/b.mp4", data / "folder.mp4/c.txt", tmp_path / "out.mp4"):
        path.write_bytes(b"x")
    (data / "broken.mp4").symlink_to("gone.mp4")
    (data / "out.mp4").symlink_to(tmp_path / "out.mp4")
    os.mkfifo(data / "pipe.mp4")
    ids = [clip.id for clip in ingest(data).clips]
    assert ids == ["a.mp4", "broken.mp4", "out.mp4", "pipe.mp4"]
    submission = tmp_path / "s.csv"
    submission.write_text("ID,Label\n" + "".join(f"{name},NEUT\n" for name in ids), encoding="utf-8")
    assert validate_file(submission, ids=data).problems == ()
