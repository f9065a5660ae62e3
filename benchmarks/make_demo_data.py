"""Make the demo clips of `Test_Data/`: drawn faces that speak sentences written here, by espeak-ng.

They show the plumbing, not accuracy: nobody's face, nobody's voice. Running it twice gives the same bytes, as long as
espeak-ng and PyAV are the same. Needs the program espeak-ng.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from demo_clips import CLIPS, DemoClip, Voice
from demo_face import Painter, Pose
from numpy.typing import NDArray

Wave = NDArray[Any]
RATE = 22_050
FPS = 25
LEAD, PAUSE, TAIL = 0.6, 0.28, 0.45
SILENT_SECONDS = 3.0
ABOUT = {
    "en": "These clips are made, not recorded: drawn faces and synthetic voices (espeak-ng). Their labels are what "
    "the sentences and the drawn expressions were written to show. The heads have learned from real faces and "
    "voices, so the voice head takes a synthetic voice for an agitated one (its measurements lie out of "
    "range) and the face head reads drawn features loosely. What is wrong here says nothing about accuracy on "
    "recordings. Recordings of real speakers that may be passed on were looked for in package registries; none was "
    "found in both languages, so there is none here.",
    "zh": "这些片段是制作的，不是录制的：画出来的脸和合成的声音（espeak-ng）。标签是写句子、画表情时想要表现的情感。"
    "各个头是用真人的脸和声音训练的，因此声音头会把合成的声音当成激动的声音（测量值超出训练范围），"
    "表情头对画出来的五官也读不准。这里的错误不能说明在真实录像上的准确率。"
    "我们在软件包仓库中找过可以转发的真人录像，没有找到两种语言都有的，因此这里没有收录。",
}
INSTALL = "apt-get install -y espeak-ng"
# The muxer of mov_text takes its style from the header of an ASS script.
ASS_HEADER = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Sans,16\n"
)


@dataclass(frozen=True)
class Speech:
    """Spoken sentences: samples (n,) at RATE, and each sentence's (start, end, text)."""

    samples: Wave
    lines: tuple[tuple[float, float, str], ...]


def main() -> int:
    """Write every clip, its sidecar and labels.csv. 2 when espeak-ng is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("Test_Data"), help="folder to write to (default: Test_Data)")
    args = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        print(f"the program espeak-ng is not installed; on Debian or Ubuntu: {INSTALL}", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    total = 0
    for clip in CLIPS:
        total += make(clip, args.out)
    rows = "".join(f"{clip.name},{clip.label},{clip.language}\n" for clip in sorted(CLIPS, key=lambda clip: clip.name))
    write(args.out / "labels.csv", ("ID,Label,Language\n" + rows).encode())
    write(args.out / "about.json", (json.dumps(ABOUT, ensure_ascii=False, indent=1) + "\n").encode())
    print(f"{len(CLIPS)} clips, {total / 1e6:.2f} MB in {args.out}")
    return 0


def make(clip: DemoClip, folder: Path) -> int:
    """Write one clip and its sidecar; the clip's size in bytes."""
    speech = speak(clip) if clip.voice is not None else None
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / clip.name
        encode(clip, speech, path)
        data = path.read_bytes()
    write(folder / clip.name, data)
    if clip.text in ("srt", "txt", "vtt") and speech is not None:
        write((folder / clip.name).with_suffix("." + clip.text), sidecar(clip.text, speech).encode())
    print(f"{clip.name}: {len(data) / 1000:.0f} kB, {hashlib.sha256(data).hexdigest()[:12]}")
    return len(data)


def write(path: Path, data: bytes) -> None:
    """Write all or nothing."""
    temporary = path.with_name(f".tmp-{path.name}")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def speak(clip: DemoClip) -> Speech:
    """The clip's sentences with pauses, over a faint steady room noise."""
    parts: list[Wave] = [np.zeros(round(LEAD * RATE), np.float32)]
    lines = []
    for text, spoken in zip(clip.sentences, clip.pinyin or clip.sentences, strict=True):
        start = sum(part.size for part in parts) / RATE
        parts.append(synthesise(clip.voice, spoken))
        lines.append((start, sum(part.size for part in parts) / RATE, text))
        parts.append(np.zeros(round(PAUSE * RATE), np.float32))
    parts.append(np.zeros(round((TAIL - PAUSE) * RATE), np.float32))
    samples = np.concatenate(parts)
    noise = np.random.default_rng(len(samples)).standard_normal(samples.size).astype(np.float32)
    return Speech(np.clip(samples + 0.0008 * noise, -1, 1), tuple(lines))


