"""The one step that looks at all clips: voices are normalised over the run, without labels, and judged among others.

A set recorded in another world than the training data (another language, other microphones, other people) lies apart as
a whole; taken over the set, its measurements say again who is louder or higher than the others. So what a voice says
depends on which clips are in the run: the manifest names their number, and a run with other clips judges anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from harness.config import Config
from harness.context import Context, Stage
from harness.engine.runner import settings_key
from harness.faults import Absent, ConfigError
from harness.lazy import Lazy
from harness.records.store import Store
from harness.records.types import Clip, SpeechFeatures
from harness.records.voices import NormalisedVoice, World
from models.base import ProviderSpec, SpeechJudge

STAGE = "voice"
VERSION = 2
LEAST = 20
"""Voices from which a run is normalised over itself."""
CHOICES = ("run", "training")


@dataclass(frozen=True)
class Normalisation:
    """How the voices of a run are normalised: over itself where `world` is there, else over the training data."""

    wanted: str
    voices: int
    world: World | None

    def facts(self) -> dict[str, object]:
        """What the manifest says of it."""
        over = "the training data" if self.world is None else "the voices of this run"
        return {"wanted": self.wanted, "normalised_over": over, "voices": self.voices, "least": LEAST}


def wanted(config: Config, spec: ProviderSpec, clips: int) -> bool:
    """Whether all clips must be heard before the first is judged. ConfigError on an unknown `speech.normalise`."""
    chosen = config.sections["speech"]["normalise"]
    if chosen not in CHOICES:
        raise ConfigError(f"speech.normalise is {chosen!r}", " or ".join(CHOICES))
    return chosen == "run" and spec.judge is not None and clips >= LEAST


def normalisation(judge: SpeechJudge, clips: Sequence[Clip], store: Store) -> Normalisation:
    """Taken over the voices of all clips that were heard, in the order of their IDs."""
    world = judge.world(_heard(clips, store))
    return Normalisation("run", world.clips, world if world.clips >= LEAST else None)


def _heard(clips: Sequence[Clip], store: Store) -> Iterator[SpeechFeatures]:
    for clip in sorted(clips, key=lambda clip: clip.id):
        record = store.get("speech", clip.id)
        if record is not None and record.outcome == "ok":
            yield msgspec.convert(record.data, SpeechFeatures)


def voice_stage(spec: ProviderSpec, world: World) -> Stage:
    """The stage `voice` of a run that is normalised over itself. ValueError when the provider judges no runs."""
    if spec.judge is None:
        raise ValueError(f"{spec.name} judges no voices of a run")
    key = settings_key(STAGE, VERSION, [spec.fingerprint, msgspec.to_builtins(world)])
    return Stage(STAGE, spec.name, key, partial(_judge, Lazy(spec.judge), world), ("speech",))


def _judge(judge: Callable[[], SpeechJudge], world: World, context: Context) -> NormalisedVoice:
    heard = context.get("speech", SpeechFeatures)
    if heard is None:
        raise Absent(context.why_not("speech"), context.records["speech"].remedy)
    return judge().judge(heard, world)
