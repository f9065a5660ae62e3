"""R1-Omni's language model on a vLLM server: started, and shown to answer by question, picture and sound."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from models.omni.protocol.completions import PATH
from models.omni.protocol.http import ask
from models.omni.protocol.types import Endpoint, Server
from models.omni.server.canary import ALTERNATIVES
from models.r1omni.embedded import Prompted
from models.r1omni.loaded import Loaded
from models.r1omni.probe import probe

if TYPE_CHECKING:
    from torch import Tensor

PROBE_SECONDS = 120.0


class OnServer:
    """The server, with the probe in place of the omni server's canary, which sends pictures and sound themselves.

    Args:
        loaded: towers, projectors and gate, which stay in this process.
        server: serves the converted language model.
        check: whether it must show that question, picture and sound reach it through the embeddings.
    """

    def __init__(self, loaded: Loaded, server: Server, check: bool) -> None:
        self._loaded, self._server, self._check = loaded, server, check
        self._probe: dict[str, object] = {}

    def begin(self) -> None:
        """Load, start and probe. Raises ConfigError or StageUnavailable."""
        model = self._loaded.model()
        endpoint = self._server.endpoint()
        if self._check:
            self._probe = {"probe": probe(model, lambda prompt: _first_tokens(endpoint, prompt))}

    @property
    def several(self) -> bool:
        """Whether the language model is served by replicas."""
        return self._server.several

    def endpoint(self) -> Endpoint:
        """Where it answers. Raises StageUnavailable."""
        return self._server.endpoint()

    def lease(self) -> AbstractContextManager[Endpoint]:
        """Where to send one request. Raises StageUnavailable."""
        return self._server.lease()

    def others(self, than: Endpoint) -> bool:
        """Whether another replica answers."""
        return self._server.others(than)

    def revive(self, lost: Endpoint) -> Endpoint:
        """A server that answers, in place of `lost`. Raises StageUnavailable."""
        return self._server.revive(lost)

    def facts(self) -> Mapping[str, object]:
        """For the manifest: the server's own, and what the probe saw."""
        return {**self._server.facts(), **self._probe}

    def stop(self) -> None:
        """End it."""
        self._server.stop()


def _first_tokens(endpoint: Endpoint, prompt: Tensor) -> Mapping[str, float]:
    """Token → log-probability of the likeliest first tokens after a prompt (tokens, hidden)."""
    body = {
        "model": endpoint.model,
        "prompt_embeds": Prompted.packed(prompt),
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": ALTERNATIVES,
    }
    answer = ask(endpoint.url + PATH, endpoint.api_key, PROBE_SECONDS, body)
    found: Mapping[str, float] = answer["choices"][0]["logprobs"]["top_logprobs"][0]
    return found
