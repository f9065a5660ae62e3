"""Clips cut out of a recording begin and end where the table says, and go on where a cutting was stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.media.decode import MediaSettings, decode
from models.__main__ import main

av = pytest.importorskip("av")
RATE = 25


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds, whose grey rises by 2 a picture; a tone that begins at 2 s."""
    folder = tmp_path_factory.mktemp("recordings")
    with av.open(str(folder / "abc.mp4"), "w") as out:
        video, audio = out.add_stream("libx264", rate=RATE, options={"crf": "10"}), out.add_stream("aac", rate=16_000)
        video.width, video.height, video.pix_fmt, audio.layout = 64, 48, "yuv420p", "mono"
        for k in range(4 * RATE):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 + 2 * k, np.uint8), format="rgb24")
            out.mux(video.encode(picture))
        out.mux(video.encode())
        t = np.arange(4 * 16_000) / 16_000
        tone = (0.5 * np.sin(2 * np.pi * 440 * t) * (t >= 2)).astype(np.float32)
        for at in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, at
            out.mux(audio.encode(frame))
        out.mux(audio.encode())
    return folder


def table(folder: Path, *rows: str) -> list[str]:
    text = "\n".join(["link,start,end,video,utterance", *rows])
    (folder / "omg.csv").write_text(text + "\n", encoding="utf-8")
    return ["cut", "--data", str(folder / "omg.csv"), "--out", str(folder / "clips")]


def test_a_clip_begins_and_ends_where_the_table_says(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ("x,1.0,2.6,abc,utterance_1.mp4", "x,2.4,3.2,abc,utterance_2.mp4", "x,9,10,abc,utterance_3.mp4")
    words = [*table(tmp_path, *rows, "x,0,1,gone,utterance_1.mp4"), "--recordings", str(recordings)]
    assert main(words) == 3
    said = capsys.readouterr()
    assert "4 clips: 2 cut, 0 there already, 2 failed" in said.out
    assert "nothing of abc.mp4 lies between 9 and 10 s" in said.err and "there is no recording" in said.err
    first, second = (tmp_path / "clips" / "abc" / f"utterance_{k}.mp4" for k in (1, 2))
    media = decode(first, MediaSettings(fps=RATE))
    assert len(media.frames) == 40 and media.frames[0].time == pytest.approx(0, abs=0.05)
    assert media.frames[0].rgb.mean() == pytest.approx(20 + 2 * RATE, abs=6)
    assert media.frames[-1].rgb.mean() == pytest.approx(20 + 2 * 64, abs=6)
    assert media.audio is not None
    begins = np.flatnonzero(np.abs(media.audio) > 0.25)[0] / 16_000
    assert begins == pytest.approx(1.0, abs=0.08), "the tone of 2 s"
    before = first.stat().st_mtime_ns
    second.unlink()
    assert main(words) == 3 and "1 cut, 1 there already" in capsys.readouterr().out
    assert first.stat().st_mtime_ns == before and second.is_file()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("x,1,1,abc,u",), "row 2: abc u 1–1 s is no clip"),
        (("x,0,1,abc,../u",), "is no clip"),
        (("x,0,1,abc,u.mp4", "x,1,2,abc,u"), "row 3: abc/u.mp4 stands twice"),
        (("x,soon,1,abc,u",), "start is 'soon'"),
    ],
)
def test_a_table_that_cannot_be_used(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: tuple[str, ...], said: str
) -> None:
    assert main([*table(tmp_path, *rows), "--recordings", str(recordings)]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "clips").exists()
