"""When the omni model answers: while clips are perceived, or after."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import Config, load_profile, make_config
from harness.engine import pipeline
from harness.faults import ConfigError
from harness.inputs.sampling import WHOLE, Stretch


def config(profile: str, *overrides: str) -> Config:
    folders = {key: Path(key) for key in ("models_dir", "test_data", "results", "supplements")}
    return make_config(load_profile(profile, overrides), profile=profile, **folders)


@pytest.mark.parametrize(
    ("cards", "overrides", "chosen"),
    [
        (1, (), "staged"),  # speech models and the server share the only GPU
        (0, (), "streamed"),
        (2, (), "streamed"),
        (1, ("omni.provider=server", "omni.url=http://127.0.0.1:1/v1"), "streamed"),
        (1, ("transcribe.provider=embedded", "speech.provider=prosody"), "streamed"),
        (1, ("omni.schedule=streamed",), "streamed"),
        (0, ("omni.schedule=staged",), "staged"),
    ],
)
def test_the_schedule_follows_the_machine_unless_the_profile_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, cards: int, overrides: tuple[str, ...], chosen: str
) -> None:
    monkeypatch.setattr(pipeline, "graphics_cards", lambda: [Path(f"/dev/nvidia{n}") for n in range(cards)])
    assert pipeline.chosen_schedule(config("full", *overrides)) == chosen


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(ConfigError, match="auto, streamed or staged"):
        pipeline.chosen_schedule(config("full", "omni.schedule=someday"))


@pytest.mark.parametrize(
    ("override", "key"), [("frames=0", "frames"), ("frames=[1]", "frames"), ("frame_side=8", "frame_side")]
)
def test_a_bad_number_of_pictures_names_the_key_that_was_set(override: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"omni.{key} is"):
        pipeline.sent_media(config("embedded", f"omni.{override}"))


def test_what_is_sent_of_a_clip_follows_the_profile_whoever_the_provider_is() -> None:
    usual, r1 = (pipeline.sent_media(config(name)) for name in ("full", "r1-omni"))
    assert (usual.sampling, usual.stretch) == ("even", WHOLE)
    assert (r1.sampling, r1.max_frames) == ("middle", 8)
    cropped = pipeline.sent_media(config("full", "omni.start=1", "omni.end=2.5", "omni.sampling=middle"))
    assert (cropped.sampling, cropped.stretch) == ("middle", Stretch(1.0, 2.5))
    assert pipeline.media_settings(config("full", "omni.start=1").sections["media"]).stretch == WHOLE


@pytest.mark.parametrize(
    "overrides",
    [
        ("sampling=odd",),
        ("start=-1",),
        ("start=.nan",),
        ("start=null",),
        ("end=0",),
        ("start=2", "end=2"),
        ("end=many",),
    ],
)
def test_a_stretch_that_is_none_names_its_key(overrides: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=f"omni.{overrides[-1].partition('=')[0]} is"):
        pipeline.sent_media(config("embedded", *(f"omni.{one}" for one in overrides)))


@pytest.mark.parametrize("key", ["fps", "max_frames", "max_side", "max_seconds"])
@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "-1", "true", "many", "1e308", "null"])
def test_media_settings_are_finite_numbers_of_their_range(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"media.{key} is"):
        pipeline.media_settings(config("embedded", f"media.{key}={value}").sections["media"])


def test_media_settings_as_shipped() -> None:
    assert pipeline.media_settings(config("embedded").sections["media"]).fps == 12.5
