"""Arrays on their way to a file beside the record."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from harness.records.types import Attachment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def attachment(name: str, values: NDArray[np.float32], rate: float | None = None) -> Attachment:
    """`values` as a float16 .npy file; `rate` is rows per second, None for a vector of the whole clip."""
    import numpy as np

    stream = io.BytesIO()
    halves = values.astype(np.float16)
    np.save(stream, halves, allow_pickle=False)
    content = stream.getvalue()
    return Attachment(name, hashlib.sha256(content).hexdigest(), halves.shape, str(halves.dtype), rate, content)
