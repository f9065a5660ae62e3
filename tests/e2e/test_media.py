"""Media: clips of known content, sound, damaged, odd and broken, through both frame decoders."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from harness.context import Context
from harness.ingest import ingest
from harness.inputs.kinds import FORMATS
from harness.media.decode import MediaSettings, decode
from harness.records.types import Media
from models.features.pictures import pictures
from models.features.sound import decode as sound
from tests.support.media_clips import (
    grey_at,
    hertz,
    red_corner,
    set_matrix,
    times_at,
    tone,
    turn,
    two_tones,
    write_clip,
    write_wav,
)

DECORD = MediaSettings(backend="decord")
PYAV = MediaSettings(backend="pyav")


def greys_fit(media: Media, tolerance: float = 3.0) -> None:
    """Every frame shows the grey that belongs to its time (lower right part, away from the red corner)."""
    assert media.frames
    for frame in media.frames:
        height, width, _ = frame.rgb.shape
        grey = frame.rgb[height // 2 :, width // 2 :].mean()
        assert abs(grey - grey_at(frame.time)) < tolerance, (frame.time, grey)


def both(path: Path, **settings: Any) -> tuple[Media, Media]:
    """The clip by decord and by PyAV, checked to agree in times, shapes and pixels."""
    one = decode(path, MediaSettings(backend="decord", **settings))
    two = decode(path, MediaSettings(backend="pyav", **settings))
    agree(one, two)
    return one, two


def agree(one: Media, two: Media) -> None:
    assert one.info.video is not None and two.info.video is not None
    assert one.info.video.backend == "decord", one.info.video.fallback_reason
    assert two.info.video.backend == "pyav"
    assert one.info.video.frame_times == two.info.video.frame_times
    for a, b in zip(one.frames, two.frames, strict=True):
        assert a.rgb.shape == b.rgb.shape
        assert np.array_equal(a.rgb, b.rgb)


def test_sound_and_picture(tmp_path: Path) -> None:
    media, _ = both(write_clip(tmp_path / "a.mp4", times_at(25, 2), [tone(2.0)]))
    assert media.info.facts == ()
    assert media.audio is not None and media.audio.dtype == np.float32
    assert media.audio.size == pytest.approx(32_000, abs=800)
    assert hertz(media.audio, 0.2, 1.8) == pytest.approx(440, abs=1)
    assert media.info.audio is not None and media.info.video is not None
    assert media.info.audio.rms_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.3)
    assert media.info.audio.peak_dbfs == pytest.approx(20 * np.log10(np.abs(media.audio).max()), abs=0.01)
    assert (media.info.audio.sample_rate, media.info.audio.channels) == (48_000, 1)
    assert media.info.video.frame_times == pytest.approx([k * 0.08 for k in range(25)])
    assert (media.info.video.width, media.info.video.height, media.info.video.rotation) == (160, 96, 0)
    assert media.info.video.frame_rate == pytest.approx(25)
    assert media.info.seconds == pytest.approx(2.0, abs=0.05)
    greys_fit(media)
    assert red_corner(media.frames[3].rgb) == ("top", "left")


@pytest.mark.parametrize(
    ("name", "codec", "sound_codec", "options"),
    [
        ("a.avi", "mpeg4", "mp2", {"bf": "2"}),
        ("a.mkv", "libx264", "aac", {"bf": "3"}),
        ("a.mov", "libx264", "pcm_s16le", {}),
        ("a.flv", "libx264", "aac", {}),
        ("a.webm", "libvpx", "libopus", {}),
    ],
)
def test_other_containers(tmp_path: Path, name: str, codec: str, sound_codec: str, options: dict[str, str]) -> None:
    path = tmp_path / name
    write_clip(path, times_at(25, 2), [two_tones(2.0)], codec=codec, sound_codec=sound_codec, options=options)
    for settings in (DECORD, PYAV):
        media = decode(path, settings)
        assert media.audio is not None
        assert hertz(media.audio, 0.2, 0.9) == pytest.approx(440, abs=2)
        assert hertz(media.audio, 1.1, 1.8) == pytest.approx(880, abs=2)
        assert len(media.frames) == pytest.approx(25, abs=1)
        assert media.info.video is not None
        expected = "pyav" if settings == PYAV or name == "a.avi" else "decord"
        assert media.info.video.backend == expected, media.info.video.fallback_reason
        # MPEG-4 in AVI has no presentation times, only an order: up to two frames (0.08 s) of delay remain.
        greys_fit(media, 8.0 if name == "a.avi" else 3.0)


@pytest.mark.parametrize("signs", [*product((1, -1), (0,), (0,), (1, -1)), *product((0,), (1, -1), (1, -1), (0,))])
def test_every_display_matrix_in_every_decoder(tmp_path: Path, signs: tuple[int, int, int, int]) -> None:
    path = set_matrix(write_clip(tmp_path / "a.mp4", times_at(25, 1)), signs)
    a, b, c, d = signs
    # The red corner is stored at the top left, which is (−1, −1) seen from the middle.
    x, y = -(a + c), -(b + d)
    corner = ("top" if y < 0 else "bottom", "left" if x < 0 else "right")
    mirrored = a * d - b * c < 0
    one, two = decode(path, DECORD), decode(path, PYAV)
    extracted = pictures(path)
    for frames in (one.frames, two.frames, extracted):
        assert {frame.rgb.shape for frame in frames} == {(160, 96, 3) if b else (96, 160, 3)}
        assert all(red_corner(frame.rgb) == corner for frame in frames)
    for media, backend in ((one, "pyav" if mirrored else "decord"), (two, "pyav")):
        video = media.info.video
        assert video is not None and (video.backend, video.mirrored) == (backend, mirrored)
        assert ("mirror" in video.fallback_reason) == (mirrored and media is one)
        assert any("mirrored" in fact for fact in media.info.facts) == mirrored


@pytest.mark.parametrize(
    ("layout", "gains", "kept", "word"),
    [
        ("stereo", (1, -1), 1.0, "inverted"),
        ("stereo", (1, 0), 1.0, "channel 1 of 2"),
        ("stereo", (0, 1), 1.0, "channel 2 of 2"),
        ("stereo", (1, 1), 1.0, ""),
        ("5.1", (0, 0, 1, 0, 0, 0), 1.0, "centre"),
        ("5.1", (0, 0, 0, 0, 1, 0), 1.0, "channel 5 of 6"),
    ],
)
def test_speech_survives_its_channels(
    tmp_path: Path, layout: str, gains: tuple[int, ...], kept: float, word: str
) -> None:
    path = tmp_path / "a.wav"
    voice = tone(1.0, rate=16_000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=16_000, layout=layout)
        samples = np.stack([gain * voice for gain in gains], axis=1).astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout=layout)
        frame.sample_rate = 16_000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    media = decode(path, DECORD)
    assert media.audio is not None and media.info.audio is not None
    for audio in (media.audio, sound(path)):
        assert np.sqrt(np.mean(audio**2)) == pytest.approx(kept * 0.5 / np.sqrt(2), rel=0.01)
        assert hertz(audio, 0.1, 0.9) == pytest.approx(440, abs=2)
    assert word in media.info.audio.mix
    assert any("channels" in fact for fact in media.info.facts) == bool(word)


def test_the_sound_of_a_clip_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "video").mkdir()
    (tmp_path / "audio").mkdir()
    write_clip(tmp_path / "video/x.mp4", times_at(25, 1))
    write_wav(tmp_path / "audio/x.wav", tone(1.0, rate=16_000))
    (clip,) = ingest(tmp_path).clips
    media = Context(clip, partial(decode, settings=DECORD)).media
    assert media.audio is not None and len(media.frames) == 13
    assert hertz(media.audio, 0.1, 0.9) == pytest.approx(440, abs=2)
    assert media.info.facts == ("The sound is that of the clip's other file, x.wav.",)


def test_the_decoder_knows_every_kind_of_clip() -> None:
    assert {name for name in FORMATS.split(",") if name != "adts"} <= {
        part for known in av.formats_available for part in known.split(",")
    }


def test_variable_frame_rate_goes_by_time(tmp_path: Path) -> None:
    times = times_at(50, 1) + [1 + k / 5 for k in range(10)]
    media, _ = both(write_clip(tmp_path / "a.mp4", times, [tone(3.0)]))
    assert media.info.video is not None and media.info.video.variable_frame_rate
    assert any("frame rate varies" in fact for fact in media.info.facts)
    chosen = media.info.video.frame_times
    assert set(chosen) <= {round(time, 6) for time in times}
    assert sum(time < 1 for time in chosen) == pytest.approx(13, abs=1)
    assert sum(time >= 1 for time in chosen) == 10
    greys_fit(media)


@pytest.mark.parametrize(
    ("clockwise", "corner"), [(90, ("top", "right")), (180, ("bottom", "right")), (270, ("bottom", "left"))]
)
def test_rotation(tmp_path: Path, clockwise: int, corner: tuple[str, str]) -> None:
    path = turn(write_clip(tmp_path / "a.mp4", times_at(25, 1)), clockwise)
    for media in both(path):
        assert media.info.video is not None
        shape = (96, 160) if clockwise == 180 else (160, 96)
        assert media.frames[0].rgb.shape == (*shape, 3)
        assert (media.info.video.height, media.info.video.width) == shape
        assert media.info.video.rotation == clockwise
        assert red_corner(media.frames[0].rgb) == corner
        assert any(f"{clockwise} degrees clockwise" in fact for fact in media.info.facts)


def test_missing_modalities_are_facts(tmp_path: Path) -> None:
    mute = decode(write_clip(tmp_path / "mute.mp4", times_at(25, 1)), DECORD)
    assert mute.audio is None and mute.info.audio is None and len(mute.frames) == 13
    assert mute.info.facts == ("There is no audio track.",)
    blind = decode(write_clip(tmp_path / "blind.m4a", (), [tone(1.0)]), DECORD)
    assert blind.frames == () and blind.info.video is None
    assert blind.info.facts == ("There is no video track.",)
    assert blind.audio is not None and hertz(blind.audio, 0.1, 0.9) == pytest.approx(440, abs=1)


def test_cover_image_is_no_video(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", (), [tone(1.0)], codec="mjpeg", cover=True)
    media = decode(path, DECORD)
    assert media.frames == () and media.info.video is None
    assert media.info.facts == ("The only picture is a cover image; there is no video.",)


def test_still_image(tmp_path: Path) -> None:
    media, _ = both(write_clip(tmp_path / "a.mp4", [0.0], [tone(1.0)]))
    assert len(media.frames) == 1
    assert "The video track is a single still image." in media.info.facts
    greys_fit(media)


def test_silent_short_and_invalid_audio(tmp_path: Path) -> None:
    silent = decode(write_wav(tmp_path / "s.wav", np.zeros(16_000)), DECORD)
    assert silent.info.audio is not None and silent.info.audio.peak_dbfs is None
    assert "The audio is silent (every sample is zero)." in silent.info.facts
    short = decode(write_wav(tmp_path / "t.wav", tone(0.01, rate=16_000)), DECORD)
    assert short.audio is not None and short.audio.size == 160
    assert "The audio is shorter than 25 ms: 160 samples." in short.info.facts
    samples = tone(1.0, rate=16_000)
    samples[[100, 8000, 8001]] = [np.nan, np.inf, -np.inf]
    invalid = decode(write_wav(tmp_path / "n.wav", samples), DECORD)
    assert invalid.audio is not None and np.isfinite(invalid.audio).all()
    assert "3 audio samples were not a finite number, set to zero." in invalid.info.facts
    assert np.abs(invalid.audio[200:7900] - samples[200:7900]).max() < 1e-4
    exact = decode(write_wav(tmp_path / "e.wav", tone(1.0, rate=16_000)), DECORD)
    assert exact.audio is not None and exact.info.audio is not None
    assert np.abs(exact.audio - tone(1.0, rate=16_000)).max() < 1e-4
    assert exact.info.audio.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    loud = np.append(4 * tone(1.0, rate=16_000), np.nan)
    clipped = decode(write_wav(tmp_path / "l.wav", loud), DECORD)
    assert clipped.audio is not None and np.abs(clipped.audio).max() == 1.0
    assert "The audio exceeds full scale by 6.0 dB and is clipped." in clipped.info.facts


def test_eight_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    samples = np.repeat((tone(1.0) * 32_000).astype(np.int16), 8)[None]
    with av.open(str(path), "w") as container:
        track = container.add_stream("pcm_f32le", rate=48_000, layout="7.1")
        for begin in range(0, samples.size, 8192):
            block = samples[:, begin : begin + 8192].astype(np.float32) / 32_000
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout="7.1")
            frame.sample_rate, frame.pts = 48_000, begin // 8
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    media = decode(path, DECORD)
    assert media.info.audio is not None and media.info.audio.channels == 8
    assert media.audio is not None and np.abs(media.audio).max() == pytest.approx(0.5, abs=0.01)
    assert hertz(media.audio, 0.1, 0.9) == pytest.approx(440, abs=1)


def test_late_sound_keeps_its_time(tmp_path: Path) -> None:
    media = decode(write_clip(tmp_path / "a.mkv", times_at(25, 2), [tone(1.0)], sound_start=0.7), DECORD)
    assert media.audio is not None
    assert np.abs(media.audio[: int(0.65 * 16_000)]).max() < 0.01
    assert hertz(media.audio, 0.75, 1.6) == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(media.audio[int(0.75 * 16_000) : int(1.6 * 16_000)] ** 2)) == pytest.approx(0.354, abs=0.02)


def test_first_of_several_audio_tracks(tmp_path: Path) -> None:
    media = decode(write_clip(tmp_path / "a.mkv", times_at(25, 1), [tone(1.0), tone(1.0, 880.0)]), DECORD)
    assert media.audio is not None and hertz(media.audio, 0.1, 0.9) == pytest.approx(440, abs=1)
    assert media.info.facts == ("There are 2 audio tracks; track 1 is used.",)


def test_subtitles(tmp_path: Path) -> None:
    lines = [(0.2, 0.5, "I am <i>so</i> happy"), (1.0, 0.7, "今天很好")]
    for name, codec, markup in (("a.mp4", "mov_text", ""), ("a.mkv", "subrip", "{\\an8}"), ("b.mkv", "ass", "{\\i1}")):
        marked = [
            (start, length, f"{k},0,Default,,0,0,0,,{markup}{text}" if codec == "ass" else markup + text)
            for k, (start, length, text) in enumerate(lines)
        ]
        path = write_clip(tmp_path / name, times_at(25, 2), [tone(2.0)], subtitles=marked, subtitle_codec=codec)
        media = decode(path, DECORD)
        assert [(s.start, s.end, s.text) for s in media.info.subtitles] == [
            (0.2, 0.7, "I am so happy"),
            (1.0, 1.7, "今天很好"),
        ], name
        assert media.info.facts == ()


def test_limits(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", times_at(25, 3), [tone(3.0)], size=(320, 200))
    media, _ = both(path, max_frames=10, max_side=64)
    assert media.info.video is not None
    assert media.info.video.frame_times == pytest.approx([0.3 * k for k in range(10)], abs=0.021)
    assert {frame.rgb.shape for frame in media.frames} == {(40, 64, 3)}
    assert (media.info.video.width, media.info.video.height) == (320, 200)
    assert "Frames were chosen at 3.3 per second, 10 in all." in media.info.facts
    greys_fit(media)
    brief, _ = both(path, max_seconds=1.0, max_frames=300)
    assert brief.audio is not None and brief.audio.size == 16_000
    assert brief.frames[-1].time <= 1.0
    assert "Only the first 1 s were read." in brief.info.facts
    greys_fit(brief)


@pytest.mark.parametrize("name", ["视频 一,“二”.mp4", "-3g5yACwYnA_10.mp4", "=1+1.mp4", "a%03d.mp4", "file:a.mp4"])
def test_awkward_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "plain.mp4", times_at(25, 1), [tone(1.0)]).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    media, _ = both(Path(name))
    assert media.info.facts == ()


def test_without_decord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "decord", None)
    media = decode(write_clip(tmp_path / "a.mp4", times_at(25, 1)), DECORD)
    assert media.info.video is not None and media.info.video.backend == "pyav"
    assert "decord cannot be imported" in media.info.video.fallback_reason
    greys_fit(media)


def test_equal_in_two_processes(tmp_path: Path, root: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", times_at(25, 2), [tone(2.0)])
    script = (
        "import hashlib, sys; from pathlib import Path; from harness.media.decode import MediaSettings, decode\n"
        "m = decode(Path(sys.argv[1]), MediaSettings()); h = hashlib.sha256(m.audio.tobytes())\n"
        "[h.update(f.rgb.tobytes()) for f in m.frames]; print(h.hexdigest(), m.info)"
    )
    command = [sys.executable, "-c", script, str(path)]
    outputs = {subprocess.run(command, cwd=root, check=True, capture_output=True).stdout for _ in range(2)}
    assert len(outputs) == 1
    media = decode(path, DECORD)
    assert media.audio is not None
    digest = hashlib.sha256(media.audio.tobytes())
    for frame in media.frames:
        digest.update(frame.rgb.tobytes())
    assert digest.hexdigest().encode() in outputs.pop()


@pytest.mark.shared
def test_real_clips(shared: Path) -> None:
    of_tv, odd = (
        sorted(p for p in (shared / "clips" / folder).iterdir() if p.suffix != ".csv") for folder in ("mer", "odd")
    )
    paths = [*of_tv[::3], *odd]
    assert len(paths) >= 12
    for path in paths:
        media = decode(path, DECORD)
        assert media.info.seconds > 1
        if media.info.video is not None:
            agree(media, decode(path, PYAV))
            assert len(media.frames) == pytest.approx(12.5 * media.info.video.seconds, abs=2)
        if path.parent.name == "mer":
            assert media.info.audio is not None and media.info.video is not None
            assert media.info.audio.seconds == pytest.approx(media.info.video.seconds, abs=0.12)
            assert media.info.facts == ()
    wrongly_named = decode(shared / "clips/odd/rishi_angry_alex.mp4", DECORD)
    assert wrongly_named.info.container == "wav" and wrongly_named.frames == ()
