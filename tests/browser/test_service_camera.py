"""A clip recorded in the page, from Chromium's fake camera and microphone, which play a real clip."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import Browser
from tests.support.needs import needs
from tests.support.served import Served

needs("cv2")
needs("fastapi")


def camera_files(clip: Path, folder: Path, seconds: float = 4.0) -> tuple[Path, Path]:
    """A real clip as what Chromium's fake devices play: raw pictures (y4m) and 48 kHz sound."""
    import av

    video, sound = folder / "camera.y4m", folder / "microphone.wav"
    with av.open(str(clip)) as container, video.open("wb") as out:
        out.write(b"YUV4MPEG2 W640 H480 F25:1 Ip A1:1 C420jpeg\n")
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time > seconds:
                break
            planes = frame.reformat(640, 480, "yuv420p").to_ndarray()
            out.write(b"FRAME\n" + planes.tobytes())
    resampler = av.AudioResampler("s16", "mono", 48_000)
    with av.open(str(clip)) as container, wave.open(str(sound), "wb") as heard:
        heard.setnchannels(1)
        heard.setsampwidth(2)
        heard.setframerate(48_000)
        for part in container.decode(audio=0):
            for piece in resampler.resample(part):
                heard.writeframes(piece.to_ndarray().tobytes())
    return video, sound


@pytest.fixture
def browser(shared: Path, tmp_path: Path) -> Iterator[Browser]:
    """One whose camera and microphone show a real clip."""
    video, sound = camera_files(shared / "clips" / "mer" / "sample_00000669.mp4", tmp_path)
    browser = Browser(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
        f"--use-file-for-fake-audio-capture={sound}",
    )
    yield browser
    browser.close()


@pytest.mark.shared
def test_a_face_before_the_camera_becomes_a_story(served: Served, browser: Browser) -> None:
    browser.load(served.url + "/")
    browser.page.click("#record")
    browser.page.locator("#recording", has_text="4 s").wait_for(timeout=60_000)
    browser.page.click("#record")
    browser.page.locator("#chosen", has_text="camera-").wait_for(timeout=20_000)
    browser.page.click("#send")
    browser.page.wait_for_selector("#story:not([hidden])", timeout=120_000)
    for stage in ("media", "speech", "face", "fuse"):
        assert browser.page.get_attribute(f"[data-stage={stage}]", "data-outcome") == "ok", stage
    assert served.complaints(browser) == []


@pytest.mark.shared
def test_a_face_before_the_camera_is_judged_while_it_happens(served: Served, browser: Browser) -> None:
    browser.load(served.url + "/live")
    browser.page.click("#start")
    browser.page.locator("#state", has_text="2 windows judged").wait_for(timeout=120_000)
    assert browser.page.inner_text("#label") in ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
    assert browser.page.locator("#curve polyline").count() == 5
    assert "pitch, Hz" in browser.page.inner_text("#measured")
    browser.page.click("#start")
    browser.page.click("#keep")
    browser.page.wait_for_selector("#story:not([hidden])", timeout=120_000)
    assert browser.page.inner_text("#job-name").startswith("live-")
    assert served.complaints(browser) == []
