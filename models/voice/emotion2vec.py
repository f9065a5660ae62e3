"""Speech through emotion2vec (Ma et al., 2023, arXiv:2312.15185): an embedding and, where it has a head, nine scores.

The prosody is measured as well, since the evidence is made of it. Clips are heard one at a time: padding changes the
result, and batches are no faster per clip on a CPU.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError, ConfigError
from harness.records.types import SAMPLE_RATE, Attachment, Opinion, SpeechFeatures
from models.attach import attachment
from models.base import ProviderSpec
from models.fingerprint import digests, fingerprint
from models.folders import LEFT_OUT, locate
from models.heads.load import head_files, head_folders, load_head
from models.voice import measure
from models.voice.emotion2vec_files import (
    LABELS,
    SPACE,
    Folder,
    find,
    frame_samples,
    meanings,
    read_config,
    read_labels,
    read_scores,
)
from models.voice.emotion2vec_net import DEVICES, INSTALL, Emotion2vecNet, verify

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "emotion2vec"
VERSION = 2
FEATURES_VERSION = 1
"""Of the embeddings that heads are bound to: that a longer sound is heard in parts binds no other head."""
MIN_SAMPLES = 400
GRANULARITIES = ("utterance", "frame")
"""What is stored: one vector for the clip, or one for every 20 ms."""
DEFAULT = "emotion2vec/plus_base"
HEAD_REMEDY = "python -m models train bilstm --help, then --set speech.head=DIR"


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The `emotion2vec` provider of the speech stage.

    Settings: `emotion2vec_model`, a folder below `models_dir` or anywhere; `granularity` of the stored embedding;
    `head`, a folder with a trained head over the embedding, or with folders `zh` and `en` that hold one each, null
    for the checkpoint's own; `device`; `threads`; `weights`, the head of the prosody part.

    Raises:
        ConfigError: a file is missing, a setting is unknown, or there is no head at all to form an opinion with.
    """
    folder = find(locate(str(settings.get("emotion2vec_model") or DEFAULT), settings.get("models_dir")))
    tokens = read_labels(folder.tokens)
    meanings(tokens)
    read_config(folder.config)
    granularity = settings.get("granularity") or "utterance"
    if granularity not in GRANULARITIES:
        raise ConfigError(f"speech.granularity is {granularity!r}", " or ".join(GRANULARITIES))
    device, threads = settings.get("device") or "auto", settings.get("threads") or 0
    if device not in DEVICES:
        raise ConfigError(f"speech.device is {device!r}", f"known: {', '.join(DEVICES)}")
    if not isinstance(threads, int) or threads < 0:
        raise ConfigError(f"speech.threads is {threads!r}", "a whole number, 0 for torch's choice")
    for package in ("torch", "funasr"):
        if importlib.util.find_spec(package) is None:
            raise ConfigError(f"speech.provider emotion2vec needs {package}, which is not installed", INSTALL)
    head = Path(settings["head"]) if settings.get("head") else None
    if head is None and not tokens:
        raise ConfigError(
            f"{folder.weights.parent} has no head of its own (no tokens.txt), and speech.head names none",
            HEAD_REMEDY,
        )
    files = {**folder.files, **(head_files(head, HEAD_REMEDY) if head else {})}
    # Whisper's layer is for voices that a prosody head judges over a run.
    prosody = measure.spec({**settings, "encoder": LEFT_OUT})
    mark = fingerprint(NAME, VERSION, {"granularity": granularity, "prosody": prosody.fingerprint}, files)
    build = partial(Emotion2vecEncoder, folder, prosody.build, granularity, head, device, threads)
    return ProviderSpec("speech", NAME, mark, build, digests(files), partial(_verify, folder, head, granularity))


def _verify(folder: Folder, head: Path | None, granularity: str) -> None:
    """ConfigError unless the checkpoint is whole and every head fits it and what is stored."""
    verify(folder)
    open_heads(folder, head, granularity)


