"""What a scripted omni server's client is made from, and asked."""

from __future__ import annotations

from collections.abc import Callable

from models.omni.answer import LABELS, pattern
from models.omni.client import ClientSettings, OmniClient
from models.omni.protocol.types import EncodedMedia, Question
from tests.support.scripted_server import ScriptedServer

SETTINGS = ClientSettings("auto", structured=True, timeout=5.0, attempts=3, concurrency=4)


QUESTION = Question(
    ({"role": "system", "content": "You judge."}, {"role": "user", "content": "What is felt?"}),
    EncodedMedia((b"j1", b"j2"), (0.5, 1.5), None),
    pattern(LABELS, "en", 256, answer_only=False),
    256,
)


Scripted = Callable[..., tuple[ScriptedServer, OmniClient, list[float]]]
