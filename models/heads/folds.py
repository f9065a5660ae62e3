"""Folds that part no group: no speaker or video is trained on and tested on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError

Indices = NDArray[np.intp]


def group_folds(
    labels: Sequence[Any] | NDArray[Any], groups: Sequence[str], most: int
) -> Iterator[tuple[Indices, Indices]]:
    """(trained on, tested on) as indices, for at most `most` folds; scikit-learn's GroupKFold.

    Raises:
        ConfigError: there is one group, or what is trained on holds one label.
    """
    from sklearn.model_selection import GroupKFold

    parts = min(most, len(set(groups)))
    if parts < 2:
        raise ConfigError(
            "all clips are of one group, so none can be held out", "name the column of speakers or videos"
        )
    known = np.asarray(labels)
    for inside, outside in GroupKFold(parts).split(known, groups=groups):
        if len(found := np.unique(known[inside])) < 2:
            held = ", ".join(sorted({groups[i] for i in outside})[:3])
            raise ConfigError(
                f"without {held} only one label is left ({found[0]})", "more groups of each label are needed"
            )
        yield inside, outside
