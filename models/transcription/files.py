"""Whisper base as fetched files: names, checksums, and the command that fetches them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

COMMAND = "python -m models fetch words"
WHISPER = "whisper/base"
"""Where Whisper base lies below the models' folder."""

WHISPER_BASE: Mapping[str, str] = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""OpenAI's Whisper base (MIT) as Systran converted it for CTranslate2."""
WHISPER_BASE_AGAIN: Mapping[str, str] = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
"""Another conversion of the same model: all of its 212 tensors equal the first one's, byte for byte."""


def whisper_sums(folder: Path) -> Mapping[str, str]:
    """The sums that a folder of Whisper base must have: those of the conversion that lies there."""
    return WHISPER_BASE_AGAIN if (folder / "vocabulary.json").is_file() else WHISPER_BASE
