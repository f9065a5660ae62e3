"""The faster-whisper adapter on the true classes, with a tiny random checkpoint: wiring, never accuracy."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.faults import Absent, ConfigError, StageUnavailable
from harness.records.types import SAMPLE_RATE, Clip, Media, MediaInfo

pytest.importorskip("faster_whisper", reason="faster-whisper is not part of the light core")
pytest.importorskip("transformers", reason="transformers is not part of the light core")

from models.transcription.embedded import spec  # noqa: E402
from models.transcription.pieces import pack  # noqa: E402
from models.transcription.whisper import WhisperTranscriber  # noqa: E402
from tests.support import tiny_whisper  # noqa: E402

pytestmark = pytest.mark.slow
CLIP = Clip("a.mp4", "/clips/a.mp4", "0" * 64, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    os.environ["HF_HUB_OFFLINE"] = "1"
    return tiny_whisper.build(tmp_path_factory.mktemp("whisper"))


def media(audio: NDArray[np.float32] | None) -> Media:
    return Media(MediaInfo("mp4", 3.0, None, None), audio, ())


def copy(folder: Path, to: Path, without: str = "") -> Path:
    shutil.copytree(folder, to)
    if without:
        (to / without).unlink()
    return to


def test_speech_becomes_segments_with_word_times(folder: Path, shared: Path) -> None:
    from faster_whisper.audio import decode_audio

    audio = np.asarray(decode_audio(str(sorted((shared / "clips" / "mer").glob("*.mp4"))[0])), dtype=np.float32)
    worker = WhisperTranscriber(folder, "float32")
    first, second = worker.transcribe(CLIP, media(audio)), worker.transcribe(CLIP, media(audio))
    assert first == second
    assert first.language in ("zh", "en")
    assert first.segments, "voice activity detection found no speech in a clip of speech"
    assert first.language_probability is not None
    assert 0.5 <= first.language_probability <= 1
    assert first.detected_language in ("zh", "en")
    length = len(audio) / SAMPLE_RATE
    for segment in first.segments:
        # Random weights invent times behind the clip's end; those must not come through.
        assert (segment.start is None) == (segment.end is None)
        if segment.start is not None and segment.end is not None:
            assert 0 <= segment.start <= segment.end <= length
        assert all(0 <= word.start <= word.end <= length for word in segment.words)


def counted(worker: WhisperTranscriber) -> list[Any]:
    """What the worker's network is asked to encode from now on."""
    asked: list[Any] = []
    network = worker.recogniser.model.model

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(network, name)

        def encode(self, features: Any, **more: Any) -> Any:
            asked.append(features)
            return network.encode(features, **more)

    worker.recogniser.model.model = Counting()
    return asked


def test_finding_the_language_costs_no_encoding_of_its_own(folder: Path, shared: Path) -> None:
    from faster_whisper.audio import decode_audio

    audio = np.asarray(decode_audio(str(sorted((shared / "clips" / "mer").glob("*.mp4"))[0])), dtype=np.float32)
    worker = WhisperTranscriber(folder, "float32")
    asked = counted(worker)
    (piece,) = pack(worker.recogniser.speech(audio))
    worker.recogniser.languages(audio, piece)
    assert len(asked) == 1
    worker.recogniser.words(audio, piece, "zh", twice=False)
    again = [features for features in asked[1:] if np.array_equal(np.asarray(features), np.asarray(asked[0]))]
    assert again == []
    before = len(asked)
    worker.transcribe(CLIP, media(np.zeros(48_000, np.float32)))
    assert len(asked) == before, "silence is not encoded at all"


@pytest.mark.parametrize("samples", [48_000, 100])
def test_silence_gives_no_words_and_no_language(folder: Path, samples: int) -> None:
    found = WhisperTranscriber(folder).transcribe(CLIP, media(np.zeros(samples, np.float32)))
    assert (found.segments, found.language, found.detected_language) == ((), None, "und")
    assert "no speech" in found.source


