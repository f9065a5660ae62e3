"""What a folder of clips says of itself: `about.json` beside the clips, a text for each language of the page."""

from __future__ import annotations

import json
from pathlib import Path

NAME = "about.json"
MOST_CHARACTERS = 2000


def read_about(folder: Path) -> dict[str, str]:
    """The texts under `en` and `zh` of the folder's `about.json`; empty without one.

    Any file of that name that is something else is left alone: the folder is the user's.
    """
    try:
        said = json.loads((folder / NAME).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    known = {name: said.get(name) for name in ("en", "zh")} if isinstance(said, dict) else {}
    return {name: text[:MOST_CHARACTERS] for name, text in known.items() if isinstance(text, str) and text}
