"""The embedded transcriber: what someone wrote down, else what is heard and read, as far as that has been fetched.

Nothing that was not fetched stops a run by itself: what clips then lack is said, with the command that mends it. What a
profile names (`whisper_model`, `read_picture: true`) must be there, and what is there must be whole.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.base import ProviderSpec
from models.fingerprint import digests, fingerprint, mismatches
from models.folders import locate
from models.transcription import combined, files, whisper_files
from models.transcription import whisper as whisper_module
from models.transcription.picture import files as picture_files
from models.transcription.picture import reader
from models.transcription.written import VERSION, EmbeddedTranscriber

WHISPER_IMPORTS = ("faster_whisper", "opencc")
READ_PICTURE = ("auto", True, False)
_NETS = "the nets that read subtitles in the picture"


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
    `simplified`, whether Chinese is given in simplified characters; `read_picture`, whether subtitles in the picture
    are read: true, false, or auto: where the nets for it have been fetched. The sidecars are part of the clip's own
    fingerprint, so this one covers the code's versions, the settings and the models' files.

    Raises:
        ConfigError: for a setting it does not know, for something named that is not there, or for a file that is not
            as it was fetched.
    """
    whisper = _whisper_of(settings)
    named, wanted = bool(settings.get("whisper_model")), settings.get("read_picture", "auto")
    if wanted not in READ_PICTURE:
        raise ConfigError(f"transcribe.read_picture is {wanted!r}", "auto, true or false")
    nets = Path(settings.get("models_dir") or ".") / picture_files.FOLDER
    deaf = None if named else _not_fetched(whisper)
    blind = None if wanted is True or wanted is False else _nets_not_fetched(nets)
    heard = {} if deaf else _checked(whisper, known=not named)
    read = {} if blind or wanted is False else _checked_nets(nets)
    knobs = {
        "whisper": whisper_module.VERSION if heard else None,
        "compute": whisper.compute if heard else None,
        "simplified": whisper.simplified if heard else None,
        "picture": [reader.VERSION, combined.VERSION] if read else None,
    }
    found = {**heard, **read}
    name = "+".join(["sidecar", *(["whisper"] if heard else []), *(["picture"] if read else [])])
    missing = [f"{fault.message} ({fault.remedy})" for fault in (deaf, blind) if fault is not None]
    lacks = f"no words without a sidecar file: {missing[0]}" if deaf and not read else "; ".join(missing)
    build = partial(_build, whisper if heard else None, nets if read else None, deaf)
    verify: Callable[[], None] | None = (
        partial(whisper_files.check_device, whisper.device, whisper.compute) if heard else None
    )
    mark = fingerprint(name, VERSION, knobs if found else {}, found)
    imports = WHISPER_IMPORTS if heard else ()
    return ProviderSpec("transcribe", name, mark, build, digests(found), verify, lacks, imports=imports)


def _whisper_of(settings: Mapping[str, Any]) -> _Whisper:
    """The settings of Whisper, checked for themselves. Raises ConfigError."""
    threads = settings.get("threads", 0)
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 0:
        raise ConfigError(f"transcribe.threads is {threads!r}", "a whole number, 0 for the library's choice")
    compute = str(settings.get("whisper_compute", "int8"))
    whisper_files.check_compute(compute)
    folder = locate(str(settings.get("whisper_model") or files.WHISPER), settings.get("models_dir"))
    device = str(settings.get("whisper_device", "auto"))
    return _Whisper(folder, compute, threads, device, bool(settings.get("simplified", False)))


def _not_fetched(whisper: _Whisper) -> ConfigError | None:
    """Why Whisper base cannot be used, where that is because something was never fetched or installed."""
    if not whisper.folder.is_dir():
        return ConfigError("Whisper base has not been fetched", files.COMMAND)
    try:
        whisper_files.check_installed()
        if whisper.simplified:
            whisper_files.check_simplified()
    except ConfigError as fault:
        return fault
    return None


def _checked(whisper: _Whisper, known: bool) -> Mapping[str, Path]:
    """Whisper's files; with `known` they must be the fetched ones to the byte. Raises ConfigError."""
    found = whisper_files.check_folder(whisper.folder)
    whisper_files.check_installed()
    if whisper.simplified:
        whisper_files.check_simplified()
    if known and (wrong := mismatches(whisper.folder, files.whisper_sums(whisper.folder))):
        raise ConfigError(f"{whisper.folder}: {', '.join(wrong)}", f"fetch it again: {files.COMMAND}")
    return found


def _nets_not_fetched(folder: Path) -> ConfigError | None:
    if not folder.is_dir():
        return ConfigError(f"{_NETS} have not been fetched", files.COMMAND)
    if importlib.util.find_spec("onnxruntime") is None:
        return ConfigError(f"{_NETS} need onnxruntime, which is not installed", "pip install onnxruntime")
    return None


def _checked_nets(folder: Path) -> Mapping[str, Path]:
    """The nets' files. Raises ConfigError when they are not the known ones."""
    if fault := _nets_not_fetched(folder):
        raise fault
    if wrong := mismatches(folder, picture_files.SHA256):
        raise ConfigError(f"{folder}: {', '.join(wrong)}", f"fetch them again: {files.COMMAND}")
    return {name: folder / name for name in picture_files.SHA256}


def _build(whisper: _Whisper | None, nets: Path | None, deaf: ConfigError | None) -> EmbeddedTranscriber:
    if whisper is None and nets is None:
        assert deaf is not None
        return EmbeddedTranscriber(None, (deaf.message, deaf.remedy))
    recogniser = None
    if whisper is not None:
        recogniser = whisper_module.WhisperTranscriber(
            whisper.folder, whisper.compute, whisper.threads, whisper.device, whisper.simplified
        )
    return EmbeddedTranscriber(
        combined.HeardAndSeen(recogniser, reader.PictureReader(nets) if nets is not None else None)
    )
