"""Two shards on a folder, merged: the same submission and the same records as one run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.test_run import digests
from tests.support.media_clips import tone, write_wav
from tests.support.needs import needs
from tests.support.run_command import face_nets_only, python, run

needs("cv2")
NO_WORDS = ("--set", "transcribe.provider=written", "workers=1")
STAGES = ("media", "transcribe", "speech", "face", "text", "evidence", "reason", "parse", "fuse", "attribute")


def merge(root: Path, out: Path, *shards: Path) -> subprocess.CompletedProcess[str]:
    folders = [str(shard / "supplements") for shard in shards]
    places = ["--results", str(out / "results"), "--supplements", str(out / "supplements")]
    command = ["-m", "harness", "merge", *folders, *places, "--models-dir", str(face_nets_only(root))]
    return python(command, root)


def test_merged_shards_are_one_run(root: Path, models: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number in range(3):
        write_wav(data / f"{number}.wav", tone(0.5 + number / 10, rate=16_000))
    (data / "1.txt").write_text("I am so happy with this", encoding="utf-8")
    (data / "2.mp4").write_bytes(b"no film")
    one, whole = tmp_path / "one", tmp_path / "whole"
    shards = [tmp_path / "first", tmp_path / "second"]
    assert run(root, data, one, "--max-errors", "9", *NO_WORDS).returncode == 0
    assert run(root, data, shards[0], "--shard", "1/2", "--max-errors", "9", *NO_WORDS).returncode == 0

    lacking = merge(root, whole, shards[0])
    assert lacking.returncode == 2 and "shard 2/2 is missing" in lacking.stderr
    assert not (whole / "results").exists()

    assert run(root, data, shards[1], "--shard", "2/2", "--max-errors", "9", *NO_WORDS).returncode == 0
    record = shards[1] / "supplements" / "records" / "speech" / "1.wav.json"
    content = record.read_bytes()
    record.unlink()
    lacking = merge(root, whole, *shards)
    assert lacking.returncode == 2 and "1.wav of shard 2/2 has no record of the stage speech" in lacking.stderr
    record.write_bytes(content)

    done = merge(root, whole, *reversed(shards))
    assert done.returncode == 0, done.stderr
    name = "results/combined_results.csv"
    assert (whole / name).read_bytes() == (one / name).read_bytes()
    assert digests(whole, *STAGES) == digests(one, *STAGES)
    assert (whole / "supplements" / "report.html").stat().st_size > 100
    log = "supplements/transcription_log.txt"
    assert (whole / log).read_bytes() == (one / log).read_bytes()
