"""The whole run as its user starts it: real clips, real processes, and the files looked at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.records.labels import SENTIMENT5
from harness.records.types import MODALITIES
from tests.support.media_clips import times_at, tone, write_clip, write_wav
from tests.support.needs import needs
from tests.support.run_command import predictions, run, submission, table

needs("cv2")
PERCEIVING = ("media", "transcribe", "speech", "face")


def stories(out: Path) -> dict[str, Any]:
    read = [json.loads(p.read_text("utf-8")) for p in (out / "supplements" / "video_emotion_results").glob("*.json")]
    return {story["clip"]["id"]: story for story in read}


def digests(out: Path, *stages: str) -> dict[str, str]:
    return {
        str(path.relative_to(out)): json.loads(path.read_text("utf-8"))["digest"]
        for stage in stages
        for path in (out / "supplements" / "records" / stage).glob("*.json")
    }


@pytest.fixture(scope="module")
def demo(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    done = run(root, root / "Test_Data", out)
    assert done.returncode == 0, done.stderr
    return out


def test_every_file_of_the_design_is_there(demo: Path, root: Path) -> None:
    clips = {row["ID"] for row in table(root / "Test_Data" / "labels.csv")}
    assert set(submission(demo)) == clips
    assert list(submission(demo)) == sorted(clips)
    assert set(submission(demo).values()) <= set(SENTIMENT5.labels)
    supplements = demo / "supplements"
    assert {row["文件名称"] for row in table(supplements / "transcription_results.csv")} == clips
    assert set(stories(demo)) == set(predictions(demo)) == clips
    for name in ("transcription_log.txt", "run.log", "run_manifest.json", "report.html"):
        assert (supplements / name).stat().st_size > 100
    page = (supplements / "report.html").read_text(encoding="utf-8")
    assert all(clip in page for clip in clips)


def test_the_manifest_says_what_ran(demo: Path) -> None:
    manifest = json.loads((demo / "supplements" / "run_manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["providers"]) == {"transcribe", "text", "speech", "face", "reason"}
    assert all(len(provider["fingerprint"]) == 64 for provider in manifest["providers"].values())
    for stage in ("text", "speech", "face"):
        assert {len(digest) for digest in manifest["providers"][stage]["files"].values()} == {64}
    assert manifest["packages"]["numpy"]
    assert manifest["run"]["exit_code"] == 0
    assert manifest["outcomes"]["media"] == {"ok": len(submission(demo))}


def test_rows_agree_with_their_stories(demo: Path) -> None:
    for clip, row in predictions(demo).items():
        story = stories(demo)[clip]
        assert row["Label"] == submission(demo)[clip] == story["prediction"]["label"]
        p = [float(row[f"p_{label}"]) for label in SENTIMENT5.labels]
        assert sum(p) == pytest.approx(1, abs=1e-5)
        heard = [m for m in MODALITIES if row[f"contribution_{m}"]]
        assert heard == [m for m in MODALITIES if m in story["evidence"]["opinions"]]
        total = sum(float(row[f"contribution_{m}"]) for m in heard)
        assert total == pytest.approx(p[SENTIMENT5.rank(row["Label"])] - 0.2, abs=1e-5)
        assert (row["status"] == "ok") == (len(heard) == 3)
        assert not Path(story["clip"]["path"]).is_absolute()


def test_the_words_of_the_demo_are_read(demo: Path) -> None:
    found = {row["文件名称"]: row for row in table(demo / "supplements" / "transcription_results.csv")}
    assert found["demo_zh_sad.mp4"]["语言"] == "zh"
    assert found["demo_en_angry.mp4"]["语言"] == "en"
    assert "terrible" in found["demo_en_angry.mp4"]["字幕"]
    assert stories(demo)["demo_zh_sad.mp4"]["transcript"]["source"] == "subtitle track"


def test_a_chain_of_thought_is_in_the_clips_language_and_says_what_it_is(demo: Path) -> None:
    zh, en = (stories(demo)[name]["reasoning"] for name in ("demo_zh_sad.mp4", "demo_en_angry.mp4"))
    assert zh["text"].startswith("<think>这段视频的情感是") and "最后判断为" in zh["text"]
    assert en["text"].startswith("<think>The clip reads as") and "As it stands, " in en["text"]
    assert zh["told"].keys() == {"en"} and en["told"].keys() == {"zh"}, "the other language is kept beside it"
    assert zh["argument"]["decided_by"] in ("text", "audio", "video")
    assert zh["is_language_model"] is en["is_language_model"] is False


def test_two_processes_agree(demo: Path, root: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    flags = ("--limit", "4", "--set", "workers=1")
    assert run(root, root / "Test_Data", again, *flags, PYTHONHASHSEED="7").returncode == 0
    everything = (*PERCEIVING, "text", "evidence", "argue", "reason", "parse", "fuse", "attribute")
    found, before = digests(again, *everything), digests(demo, *everything)
    assert len(found) == 4 * len(everything)
    assert found == {name: before[name] for name in found}


@pytest.fixture(scope="module")
def odd_folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd") / "data"
    (folder / "zh").mkdir(parents=True)
    (folder / "en").mkdir()
    good = root / "Test_Data" / "demo_zh_mute.mp4"
    voice = root / "Test_Data" / "demo_en_voice.m4a"
    shutil.copy(good, folder / "zh" / "中文 名字,“引号”.MP4")
    shutil.copy(good, folder / "en" / "twice.mp4")
    shutil.copy(good, folder / "zh" / "twice.mp4")
    shutil.copy(voice, folder / "-dash.m4a")
    shutil.copy(voice, folder / "=formula.m4a")
    (folder / "words only.mp4").write_bytes(b"not a clip")
    (folder / "words only.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nI love it\n", encoding="utf-8")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("this is no video", encoding="utf-8")
    (folder / "cut.mp4").write_bytes(good.read_bytes()[:200])
    (folder / ".hidden.mp4").write_bytes(good.read_bytes())
    (folder / "notes.md").write_text("ignored", encoding="utf-8")
    (folder / "outside.mp4").symlink_to(root / "Test_Data" / "demo_en_happy.mp4")
    return folder


def test_every_clip_gets_its_row_whatever_it_is(odd_folder: Path, root: Path, models: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(root, odd_folder, out, "--set", "default_label=WNEG")
    assert done.returncode == 3, done.stderr
    broken = {"empty.mp4", "text.mp4", "cut.mp4", "outside.mp4"}
    # One name stands in two folders, so the folder belongs to every ID; nothing is lost.
    fine = {"zh_中文 名字,“引号”.MP4", "zh_twice.mp4", "en_twice.mp4", "-dash.m4a", "=formula.m4a"}
    assert set(submission(out)) == broken | fine | {"words only.mp4"}
    rows = predictions(out)
    assert {clip for clip, row in rows.items() if row["status"] == "fallback"} == broken
    for clip in broken:
        assert rows[clip]["Label"] == "WNEG"
        assert rows[clip]["reason"]
        assert clip in done.stderr
    assert rows["words only.mp4"]["status"] == "partial"
    assert float(rows["words only.mp4"]["contribution_text"]) > 0
    assert "have the same file name: IDs are made by ids=path_" in done.stderr
    assert "notes.md is no clip" in done.stderr
    assert stories(out)["zh_中文 名字,“引号”.MP4"]["reasoning"]["language"] == "zh"  # from its folder
    assert run(root, odd_folder, tmp_path / "lenient", "--max-errors", "5").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "nope"], "known: embedded"),
        (["--set", "fuse.strategy=magic"], "log_pool"),
        (["--set", "media.fps=-1"], "fps"),
        (["--set", "face.provider=magic"], "known: cvmesh"),
        (["--models-dir", "/nowhere"], "python -m models fetch face"),
        (["--test-data", "/nowhere"], "--test-data"),
        (["--limit", "0"], "limit"),
        (["--submission-name", "a/b.csv"], "plain file name"),
    ],
)
def test_bad_configuration_starts_nothing(
    root: Path, models: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    out = tmp_path / "out"
    done = run(root, root / "Test_Data", out, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def picture_clip(path: Path, frames: list[np.ndarray], sound: np.ndarray) -> None:
    times = times_at(12.5, len(frames) / 12.5)
    by_time = dict(zip([round(t, 3) for t in times], frames, strict=True))

    def picture(time: float, width: int, height: int) -> np.ndarray:
        return by_time[round(time, 3)]

    write_clip(path, times=times, size=(320, 320), picture=picture, sounds=[sound])


@pytest.fixture(scope="module")
def three_kinds(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of a face with a voice, noise with noise, and grey with a tone, through the whole run."""
    from harness.media.decode import MediaSettings, decode

    folder = tmp_path_factory.mktemp("kinds")
    data, random = folder / "data", np.random.default_rng(0)
    data.mkdir()
    still = decode(root / "Test_Data" / "demo_en_happy.mp4", MediaSettings())
    assert still.audio is not None
    photo = next(frame.rgb for frame in still.frames if frame.time > 1.5)
    noise = [random.integers(0, 256, (320, 320, 3), dtype=np.uint8) for _ in range(25)]
    picture_clip(data / "photo.mp4", [photo] * 25, still.audio[16_000:48_000])
    picture_clip(data / "noise.mp4", noise, random.normal(0, 0.1, 32_000).astype(np.float32))
    picture_clip(data / "grey.mp4", [np.full((320, 320, 3), 128, np.uint8)] * 25, tone(2.0))
    for path in data.glob("*.mp4"):
        path.with_suffix(".txt").write_text(f"This is the {path.stem} clip, and it is {path.stem}.", encoding="utf-8")
    out = folder / "out"
    assert run(root, data, out, "--max-errors", "3").returncode == 0
    return out


