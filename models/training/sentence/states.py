"""Hidden states of all training texts, kept in a folder so that a second training does not compute them again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.text.sentence import LAYERS, plain


def states_of(
    texts: Sequence[str], encoder: Path, kept: Path | None = None, layers: tuple[int, ...] = LAYERS
) -> NDArray[np.float32]:
    """Mean states (texts, features) after `layers`, side by side.

    Args:
        texts: as the corpora have them; equal ones are encoded once.
        encoder: file of multilingual-e5-small.
        kept: folder where states are looked for and kept, under a name made of texts, layers and encoder.
        layers: those that the head reads.
    """
    from models.fingerprint import file_sha256

    spelt = [plain(text) for text in texts]
    known = sorted(set(spelt), key=lambda text: (len(text), text))
    mark = hashlib.sha256("\n".join([file_sha256(encoder), str(layers), *known]).encode()).hexdigest()
    file = kept / f"states-{mark[:16]}.npy" if kept else None
    if file is not None and file.is_file():
        values = np.load(file, allow_pickle=False)
    else:
        values = _encoded(known, encoder, layers)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, values)
    at = {text: i for i, text in enumerate(known)}
    return np.asarray(values[[at[text] for text in spelt]], dtype=np.float32)


def _encoded(texts: Sequence[str], encoder: Path, layers: tuple[int, ...]) -> NDArray[np.float16]:
    from tqdm import tqdm

    from models.text.e5.encoder import Encoder

    net = Encoder(encoder, layers)
    states = [net.means([text]).ravel().astype(np.float16) for text in tqdm(texts, desc="encoding", unit="text")]
    return np.stack(states)
