"""Sound of a file for extraction and training, by PyAV alone."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.inputs.channels import MOST_CHANNELS, to_mono
from harness.records.types import SAMPLE_RATE


def decode(path: Path) -> NDArray[np.float32]:
    """The first audio track as 16 kHz mono float32, shape (samples,), its channels mixed as the run mixes them."""
    import av

    pieces: list[tuple[tuple[str, ...], NDArray[np.float32]]] = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", rate=SAMPLE_RATE)
        for frame in chain(container.decode(audio=0), [None]):
            for block in resampler.resample(frame):
                values = np.asarray(block.to_ndarray(), np.float32).reshape(block.samples, -1)
                names = tuple(channel.name for channel in block.layout.channels)
                if len(names) > MOST_CHANNELS:
                    names, values = ("mean",), values.mean(axis=1, keepdims=True)
                pieces.append((names, values))
    return np.asarray(np.concatenate(to_mono(pieces)[0]), dtype=np.float32)
