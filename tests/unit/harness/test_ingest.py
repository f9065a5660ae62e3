"""Ingest: which files become clips, and what is said about the others."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.ingest import MEDIA_SUFFIXES, ingest
from harness.records.types import Clip


def put(folder: Path, name: str, data: bytes = b"media") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def by_id(folder: Path) -> dict[str, Clip]:
    return {clip.id: clip for clip in ingest(folder).clips}


def test_all_kinds_whatever_the_case(tmp_path: Path) -> None:
    for suffix in MEDIA_SUFFIXES:
        put(tmp_path, f"low{suffix}")
        put(tmp_path, f"UP{suffix.upper()}")
    for name in ("labels.csv", "notes.md", "image.png", "mp4", "clip.mp4.part", "readme.txt", ".hidden.csv"):
        put(tmp_path, name)
    found = ingest(tmp_path, pairs="two")
    assert [clip.id for clip in found.clips] == sorted(
        [f"low{s}" for s in MEDIA_SUFFIXES] + [f"UP{s.upper()}" for s in MEDIA_SUFFIXES]
    )
    assert {one.path for one in found.passed} == {
        *("labels.csv", "notes.md", "image.png", "mp4", "clip.mp4.part", "readme.txt")
    }
    assert all(one.reason for one in found.passed)


def test_one_list_of_kinds_covers_what_people_hand_in() -> None:
    wanted = (
        ".mp4 .m4v .mov .mkv .webm .avi .flv .wmv .mpg .mpeg .ts .3gp .wav .mp3 .flac .ogg .m4a .aac .opus .wma .aiff"
    )
    assert set(wanted.split()) <= set(MEDIA_SUFFIXES)
    assert len(set(MEDIA_SUFFIXES)) == len(MEDIA_SUFFIXES)


def test_hash_size_and_path(tmp_path: Path) -> None:
    data = os.urandom(3 * 1024 * 1024 + 7)
    path = put(tmp_path, "a.mp4", data)
    (clip,) = ingest(tmp_path).clips
    assert clip == Clip("a.mp4", str(path), hashlib.sha256(data).hexdigest(), len(data))


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    put(tmp_path, ".hidden.mp4")
    put(tmp_path, "._a.mp4")
    put(tmp_path, ".cache/b.mp4")
    put(tmp_path, "deep/er/c.mp4")
    assert list(by_id(tmp_path)) == ["c.mp4"]


def test_folder_language_is_the_innermost(tmp_path: Path) -> None:
    put(tmp_path, "zh/a.mp4")
    put(tmp_path, "batch1/EN/b.mp4")
    put(tmp_path, "en/zh/c.mp4")
    put(tmp_path, "zh.mp4")
    put(tmp_path, "zhong/d.mp4")
    assert {i: c.folder_language for i, c in by_id(tmp_path).items()} == {
        "a.mp4": "zh",
        "b.mp4": "en",
        "c.mp4": "zh",
        "d.mp4": None,
        "zh.mp4": None,
    }


def test_equal_names_in_different_folders_are_all_kept(tmp_path: Path) -> None:
    put(tmp_path, "Raw/video_0001/0001.mp4", b"one")
    put(tmp_path, "Raw/video_0002/0001.mp4", b"one")
    put(tmp_path, "Raw/video_0002/0002.mp4", b"two")
    for folder in (tmp_path, tmp_path / "Raw"):
        found = ingest(folder)
        assert [clip.id for clip in found.clips] == [
            *("video_0001_0001.mp4", "video_0002_0001.mp4", "video_0002_0002.mp4")
        ]
        assert found.form == "path_"
        assert any("ids=path_" in warning for warning in found.warnings)
    with pytest.raises(ConfigError, match="have one ID") as fault:
        ingest(tmp_path, ids="name")
    assert "path_" in fault.value.remedy


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("name", "7.mp4"),
        ("stem", "7"),
        ("path", "SIMS/Raw/v1/7.mp4"),
        ("path-stem", "SIMS/Raw/v1/7"),
        ("path_", "v1_7.mp4"),
        ("path_-stem", "v1_7"),
        ("path$", "v1$_$7"),
    ],
)
def test_forms_of_ids(tmp_path: Path, form: str, expected: str) -> None:
    put(tmp_path, "SIMS/Raw/v1/7.mp4")
    assert [clip.id for clip in ingest(tmp_path, ids=form).clips] == [expected]
    found = ingest(tmp_path, sample={expected, "another"})
    assert [clip.id for clip in found.clips] == [expected]
    assert any("belong to no clip" in warning for warning in found.warnings)


def test_a_sample_that_fits_no_clip_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "v1/7.mp4")
    with pytest.raises(ConfigError, match="no clip's ID") as fault:
        ingest(tmp_path, sample={"x.mp4"})
    assert "v1/7.mp4" in fault.value.message
    assert "x.mp4" in fault.value.message


def test_a_clip_in_two_files_is_one_clip_and_says_so(tmp_path: Path) -> None:
    put(tmp_path, "video/x.mp4")
    put(tmp_path, "audio/x.wav", b"sound")
    put(tmp_path, "audio/y.wav")
    put(tmp_path, "z.mkv")
    put(tmp_path, "z.mp3")
    found = ingest(tmp_path)
    assert [clip.id for clip in found.clips] == ["x.mp4", "y.wav", "z.mkv"]
    sound = found.clips[0].sound
    assert sound is not None and sound.sha256 == hashlib.sha256(b"sound").hexdigest()
    assert {one.path for one in found.passed} == {os.path.join("audio", "x.wav"), "z.mp3"}
    assert all("one clip in two files" in one.reason and "pairs=two" in one.reason for one in found.passed)
    both = ingest(tmp_path, pairs="two")
    assert [clip.id for clip in both.clips] == ["x.mp4", "x.wav", "y.wav", "z.mkv", "z.mp3"]
    assert both.passed == ()
    assert sum("count as two clips" in warning for warning in both.warnings) == 2


def test_a_transcript_of_no_clip_is_named(tmp_path: Path) -> None:
    put(tmp_path, "s03.mp4")
    put(tmp_path, "s03_final.srt")
    put(tmp_path, "notes.txt")
    put(tmp_path, "subs/s03.srt")
    passed = {one.path: one.reason for one in ingest(tmp_path).passed}
    assert set(passed) == {"s03_final.srt", "notes.txt", os.path.join("subs", "s03.srt")}
    assert "name it s03.srt" in passed["s03_final.srt"]


def test_a_transcript_too_large_to_be_one_is_never_read(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4")
    with (tmp_path / "a.srt").open("wb") as stream:
        stream.truncate(4_000_000_000)
    found = ingest(tmp_path)
    assert found.clips[0].sidecars == ()
    assert any("a.srt" in warning and "4000000000 bytes" in warning for warning in found.warnings)


def test_zero_bytes_is_a_clip_with_a_problem(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4", b"")
    clip = by_id(tmp_path)["a.mp4"]
    assert "0 bytes" in clip.problem
    assert clip.size == 0


def test_links(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/secret.mp4", b"secret")
    data = tmp_path / "data"
    put(data, "real.mp4")
    (data / "inner.mp4").symlink_to("real.mp4")
    (data / "out.mp4").symlink_to(outside)
    (data / "broken.mp4").symlink_to("gone.mp4")
    (data / "loop.mp4").symlink_to("loop.mp4")
    (data / "folder_out").symlink_to(tmp_path / "outside")
    found = ingest(data)
    clips = {clip.id: clip for clip in found.clips}
    assert clips["inner.mp4"].problem == ""
    assert clips["inner.mp4"].sha256 == clips["real.mp4"].sha256
    assert "refused" in clips["out.mp4"].problem
    assert "broken link" in clips["broken.mp4"].problem
    assert "broken link" in clips["loop.mp4"].problem
    for name in ("out.mp4", "broken.mp4", "loop.mp4"):
        assert (clips[name].sha256, clips[name].size) == ("", 0)
    assert "secret.mp4" not in clips
    assert [w for w in found.warnings if "folder_out" in w and "not followed" in w]


def test_a_linked_root_is_read(tmp_path: Path) -> None:
    put(tmp_path, "real/a.mp4")
    (tmp_path / "link").symlink_to("real")
    (clip,) = ingest(tmp_path / "link").clips
    assert clip.problem == ""


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    assert by_id(tmp_path)["a.mp4"].problem == "not a regular file"


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything, so the refusal is made at open().
    put(tmp_path, "a.mp4")
    put(tmp_path, "b.mp4")
    real = Path.open

    def refuse(self: Path, *args: str) -> object:
        if self.name == "a.mp4":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args)

    monkeypatch.setattr(Path, "open", refuse)
    clips = by_id(tmp_path)
    assert "Permission denied" in clips["a.mp4"].problem
    assert clips["a.mp4"].sha256 == ""
    assert clips["b.mp4"].problem == ""


def test_awkward_names_are_kept_verbatim(tmp_path: Path) -> None:
    names = ["视频 一.mp4", "a,b.mp4", 'it\'s "q".mp4', "-3g5yACwYnA_10.mp4", "e\u0301.mp4", "a;b|c.mp4", "100%.mp4"]
    for name in names:
        put(tmp_path, name)
    found = ingest(tmp_path)
    assert [clip.id for clip in found.clips] == sorted(names)
    assert not [clip for clip in found.clips if clip.problem]
    assert found.warnings == ()


def test_formula_names_warn_once_each(tmp_path: Path) -> None:
    for name in ("=1+1.mp4", "+a.mp4", "@b.mp4", "-c.mp4"):
        put(tmp_path, name)
    found = ingest(tmp_path)
    assert [clip.id for clip in found.clips] == sorted(["=1+1.mp4", "+a.mp4", "@b.mp4", "-c.mp4"])
    assert sorted(warning.split(":")[0] for warning in found.warnings) == ["+a.mp4", "=1+1.mp4", "@b.mp4"]
    assert not [clip for clip in found.clips if clip.problem]


def test_names_that_are_equal_once_written_out_keep_one_row_each(tmp_path: Path) -> None:
    put(tmp_path, "bad\\xff.mp4")
    with open(os.path.join(os.fsencode(tmp_path), b"bad\xff.mp4"), "wb") as stream:
        stream.write(b"media")
    found = ingest(tmp_path)
    assert len(found.clips) + len(found.passed) == 2
    assert len({clip.id for clip in found.clips}) == len(found.clips)


def test_control_characters_and_broken_bytes(tmp_path: Path) -> None:
    put(tmp_path, "two\nlines.mp4")
    put(tmp_path, "line\u2028sep.mp4")
    with open(os.path.join(os.fsencode(tmp_path), b"bad\xff.mp4"), "wb") as stream:
        stream.write(b"media")
    clips = by_id(tmp_path)
    assert sorted(clips) == ["bad\\xff.mp4", "line\\u2028sep.mp4", "two\\nlines.mp4"]
    for clip in clips.values():
        assert "rename" in clip.problem
        assert clip.sha256 == hashlib.sha256(b"media").hexdigest()
        (clip.id + clip.path).encode("utf-8")


def test_sidecars_in_order(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4")
    put(tmp_path, "A.mp4")
    for name in ("a.txt", "a.srt", "a.VTT", "a.mp4.srt", "A.srt", "ab.srt", "a.b.srt", ".a.srt"):
        put(tmp_path, name, name.encode())
    clips = by_id(tmp_path)
    assert [Path(s.path).name for s in clips["a.mp4"].sidecars] == ["a.mp4.srt", "a.srt", "a.VTT", "a.txt"]
    assert [s.sha256 for s in clips["a.mp4"].sidecars][1] == hashlib.sha256(b"a.srt").hexdigest()
    assert [Path(s.path).name for s in clips["A.mp4"].sidecars] == ["A.srt"]


def test_sidecar_of_another_folder_is_not_taken(tmp_path: Path) -> None:
    put(tmp_path, "zh/a.mp4")
    put(tmp_path, "a.srt")
    put(tmp_path, "en/a.srt")
    assert by_id(tmp_path)["a.mp4"].sidecars == ()


def test_sidecar_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    secret = put(tmp_path, "outside/secret.txt")
    data = tmp_path / "data"
    put(data, "a.mp4")
    put(data, "a.txt")
    (data / "a.srt").symlink_to(secret)
    found = ingest(data)
    assert [Path(s.path).name for s in found.clips[0].sidecars] == ["a.txt"]
    (warning,) = found.warnings
    assert "a.srt" in warning
    assert "refused" in warning


def test_limit_takes_the_first_ids(tmp_path: Path) -> None:
    for name in ("c.mp4", "zh/a.mp4", "b.wav"):
        put(tmp_path, name)
    assert [clip.id for clip in ingest(tmp_path, limit=2).clips] == ["a.mp4", "b.wav"]
    with pytest.raises(ConfigError):
        ingest(tmp_path, limit=0)


def test_the_folder_is_wrong(tmp_path: Path) -> None:
    put(tmp_path, "empty/labels.csv")
    put(tmp_path, "empty/a.srt")
    for folder in (tmp_path / "gone", tmp_path / "empty/labels.csv", tmp_path / "empty"):
        with pytest.raises(ConfigError) as fault:
            ingest(folder)
        assert "--test-data" in fault.value.remedy
        assert folder.name in fault.value.message


def test_only_a_refused_folder_is_named(tmp_path: Path) -> None:
    put(tmp_path, "outside/a.mp4")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/zh").symlink_to(tmp_path / "outside")
    with pytest.raises(ConfigError, match="not followed"):
        ingest(tmp_path / "data")


def test_same_result_twice(tmp_path: Path) -> None:
    for name in ("b.mp4", "zh/a.mp4", "en/a.mp4", "a.srt", "=x.mp4"):
        put(tmp_path, name)
    assert ingest(tmp_path) == ingest(tmp_path)


def test_a_single_clip_with_what_lies_beside_it(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "a.srt", "b.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.mp4").write_bytes(b"y")
    found = ingest(tmp_path / "a.mp4")
    assert [clip.id for clip in found.clips] == ["a.mp4"] and found.warnings == ()
    assert [Path(sidecar.path).name for sidecar in found.clips[0].sidecars] == ["a.srt"]
    assert found.clips[0] == ingest(tmp_path).clips[0]


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("gone.mp4", "there is no clip", "check the path"),
        ("gone", "does not exist", "clip.mp4"),
        ("notes.txt", "is no clip", "mp4 m4v"),
        ("empty", "no clip in", "--test-data DIR"),
    ],
)
def test_what_is_not_there_says_what_to_do(tmp_path: Path, name: str, said: str, remedy: str) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=said) as raised:
        ingest(tmp_path / name)
    assert remedy in raised.value.remedy


def test_shards_are_every_nth_clip_and_read_no_other(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path, f"{number}.mp4")
    whole = ingest(tmp_path)
    shards = [ingest(tmp_path, shard=(number, 2)) for number in (1, 2)]
    assert [[clip.id for clip in shard.clips] for shard in shards] == [["0.mp4", "2.mp4", "4.mp4"], ["1.mp4", "3.mp4"]]
    assert {shard.ids_sha256 for shard in shards} == {whole.ids_sha256}
    assert {clip for shard in shards for clip in shard.clips} == set(whole.clips)
    put(tmp_path, "5.mp4")
    assert ingest(tmp_path, shard=(1, 2)).ids_sha256 != whole.ids_sha256
    with pytest.raises(ConfigError, match="7 shards of 6 clips"):
        ingest(tmp_path, shard=(1, 7))


def test_only_the_wanted_clips_are_read(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        put(tmp_path, name)
    found = ingest(tmp_path, only={"c.mp4", "a.mp4", "z.mp4"})
    assert [clip.id for clip in found.clips] == ["a.mp4", "c.mp4"]
    assert found.warnings == ("1 of the 3 wanted clips are not there, such as z.mp4",)
    assert [clip.id for clip in ingest(tmp_path, 1, only={"b.mp4", "c.mp4"}).clips] == ["b.mp4"]
    with pytest.raises(ConfigError, match=r"none of the 1 wanted IDs .* such as z\.mp4; there is a\.mp4"):
        ingest(tmp_path, only={"z.mp4"})
