"""Which file is a story's clip. A story is somebody's file: what it names as its clip may be anything."""

from __future__ import annotations

import os
from pathlib import Path

from eval.stories.read import Story
from harness.inputs.kinds import is_clip


def clip_file(story: Story) -> Path | None:
    """The clip as named from the run's folder, if it resolves to a regular file with the ending of a sound or video.

    The ending is asked of the resolved file: a link has the ending it likes.
    """
    named = story.clip.get("path")
    if not isinstance(named, str) or not named or "\0" in named:
        return None
    clip = Path(os.path.realpath(story.path.parent.parent / named))
    return clip if clip.is_file() and is_clip(clip.name) else None