def open_heads(folder: Folder, head: Path | None, granularity: str) -> dict[str, Any]:
    """Language (or `any`) → head; empty without a folder of heads. ConfigError when one does not fit."""
    key, width = features_key(folder), int(read_config(folder.config)["embed_dim"])
    places = head_folders(head, HEAD_REMEDY) if head else {}
    heads = {language: load_head(place, key, width) for language, place in places.items()}
    if granularity != "frame" and any(own.inputs[0].granularity == "frame" for own in heads.values()):
        raise ConfigError("speech.head reads frames, speech.granularity is utterance", "speech.granularity=frame")
    return heads


class Emotion2vecEncoder:
    """Measures prosody, embeds the clip, and asks a head.

    Args:
        folder: the checkpoint.
        prosody: makes the encoder that measures prosody.
        granularity: `utterance` or `frame`: what is attached to the record.
        head: folder of a head over the embedding, or of one for each language; None for the checkpoint's own scores.
        device: `auto`, `cpu` or `cuda`.
        threads: CPU threads; 0 leaves them as they are.
    """

    def __init__(
        self,
        folder: Folder,
        prosody: Any = measure.ProsodyEncoder,
        granularity: str = "utterance",
        head: Path | None = None,
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        self._net = Emotion2vecNet(folder, device, threads)
        self._prosody: measure.ProsodyEncoder = prosody()
        self._granularity = granularity
        self._heads = open_heads(folder, head, granularity)
        audio = read_config(folder.config)["modalities"]["audio"]
        self._rate = SAMPLE_RATE / frame_samples(audio["feature_encoder_spec"])

    def encode(self, audio: NDArray[np.float32]) -> SpeechFeatures:
        """Measure and embed 16 kHz mono audio, shape (samples,) float32, at least 400 samples; else ClipError.

        No opinion where too little speech is found for one.
        """
        measured = self._prosody.encode(checked(audio))
        frames, scores = self._net.frames(audio)
        pooled = halved(frames.mean(axis=0))
        told: dict[str, Opinion] = {}
        if measured.opinion is not None:
            told = self._opinions(frames, pooled, scores, measured.opinion.confidence)
        opinion = told.pop("any", None)
        return replace(measured, opinion=opinion, embedding=self._attached(frames, pooled), by_language=told)

    def _attached(self, frames: NDArray[np.float32], pooled: NDArray[np.float32]) -> Attachment:
        by_frame = self._granularity == "frame"
        return attachment("embedding", halved(frames) if by_frame else pooled, self._rate if by_frame else None)

    def _opinions(
        self,
        frames: NDArray[np.float32],
        pooled: NDArray[np.float32],
        scores: tuple[float, ...],
        confidence: float,
    ) -> dict[str, Opinion]:
        """Language → what its head says; `any` where one head, or the checkpoint's own scores, serve all."""
        told = {}
        for language, head in self._heads.items():
            # The head sees what is stored, so that an opinion can be computed again from its record.
            x = [halved(frames)] if head.inputs[0].granularity == "frame" else pooled[None, :]
            probabilities = tuple(float(p) for p in head.predict_proba(x)[0])
            told[language] = Opinion(head.space, head.labels, probabilities, confidence)
        if not told and (read := read_scores(self._net.tokens, scores)) is not None:
            known, unknown = read
            told["any"] = Opinion(SPACE, LABELS, known, round(confidence * (1 - unknown), 3))
        return told


def features_key(folder: Folder) -> str:
    """What a head over these embeddings is bound to: SHA-256 of settings, weights, and this code's version."""
    return fingerprint(f"{NAME}-embedding", FEATURES_VERSION, {}, {"config": folder.config, "weights": folder.weights})


def checked(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """The audio itself if emotion2vec takes it as it is; else ClipError."""
    if str(audio.dtype) != "float32" or audio.ndim != 1:
        raise ClipError(
            f"emotion2vec: {audio.dtype} audio of shape {audio.shape}, expected float32 (samples,)",
            "the decoder has to give one channel",
        )
    if len(audio) < MIN_SAMPLES:
        raise ClipError(
            f"emotion2vec: {len(audio)} samples of audio, at least {MIN_SAMPLES} (25 ms) are needed",
            "the clip is too short to be heard; other modalities judge it",
        )
    return audio


def halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values as float16 keeps them, in float32."""
    import numpy as np

    return np.asarray(values.astype(np.float16), dtype=np.float32)
