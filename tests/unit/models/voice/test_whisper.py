"""Whisper's tensors and first layers, on a small file of CTranslate2's layout that is made here."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from models.voice.whisper.encoder import BANDS, Encoder, log_mel, mel_bank
from models.voice.whisper.tensors import Tensors

WIDTH, HEADS = 16, 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One layer of random float16 weights."""
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"conv1/weight": (WIDTH, BANDS, 3), "conv1/bias": (WIDTH,)}
    shapes |= {"conv2/weight": (WIDTH, WIDTH, 3), "conv2/bias": (WIDTH,), "position_encodings/encodings": (1500, WIDTH)}
    for part, (a, b) in {"self_attention": (3, 1), "ffn": (4, 1)}.items():
        shapes |= {f"layer_0/{part}/layer_norm/{one}": (WIDTH,) for one in ("gamma", "beta")}
        inner = a * WIDTH
        back = WIDTH if part == "self_attention" else inner
        shapes |= {f"layer_0/{part}/linear_0/weight": (inner, WIDTH), f"layer_0/{part}/linear_0/bias": (inner,)}
        shapes |= {f"layer_0/{part}/linear_1/weight": (WIDTH, back), f"layer_0/{part}/linear_1/bias": (WIDTH * b,)}
    tensors = {f"encoder/{name}": random.normal(0, 0.1, shape).astype("<f2") for name, shape in shapes.items()}
    content = struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + struct.pack("<II", 3, len(tensors) + 1)
    for name, values in tensors.items():
        content += struct.pack("<H", len(name) + 1) + name.encode() + b"\0" + struct.pack("<B", values.ndim)
        content += (
            struct.pack(f"<{values.ndim}I", *values.shape) + struct.pack("<BI", 4, values.nbytes) + values.tobytes()
        )
    name = b"encoder/num_heads"
    content += struct.pack("<H", len(name) + 1) + name + b"\0" + struct.pack("<BBI", 0, 2, 2) + struct.pack("<h", HEADS)
    path = tmp_path_factory.mktemp("whisper") / "model.bin"
    path.write_bytes(content)
    return path


def test_tensors_are_found_by_name(small: Path, tmp_path: Path) -> None:
    tensors = Tensors(small)
    assert tensors.kind == "WhisperSpec"
    assert tensors.get("encoder/conv1/weight").shape == (WIDTH, BANDS, 3)
    assert int(tensors.get("encoder/num_heads")) == HEADS
    other = tmp_path / "model.bin"
    other.write_bytes(struct.pack("<I", 9) + bytes(40))
    with pytest.raises(ValueError, match="version 9"):
        Tensors(other)
    other.write_bytes(small.read_bytes()[:30])
    with pytest.raises(ValueError, match="not a CTranslate2 model"):
        Tensors(other)


def test_states_follow_the_sound(small: Path) -> None:
    encoder = Encoder(small, 1)
    sound = np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32)
    states = encoder.states(sound, 1)
    assert [state.shape for state in states] == [(100, WIDTH)] * 2
    mean = encoder.means(sound, [(0.0, 2.0)], (0, 1))
    assert mean is not None
    assert mean == pytest.approx(np.stack([state.mean(axis=0) for state in states]), abs=1e-5)
    part = encoder.means(sound, [(0.5, 1.0)], (1,))
    assert part is not None
    assert part[0] == pytest.approx(states[1][25:50].mean(axis=0), abs=1e-5)
    assert encoder.means(sound, [], (1,)) is None


def test_longer_sound_is_read_in_parts(small: Path) -> None:
    encoder = Encoder(small, 1)
    sound = np.random.default_rng(2).normal(0, 0.1, 16_000 * 31).astype(np.float32)
    tail = encoder.means(sound, [(30.0, 31.0)], (1,))
    alone = encoder.means(sound[16_000 * 30 :], [(0.0, 1.0)], (1,))
    assert tail is not None
    assert alone is not None
    assert tail == pytest.approx(alone, abs=1e-5)


def test_the_mel_bank_has_area_one_and_a_tone_its_band() -> None:
    bank = mel_bank()
    assert bank.shape == (201, BANDS)
    assert bank.sum(axis=0)[20:] * 40 == pytest.approx(1, abs=0.35), "triangles of area 1 over bins of 40 Hz"
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    spectrum = log_mel(tone, bank)
    assert spectrum.shape == (100, BANDS)
    assert abs(int(spectrum[50].argmax()) - int(bank[25].argmax())) <= 1
    assert spectrum.max() - spectrum.min() <= 2
