"""Declares two torchvision operators just before torchvision is first imported, where torch is a CPU build.

A torchvision built for CUDA cannot load its operators beside a CPU torch, and its import fails on the missing
declaration of `nms`. Nothing that the server does calls either operator.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_kept = []


class _Declares(MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            import torch

            if torch.version.cuda is None:
                library = torch.library.Library("torchvision", "DEF")
                for schema in _SCHEMAS:
                    library.define(schema)
                _kept.append(library)  # the operators live as long as the library object
        return None


sys.meta_path.insert(0, _Declares())
