"""Which revision of a published model the project uses, and what its files must be: known before anything is fetched.

The SHA-256 of the Whisper conversions, of emotion2vec+ base, and of SigLIP, Whisper and BERT as R1-Omni needs them are
those that many public projects pin independently of one another; of R1-Omni and HumanOmni no commit was found. Of the
omni models the commit is pinned; what its files must be is what the hub lists for that commit, which is asked for
before the download (`models/hub/listing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_TOKENIZER = {
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_LARGE = {
    "preprocessor_config.json": "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
    "vocabulary.json": "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1",
}


@dataclass(frozen=True)
class Pin:
    """A commit of a repository, and the SHA-256 of those of its files that are known."""

    revision: str
    files: Mapping[str, str] = field(default_factory=dict)


PINS: Mapping[str, Pin] = {
    "Systran/faster-whisper-tiny": Pin(
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        {
            "config.json": "a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8",
            "model.bin": "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1",
            **_TOKENIZER,
        },
    ),
    "Systran/faster-whisper-base": Pin(
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        {
            "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            **_TOKENIZER,
        },
    ),
    "Systran/faster-whisper-small": Pin(
        "536b0662742c02347bc0e980a01041f333bce120",
        {
            "config.json": "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828",
            "model.bin": "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
            **_TOKENIZER,
        },
    ),
    "Systran/faster-whisper-medium": Pin(
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        {
            "config.json": "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807",
            "model.bin": "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae",
            **_TOKENIZER,
        },
    ),
    "Systran/faster-whisper-large-v3": Pin(
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        {
            "config.json": "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9",
            "model.bin": "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1",
            "tokenizer.json": "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca",
            **_LARGE,
        },
    ),
    "mobiuslabsgmbh/faster-whisper-large-v3-turbo": Pin(
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        {
            "config.json": "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e",
            "model.bin": "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
            "tokenizer.json": "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd",
            **_LARGE,
        },
    ),
    "emotion2vec/emotion2vec_plus_base": Pin(
        "b318240bfe67db81a8c572ecb37ce9c3759b81c9",
        {"model.pt": "60710b5aae1dbe69bdac8920028fb05882d4314fd09031922b4b61ee9e7aadbd"},
    ),
    # ModelScope names no commits; the weights are the same file.
    "iic/emotion2vec_plus_base": Pin(
        "", {"model.pt": "60710b5aae1dbe69bdac8920028fb05882d4314fd09031922b4b61ee9e7aadbd"}
    ),
    "google/siglip-base-patch16-224": Pin(
        "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed",
        {
            "config.json": "cd85b3d28829722820bcb89a2cfbb4160e55fd359249a3044da724166a8d9688",
            "preprocessor_config.json": "d11ccb80f15d358a11bdb070e92e2d889005874b7db15823d5f10d9b2533b14a",
            "model.safetensors": "2c63cb7d1f2e95ba501893cbb8faeb4ea9a3af295498d35097126228659c2af8",
        },
    ),
    "openai/whisper-large-v3": Pin(
        "06f233fe06e710322aca913c1bc4249a0d71fce1",
        {"model.safetensors": "a8e94b85976e5864ba3e9525c7e6c83b2a1eca42d4b797a0c7c24d778e40fd95"},
    ),
    "google-bert/bert-base-uncased": Pin(
        "86b5e0934494bd15c9632b12f734a8a67f723594",
        {
            "config.json": "7160e1553ad2ca51d8c1cb066be533db31826e12d173824c1bb0cb1a4f187d20",
            "tokenizer.json": "ce64fce797c24f68df90b40a3f74f579b336a493db14bd583fd520ea0d8c9a98",
            "tokenizer_config.json": "a025160ef0431f1a392f6f050c1310f4c5d9fb6f275932dbccba73c4d214bf10",
            "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        },
    ),
    "Qwen/Qwen2.5-Omni-7B": Pin("ae9e1690543ffd5c0221dc27f79834d0294cba00"),
    "Qwen/Qwen2.5-Omni-3B": Pin("f75b40e3da2003cdd6e1829b1f420ca70797c34e"),
}
"""Repository → what is used of it."""
BRANCH: Mapping[str, str] = {"ms": "master", "hf": "main"}
"""Hub (ModelScope, Hugging Face) → the branch that its repositories begin with."""


def revision_of(repository: str, branch: str, hub: str = "hf") -> str:
    """The pinned commit of a repository on Hugging Face; the branch where the project pins none."""
    pin = PINS.get(repository)
    return pin.revision if pin is not None and pin.revision and hub == "hf" else branch


def known_sums(repository: str, revision: str) -> Mapping[str, str]:
    """File → SHA-256 that the project knows of this revision; nothing of another one."""
    pin = PINS.get(repository)
    return pin.files if pin is not None and pin.revision in ("", revision) else {}
