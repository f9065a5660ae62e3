"""Two ways to make a face's picture clearer: non-local means, and a user's DeblurGAN-v2 on ONNX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.telemetry import onnx_runtime

Picture = NDArray[np.uint8]
Method = Callable[[Picture], Picture]
"""A picture (height, width, 3), RGB → the same, enhanced, of the same size."""

LEAST_NOISE, MOST_NOISE = 2.0, 20.0
"""Grey levels. A cleaner picture is left as it is: to convert its colours would add more noise than is taken away."""
PATCH, SEARCH = 5, 15
"""Sides of the compared patches and of the window that is searched for them, pixels."""
BLOCK = 32
"""DeblurGAN-v2 pads both sides to the next multiple of it, and by a whole one where they are a multiple already."""


def noise(grey: NDArray[np.float64]) -> float:
    """Standard deviation of the noise of a grey picture (Immerkær, 1996), in its own levels; 0 below 3 × 3 pixels.

    Fine texture counts as noise, so it is an upper bound.
    """
    if min(grey.shape) < 3:
        return 0.0
    rows = grey[:-2] - 2 * grey[1:-1] + grey[2:]
    both = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(np.sqrt(np.pi / 2) * np.abs(both).mean() / 6)


class Denoiser:
    """Non-local means (Buades et al., 2005) by OpenCV, as strong as the picture's own noise is."""

    def __init__(self) -> None:
        import cv2

        cv2.setNumThreads(1)  # equal results on every machine, and the workers share the cores already
        self._cv2 = cv2

    def __call__(self, picture: Picture) -> Picture:
        grey = self._cv2.cvtColor(picture, self._cv2.COLOR_RGB2GRAY)
        strength = min(noise(grey.astype(np.float64)), MOST_NOISE)
        if strength < LEAST_NOISE:
            return picture
        found = self._cv2.fastNlMeansDenoisingColored(picture, None, strength, strength, PATCH, SEARCH)
        return np.asarray(found, dtype=np.uint8)


class Deblurrer:
    """A user's generator of DeblurGAN-v2 (Kupyn et al., 2019), exported to ONNX with free height and width.

    In and out it is (1, 3, height, width) in −1..1, RGB, as in the published prediction.

    Raises:
        OSError, ValueError: no such file, or not that form.
    """

    def __init__(self, path: Path) -> None:
        onnxruntime = onnx_runtime()
        state = onnxruntime.capi.onnxruntime_pybind11_state
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._faults = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.RuntimeException)
        unread = (*self._faults, state.InvalidProtobuf, state.NotImplemented, state.NoModel)
        try:
            self._session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except unread as error:
            raise ValueError(f"{path} is no ONNX net that can be run: {str(error).splitlines()[0]}") from error
        if why := wrong_form(self._session.get_inputs(), self._session.get_outputs()):
            raise ValueError(f"{path}: {why}")
        self._input = self._session.get_inputs()[0].name

    def __call__(self, picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        below, beside = (BLOCK - side % BLOCK for side in (height, width))
        values = picture.astype(np.float32) / np.float32(127.5) - np.float32(1)
        padded = np.pad(values, ((0, below), (0, beside), (0, 0)))
        shown = np.ascontiguousarray(padded.transpose(2, 0, 1)[None])
        try:
            (found,) = self._session.run(None, {self._input: shown})
        except self._faults as error:
            raise ValueError(f"the net failed on {shown.shape}: {str(error).splitlines()[0]}") from error
        if found.shape != (1, 3, height + below, width + beside):
            raise ValueError(f"the net made {found.shape} of (1, 3, {height + below}, {width + beside})")
        levels = (found[0].transpose(1, 2, 0)[:height, :width] + 1) * 127.5
        return np.asarray(np.clip(np.round(levels), 0, 255), dtype=np.uint8)


def wrong_form(inputs: Any, outputs: Any) -> str:
    """What of a net's inputs and outputs is not DeblurGAN-v2's form; empty when it is."""
    if len(inputs) != 1 or len(outputs) != 1:
        return f"{len(inputs)} inputs and {len(outputs)} outputs, expected one picture each"
    shape = inputs[0].shape
    if inputs[0].type != "tensor(float)" or len(shape) != 4 or shape[1] != 3:
        return f"its input is {inputs[0].type} {shape}, expected float (1, 3, height, width)"
    if any(isinstance(side, int) for side in shape[2:]):
        return f"it takes {shape[2]} × {shape[3]} pixels alone; export it with free height and width (dynamic_axes)"
    return ""