def synthesise(voice: Voice | None, text: str) -> Wave:
    """One sentence by espeak-ng, without the silence around it, shape (samples,) at RATE."""
    if voice is None:
        raise ValueError("a clip with sentences needs a voice")
    command = ["espeak-ng", "-v", voice.name, "-p", str(voice.pitch), "-s", str(voice.speed)]
    command += ["-a", str(voice.amplitude), "-b", "1", "--stdin", "--stdout"]
    done = subprocess.run(command, input=text.encode("utf-8"), capture_output=True, check=True)
    # espeak-ng writes a wav of unknown length to a pipe: 44 bytes of header, then 16-bit samples at 22,050 Hz.
    samples = np.frombuffer(done.stdout[44 : len(done.stdout) // 2 * 2], "<i2").astype(np.float32) / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    if not loud.size:
        raise RuntimeError(f"espeak-ng said nothing for {text!r} with voice {voice.name}")
    return 0.6 * samples[loud[0] : loud[-1] + 1]


def poses(clip: DemoClip, speech: Speech | None) -> Iterator[Pose]:
    """One pose per frame: neutral at first, then the mood; the mouth follows the loudness of the speech."""
    mood = clip.mood
    seconds = speech.samples.size / RATE if speech is not None else SILENT_SECONDS
    for k in range(math.ceil(seconds * FPS)):
        time = k / FPS
        share = 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, (time - 0.35) / 0.5)))
        blink = min(1.0, abs((time + 0.8) % 2.6 - 1.3) / 0.10)
        yield replace(
            mood,
            mouth=0.15 * loudness(speech, time) if speech is not None else 0.0,
            smile=mood.smile * share,
            brows=mood.brows * share + 0.12 * math.sin(2.1 * time) * share,
            frown=mood.frown * share,
            lids=(1 + (mood.lids - 1) * share) * blink,
            gaze=0.008 * math.sin(1.7 * time),
            tilt=mood.tilt * share + 2.0 * math.sin(1.3 * time),
            shift=(0.03 * math.sin(0.9 * time), 0.02 * math.sin(2.3 * time) + 0.02 * loudness(speech, time)),
        )


def loudness(speech: Speech | None, time: float) -> float:
    """Level of the speech around `time`, 0..1."""
    if speech is None:
        return 0.0
    window = speech.samples[max(0, round((time - 0.04) * RATE)) : round((time + 0.06) * RATE)]
    level = float(np.sqrt(np.mean(window**2))) if window.size else 0.0
    return min(1.0, level / (2.2 * float(np.sqrt(np.mean(speech.samples**2)))))


def encode(clip: DemoClip, speech: Speech | None, path: Path) -> None:
    """Draw, encode (H.264, AAC) and mux in time order, one thread, with nothing about this machine in the file."""
    packets: list[tuple[float, Any]] = []
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", container_options=options) as container:
        video: Any = None
        audio: Any = None
        lines: Any = None
        if clip.look is not None:
            video = container.add_stream("libx264", rate=FPS, options={"crf": "24", "preset": "medium", "threads": "1"})
            video.width = video.height = 320
            video.pix_fmt = "yuv420p"
        if speech is not None:
            audio = container.add_stream("aac", rate=RATE, layout="mono", options={"flags": "+bitexact"})
            audio.bit_rate = 48_000
        if clip.text == "mov_text":
            lines = container.add_stream("mov_text")
            lines.codec_context.subtitle_header = ASS_HEADER
            lines.time_base = Fraction(1, 1000)
        if video is not None and clip.look is not None:
            painter = Painter(clip.look)
            for k, pose in enumerate(poses(clip, speech)):
                picture = av.VideoFrame.from_ndarray(painter.draw(pose), format="rgb24")
                picture.pts, picture.time_base = k, Fraction(1, FPS)
                packets += timed(video.encode(picture))
            packets += timed(video.encode(None))
        if audio is not None and speech is not None:
            for begin in range(0, speech.samples.size, 1024):
                block = speech.samples[None, begin : begin + 1024]
                sound = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                sound.sample_rate, sound.pts, sound.time_base = RATE, begin, Fraction(1, RATE)
                packets += timed(audio.encode(sound))
            packets += timed(audio.encode(None))
        for start, end, text in speech.lines if lines is not None and speech is not None else ():
            packet = av.Packet(len(text.encode()).to_bytes(2, "big") + text.encode())
            packet.stream, packet.time_base = lines, Fraction(1, 1000)
            packet.pts = packet.dts = round(1000 * start)
            packet.duration = round(1000 * (end - start))
            packets.append((start, packet))
        for _, packet in sorted(packets, key=lambda item: item[0]):
            container.mux(packet)


def timed(packets: list[Any]) -> list[tuple[float, Any]]:
    """Packets with their decoding time in seconds."""
    return [(float(packet.dts * packet.time_base), packet) for packet in packets]


def sidecar(kind: str, speech: Speech) -> str:
    """The transcript as .srt, .vtt or .txt."""
    if kind == "txt":
        return "\n".join(text for _, _, text in speech.lines) + "\n"
    mark = "," if kind == "srt" else "."
    blocks = [
        (f"{number}\n" if kind == "srt" else "") + f"{stamp(start, mark)} --> {stamp(end, mark)}\n{text}\n"
        for number, (start, end, text) in enumerate(speech.lines, 1)
    ]
    return ("" if kind == "srt" else "WEBVTT\n\n") + "\n".join(blocks)


def stamp(seconds: float, mark: str) -> str:
    """hh:mm:ss,mmm."""
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{mark}{thousandths:03d}"


if __name__ == "__main__":
    raise SystemExit(main())
