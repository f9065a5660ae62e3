"""The two nets that read text in pictures, as files: their names, checksums and place."""

from __future__ import annotations

from collections.abc import Mapping

FOLDER = "picture"
"""Where they lie below the models' folder."""
DETECTION, RECOGNITION = "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx"
SHA256: Mapping[str, str] = {
    DETECTION: "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
    RECOGNITION: "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
}
"""PP-OCRv4 (PaddleOCR, Apache-2.0) as ONNX: where text stands, and what a line says."""
