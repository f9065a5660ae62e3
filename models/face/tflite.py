"""A net of a .tflite file, run on one thread by LiteRT: two to three times as fast as OpenCV runs the same file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Net:
    """One net, with one picture as its input.

    Args:
        content: the file, or its bytes.
    """

    def __init__(self, content: Path | bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        read = content if isinstance(content, bytes) else content.read_bytes()
        with _unsaid():
            self._interpreter = Interpreter(model_content=read, num_threads=1)
            self._interpreter.allocate_tensors()
        (given,) = self._interpreter.get_input_details()
        self._input = given["index"]
        self._outputs = sorted((out["name"], out["index"]) for out in self._interpreter.get_output_details())

    def run(self, picture: Floats) -> list[Floats]:
        """The outputs of a picture (height, width, 3), in the order of their names; each with a first axis of 1."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return [np.asarray(self._interpreter.get_tensor(index)) for _, index in self._outputs]


def shares(view: NDArray[np.uint8]) -> Floats:
    """Brightness 0 … 1 of a picture: what all nets but the detector are shown."""
    return view.astype(np.float32) / np.float32(255)


@contextmanager
def _unsaid() -> Iterator[None]:
    """Without the line that the library writes to the standard error when its first net is made."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
