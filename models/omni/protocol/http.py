"""Single JSON requests to an omni server outside the run's own client: is it there, what does it serve, does it see."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def ask(url: str, key: str, seconds: float, body: Mapping[str, Any] | None = None) -> Any:
    """The JSON value that `url` answers (None for an empty reply); a POST where there is a `body`.

    Raises:
        OSError: no reply; urllib.error.HTTPError (one of its kind) when the server refuses.
        ValueError: the reply is no JSON.
    """
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
    # A proxy from the environment is for the world outside, not for a server on this machine.
    inside = urlsplit(url).hostname in LOOPBACK
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if inside else None))
    with opener.open(request, timeout=seconds) as reply:
        content = reply.read()
    return json.loads(content) if content else None
