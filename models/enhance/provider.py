"""The providers `denoise` and `deblur` of the enhancement stage."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import Absent, ClipError, ConfigError, StageUnavailable
from harness.records.enhanced import EnhancedFace
from harness.records.types import FaceTrack, Media
from models.base import ProviderSpec
from models.face.files import COMMAND, SHA256, problems
from models.face.tracker import HEAD, WEIGHT_FILES
from models.fingerprint import digests, fingerprint
from models.folders import LEFT_OUT, default_models_dir

if TYPE_CHECKING:
    from models.enhance.methods import Method

DENOISE, DEBLUR = "denoise", "deblur"
VERSION = 1
MESH = "face_landmark.tflite"
NO_WEIGHTS = "no DeblurGAN-v2 net: none can be shipped"
REMEDY = "--set media.enhance_weights=FILE.onnx (docs/enhance.md), or media.enhance=denoise"


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The provider that `enhance` names.

    Args:
        settings: the profile's `media` table, `models_dir` (holds `face/`), and `weights`, as the face stage has them.
    """
    nets = Path(settings.get("models_dir") or default_models_dir()) / "face"
    if wrong := problems(nets):
        raise ConfigError(f"face nets in {nets}: {', '.join(wrong)}", COMMAND)
    files = {name: nets / name for name in SHA256 if name == MESH}
    named = settings.get("weights")
    head = None if named == LEFT_OUT else Path(named or HEAD)
    if head is not None:
        files |= {name: path for name in WEIGHT_FILES if (path := head / name).is_file()}
    name = str(settings["enhance"])
    given = settings.get("enhance_weights")
    net = Path(given) if given and name == DEBLUR else None
    if net is not None:
        if not net.is_file():
            raise ConfigError(f"media.enhance_weights: no file {net}", REMEDY)
        files["deblur"] = net
    lacks = f"{NO_WEIGHTS}; {REMEDY}" if name == DEBLUR and net is None else ""
    mark = fingerprint(name, VERSION, {}, files)
    build = partial(FaceEnhancer, name, net, nets, head)
    verify = partial(_verify, net) if net is not None else None
    return ProviderSpec("enhance", name, mark, build, digests(files), verify=verify, lacks=lacks)


def _verify(net: Path) -> None:
    _method(DEBLUR, net)


def _method(name: str, net: Path | None) -> Method:
    """What enhances a picture.

    Raises:
        StageUnavailable: there is no net to deblur with.
        ConfigError: the net is none of that form.
    """
    from models.enhance.methods import Deblurrer, Denoiser

    if name == DENOISE:
        return Denoiser()
    if net is None:
        raise StageUnavailable(NO_WEIGHTS, REMEDY)
    try:
        return Deblurrer(net)
    except (OSError, ValueError) as error:
        raise ConfigError(f"media.enhance_weights: {error}", "docs/enhance.md says which form is read") from error


class FaceEnhancer:
    """Enhances the followed face and measures what that changes. Built in the process that uses it.

    Args:
        name: `denoise` or `deblur`.
        net: the DeblurGAN-v2 file of `deblur`.
        nets: folder of the face nets.
        head: folder of the expression head, None without one.

    Raises:
        StageUnavailable, ConfigError: as `_method`.
    """

    def __init__(self, name: str, net: Path | None, nets: Path, head: Path | None) -> None:
        from models.enhance.measure import Comparison
        from models.face.mesh import FaceMesh
        from models.face.reader import ExpressionReader

        self._name, self._method = name, _method(name, net)
        reader = ExpressionReader(head) if head is not None else None
        self._comparison = Comparison(FaceMesh(nets / MESH), reader, self._method)

    def media(self, media: Media, face: FaceTrack) -> Media:
        """The clip with every picture of the followed face enhanced. ClipError where the net makes no picture."""
        from models.enhance.measure import enhanced_media

        try:
            return enhanced_media(media, face, self._method)
        except ValueError as error:
            raise ClipError(f"the face could not be enhanced: {error}", REMEDY) from error

    def compare(self, media: Media, face: FaceTrack, evidence: str) -> EnhancedFace:
        """What enhancement changes on a stretch of the face. Absent where the face is not seen well enough."""
        try:
            found = self._comparison.of(media, face, (self._name, evidence))
        except ValueError as error:
            raise ClipError(f"the face could not be enhanced: {error}", REMEDY) from error
        if found is None:
            raise Absent("the face is not measured in three pictures in a row")
        return found
