"""The embedded transcriber: what someone wrote down, else what is heard and read, as far as that has been fetched.

Nothing that is missing stops a run by itself: what a clip then lacks is said, with the command that mends it. What a
profile names by itself (`whisper_model`, `read_picture: true`) must be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.base import ProviderSpec, Transcriber
from models.fingerprint import digests, fingerprint, mismatches
from models.folders import locate
from models.transcription import files, whisper_files
from models.transcription.written import VERSION, EmbeddedTranscriber


@dataclass(frozen=True)
class _Whisper:
    """How Whisper is to be loaded."""

    folder: Path
    compute: str
    threads: int
    device: str
    simplified: bool


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The transcriber that `settings` describe.

    Settings: `whisper_model`, a local faster-whisper folder, relative to `models_dir` (or the working folder) unless
    absolute; null is Whisper base where it has been fetched. `whisper_compute`, `whisper_device`, `threads`;
    `simplified`, whether Chinese is given in simplified characters. The sidecars are part of the clip's own
    fingerprint, so this one covers the code's version and the folder's files.

    Raises:
        ConfigError: for a setting it does not know, a folder that faster-whisper could not load, or fetched files
            that are not the known ones.
    """
    whisper = _settings_of(settings)
    try:
        found = _checked(whisper, known=not settings.get("whisper_model"))
    except ConfigError as fault:
        if settings.get("whisper_model") or whisper.folder.is_dir() and not _packages_missing(whisper):
            raise
        lacks = f"no words are recognised: {fault.message} ({_remedy(whisper)})"
        mark = fingerprint("sidecar", VERSION, {}, {})
        build = partial(EmbeddedTranscriber, missing=(fault.message, _remedy(whisper)))
        return ProviderSpec("transcribe", "sidecar", mark, build, lacks=lacks)
    from models.transcription.whisper import VERSION as HEARING

    name = "sidecar+whisper"
    knobs = {"whisper": HEARING, "compute": whisper.compute, "simplified": whisper.simplified}
    mark = fingerprint(name, VERSION, knobs, found)
    verify: Callable[[], None] = partial(whisper_files.check_device, whisper.device, whisper.compute)
    return ProviderSpec("transcribe", name, mark, partial(_build, whisper), digests(found), verify)


def _settings_of(settings: Mapping[str, Any]) -> _Whisper:
    """The settings, checked for themselves. Raises ConfigError."""
    threads = settings.get("threads", 0)
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 0:
        raise ConfigError(f"transcribe.threads is {threads!r}", "a whole number, 0 for the library's choice")
    compute = str(settings.get("whisper_compute", "int8"))
    whisper_files.check_compute(compute)
    folder = locate(str(settings.get("whisper_model") or files.WHISPER), settings.get("models_dir"))
    device = str(settings.get("whisper_device", "auto"))
    return _Whisper(folder, compute, threads, device, bool(settings.get("simplified", False)))


def _checked(whisper: _Whisper, known: bool) -> Mapping[str, Path]:
    """Whisper's files; with `known` they must be the fetched ones to the byte. Raises ConfigError."""
    if known and not whisper.folder.is_dir():
        raise ConfigError("Whisper base has not been fetched", files.COMMAND)
    found = whisper_files.check_folder(whisper.folder)
    whisper_files.check_installed()
    if whisper.simplified:
        whisper_files.check_simplified()
    if known and (wrong := mismatches(whisper.folder, files.whisper_sums(whisper.folder))):
        raise ConfigError(f"{whisper.folder}: {', '.join(wrong)}", f"fetch it again: {files.COMMAND}")
    return found


def _packages_missing(whisper: _Whisper) -> bool:
    """Whether a package is what stands in the way."""
    try:
        whisper_files.check_installed()
        if whisper.simplified:
            whisper_files.check_simplified()
    except ConfigError:
        return True
    return False


def _remedy(whisper: _Whisper) -> str:
    return whisper_files.INSTALL if _packages_missing(whisper) else files.COMMAND


def _build(whisper: _Whisper) -> EmbeddedTranscriber:
    from models.transcription.whisper import WhisperTranscriber

    recogniser: Transcriber = WhisperTranscriber(
        whisper.folder, whisper.compute, whisper.threads, whisper.device, whisper.simplified
    )
    return EmbeddedTranscriber(recogniser)
