from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ClipError
from harness.service.uploads import LONGEST_STEM, Probe, clip_name, place

MP4 = Probe("mov,mp4,m4a,3gp,3g2,mj2", 2.0, True, True)
WEBM = Probe("matroska,webm", None, True, True)
SOUND = Probe("wav", 1.0, False, True)


@pytest.mark.parametrize(
    ("given", "found", "name"),
    [
        ("a.mp4", MP4, "a.mp4"),
        ("a.MOV", MP4, "a.mov"),
        ("开心 的.mp4", MP4, "开心 的.mp4"),
        ("camera.webm", WEBM, "camera.webm"),
        ("voice.mp4", SOUND, "voice.wav"),
        ("no_suffix", MP4, "no_suffix.mp4"),
        ("../../etc/passwd", MP4, "passwd.mp4"),
        ("C:\\clips\\a.mp4", MP4, "a.mp4"),
        (".mp4", MP4, "mp4.mp4"),
        ("..", MP4, "clip.mp4"),
        ("", MP4, "clip.mp4"),
        ("a\nb\x00.mp4", MP4, "a_b_.mp4"),
        ("<img src=x onerror=alert(1)>.mp4", MP4, "<img src=x onerror=alert(1)>.mp4"),
    ],
)
def test_a_name_is_kept_as_far_as_files_and_tables_carry_it(given: str, found: Probe, name: str) -> None:
    assert clip_name(given, found) == name


def test_a_long_name_is_cut_between_characters() -> None:
    name = clip_name("情" * 200 + ".mp4", MP4)
    assert len(name.encode()) <= LONGEST_STEM + 4 and name.endswith("情.mp4")


def test_a_container_that_no_run_takes_is_refused() -> None:
    with pytest.raises(ClipError, match="png_pipe"):
        clip_name("a.mp4", Probe("png_pipe", None, True, False))


def test_words_lie_beside_the_clip_and_its_language_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(b"clip")
    (tmp_path / "words").write_bytes(b"words")
    place(tmp_path, tmp_path / "upload", "a.b.mp4", ("said.SRT", tmp_path / "words"), "zh")
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["clip/zh/a.b.mp4", "clip/zh/a.b.srt"]