def test_a_stage_that_says_ok_looked_at_its_input(three_kinds: Path) -> None:
    for stage in ("media", "transcribe", "speech", "face", "text", "evidence", "reason", "fuse"):
        records = [
            json.loads(path.read_text("utf-8"))
            for path in (three_kinds / "supplements" / "records" / stage).glob("*.json")
        ]
        assert len(records) == 3
        ok = [record["digest"] for record in records if record["outcome"] == "ok"]
        assert ok, stage
        assert len(set(ok)) == len(ok), stage
    outcome = {clip: story["stages"]["face"]["outcome"] for clip, story in stories(three_kinds).items()}
    assert outcome == {"photo.mp4": "ok", "noise.mp4": "absent", "grey.mp4": "absent"}


def test_sound_without_speech_has_no_opinion(root: Path, models: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_wav(data / "silence.wav", np.zeros(32_000, np.float32))
    write_wav(data / "short.wav", np.zeros(100, np.float32))
    out = tmp_path / "out"
    done = run(root, data, out, "--max-errors", "9")
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in predictions(out).values()} == {"fallback"}
    assert "too little speech" in predictions(out)["silence.wav"]["reason"]


@pytest.mark.shared
def test_real_clips(root: Path, models: Path, shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(root, shared / "clips" / "mer", out, "--limit", "5").returncode == 0
    rows = predictions(out)
    assert len(submission(out)) == len(rows) == 5
    assert "fallback" not in {row["status"] for row in rows.values()}
    told = stories(out).values()
    assert sum("video" in story["evidence"]["opinions"] for story in told) >= 4
    assert all(story["stages"]["speech"]["outcome"] == "ok" for story in told)
    assert all("audio" in story["evidence"]["opinions"] for story in told)
    faces = [json.loads(path.read_text("utf-8"))["data"] for path in (out / "supplements/records/face").glob("*.json")]
    seen = [face for face in faces if face["found_share"] > 0.4 and face["opinion"] is not None]
    assert len(seen) >= 4
    answers = {tuple(face["opinion"]["probabilities"]) for face in seen}
    assert len(answers) == len(seen), "different faces, different answers"


@pytest.mark.shared
def test_odd_real_clips_name_what_is_missing(root: Path, models: Path, shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(root, shared / "clips" / "odd", out).returncode == 0
    rows = predictions(out)
    assert set(rows) == {path.name for path in (shared / "clips" / "odd").iterdir()}
    for clip, row in rows.items():
        for modality in MODALITIES:
            assert bool(row[f"contribution_{modality}"]) != (f"{modality}: " in row["reason"]), clip


def test_a_folder_that_cannot_be_written_is_said(root: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")
    done = run(root, root / "Test_Data", tmp_path / "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr
