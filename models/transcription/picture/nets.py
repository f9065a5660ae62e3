"""PP-OCRv4 by onnxruntime: a picture → boxes of text lines; a line's picture → its characters.

The detector gives a probability map of text, shrunk towards the middle of each line; a region's box is widened again by
the rule of its training (Liao et al., 2020, "Real-time scene text detection with differentiable binarization":
distance = area × ratio / perimeter). Subtitles are level, so upright boxes do, and neither polygons nor their clipping
are needed. The recogniser gives, for every few columns, probabilities over its characters and a blank (CTC).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import StageUnavailable
from models.telemetry import onnx_runtime
from models.transcription.picture.files import DETECTION, RECOGNITION
from models.transcription.picture.sight import Box, Character, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

INSTALL = "pip install onnxruntime"
SIDE = 640
"""Longest side of the picture that the detector sees; the lines of a 378p clip are still 25 pixels high."""
TEXT, REGION = 0.3, 0.5
"""Probability from which a pixel is text, and mean probability from which a region is (the package's own values are
.3 and .5)."""
UNCLIP = 1.6
LINE_HEIGHT = 48
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class TextNets:
    """Both nets, loaded.

    Args:
        folder: holds the two files of `files.SHA256`.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import cv2

            onnxruntime = onnx_runtime()
        except ImportError as error:
            raise StageUnavailable(f"subtitles in the picture cannot be read: {error}", INSTALL) from error
        self._cv2: Any = cv2
        options = onnxruntime.SessionOptions()
        # One thread: a run has a worker for each core. Shapes differ from line to line, so no memory is hoarded.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            self._detector, self._recogniser = (
                onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
                for name in (DETECTION, RECOGNITION)
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise StageUnavailable(
                f"the nets in {folder} cannot be loaded: {error}", "python -m models fetch words"
            ) from error
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ("", *characters, " ")

    def find(self, picture: Picture) -> list[Box]:
        """Boxes of the text lines in an RGB picture (height, width, 3)."""
        import numpy as np

        height, width = picture.shape[:2]
        scale = min(1.0, SIDE / max(height, width))
        across, down = (max(32, round(side * scale / 32) * 32) for side in (width, height))
        seen = self._cv2.resize(picture[..., ::-1], (across, down)).astype(np.float32) / 255
        seen = ((seen - np.asarray(_MEAN, np.float32)) / np.asarray(_SPREAD, np.float32)).transpose(2, 0, 1)[None]
        (maps,) = self._detector.run(None, {self._detector.get_inputs()[0].name: np.ascontiguousarray(seen)})
        return self._boxes(maps[0, 0], width / across, height / down, width, height)

    def _boxes(self, probability: NDArray[np.float32], x: float, y: float, width: int, height: int) -> list[Box]:
        import numpy as np

        cv2, boxes = self._cv2, []
        mask = (probability > TEXT).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            left, top, across, down = cv2.boundingRect(contour)
            inside = mask[top : top + down, left : left + across] > 0
            if min(across, down) < 3 or probability[top : top + down, left : left + across][inside].mean() < REGION:
                continue
            more = across * down * UNCLIP / (2 * (across + down))
            box = Box(
                max(0, int((left - more) * x)),
                max(0, int((top - more) * y)),
                min(width, round((left + across + more) * x)),
                min(height, round((top + down + more) * y)),
            )
            boxes.append(box)
        return boxes

    def read(self, line: Picture) -> Reading:
        """The characters of a line's RGB picture (height, width, 3), each with its probability."""
        import numpy as np

        height, width = line.shape[:2]
        across = max(LINE_HEIGHT, round(LINE_HEIGHT * width / height))
        seen = self._cv2.resize(line[..., ::-1], (across, LINE_HEIGHT)).astype(np.float32) / 127.5 - 1
        seen = np.ascontiguousarray(seen.transpose(2, 0, 1)[None])
        (steps,) = self._recogniser.run(None, {self._recogniser.get_inputs()[0].name: seen})
        best, sure = steps[0].argmax(1), steps[0].max(1)
        new = (best > 0) & (best != np.concatenate([[0], best[:-1]]))
        return tuple(Character(self._characters[best[i]], float(sure[i])) for i in np.flatnonzero(new))