def test_no_audio_is_the_clips_error(folder: Path) -> None:
    worker = WhisperTranscriber(folder)
    for audio in (None, np.zeros(0, np.float32)):
        with pytest.raises(Absent, match="no audio"):
            worker.transcribe(CLIP, media(audio))


def test_spec_builds_and_follows_the_files(folder: Path, tmp_path: Path) -> None:
    chosen = spec({"whisper_model": str(folder)})
    assert chosen.name == "sidecar+whisper"
    found = chosen.build().transcribe(CLIP, media(np.zeros(16_000, np.float32)))
    assert found.source.startswith("whisper:")
    other = copy(folder, tmp_path / "other")
    settings = json.loads((other / "config.json").read_text(encoding="utf-8"))
    assert spec({"whisper_model": str(other)}).fingerprint == chosen.fingerprint
    (other / "config.json").write_text(json.dumps({**settings, "suppress_ids": [1]}), encoding="utf-8")
    assert spec({"whisper_model": str(other)}).fingerprint != chosen.fingerprint
    assert spec({"whisper_model": str(folder), "whisper_compute": "float32"}).fingerprint != chosen.fingerprint
    with pytest.raises(ConfigError, match="bfloat17"):
        spec({"whisper_model": str(folder), "whisper_compute": "bfloat17"})


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_missing_file_is_named_before_loading(folder: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        spec({"whisper_model": str(copy(folder, tmp_path / "w", without=name))})


def test_torn_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    broken = copy(folder, tmp_path / "w")
    (broken / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:5000])
    with pytest.raises(StageUnavailable, match="cannot load"):
        WhisperTranscriber(broken)


def test_a_model_that_takes_all_for_english_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StageUnavailable, match="English"):
        WhisperTranscriber(tiny_whisper.build(tmp_path, empty_token=False))


def test_128_bands_need_their_preprocessor(tmp_path: Path) -> None:
    model = tiny_whisper.build(tmp_path, mels=128)
    assert WhisperTranscriber(model).transcribe(CLIP, media(np.zeros(16_000, np.float32))).segments == ()
    (model / "preprocessor_config.json").unlink()
    with pytest.raises(StageUnavailable, match="128 mel bands"):
        WhisperTranscriber(model)


def test_what_the_device_does_not_offer_is_refused_before_loading(folder: Path) -> None:
    import ctranslate2

    chosen = spec({"whisper_model": str(folder), "whisper_device": "cpu", "whisper_compute": "int8_float16"})
    assert chosen.verify is not None
    with pytest.raises(ConfigError, match="not offered on this CPU"):
        chosen.verify()
    with pytest.raises(ConfigError, match="int8_float16 is not offered"):
        WhisperTranscriber(folder, "int8_float16")
    with pytest.raises(ConfigError, match="whisper_device"):
        WhisperTranscriber(folder, device="tpu")
    if not ctranslate2.get_cuda_device_count():
        with pytest.raises(ConfigError, match="sees no GPU"):
            WhisperTranscriber(folder, device="cuda")


def test_chinese_comes_out_simplified(folder: Path) -> None:
    pytest.importorskip("opencc", reason="OpenCC is not part of the light core")
    from harness.records.types import Word
    from models.transcription.recogniser import Line
    from models.transcription.whisper import _converter, believed

    words = (Word(0.0, 0.5, "今天", 0.9), Word(0.5, 1.0, "天氣", 0.8))
    closing = Line("優優獨播劇場", 1.0, 2.0, (), 0.1, -0.2)
    kept, doubts = believed([Line("今天天氣真好", 0.0, 1.0, words, 0.1, -0.2), closing], _converter())
    (found,) = kept
    assert found.text == "今天天气真好"
    assert [word.text for word in found.words] == ["今天", "天气"]
    assert (found.start, found.words[1].probability) == (0.0, 0.8)
    assert doubts == ["a line by which a channel signs"], "known by its simplified characters"
    assert WhisperTranscriber(folder, simplified=True).transcribe(CLIP, media(np.zeros(16_000, np.float32)))
