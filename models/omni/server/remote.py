"""An OpenAI-compatible server that someone else runs: where it is, what it serves, and waiting for it to come back."""

from __future__ import annotations

import threading
import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.faults import StageUnavailable
from harness.records.clean import encodable, one_line
from models.omni.protocol.dialect import recognise
from models.omni.protocol.http import ask, redirected
from models.omni.protocol.types import Endpoint
from models.omni.server.alone import ServerAlone
from models.omni.server.canary import canary

_POLL = 2.0
_ONE_LOOK = 10.0
_CANARY_SECONDS = 120.0
_LONGEST_NAME = 200
_MOST_MODELS = 10_000


class RemoteServer(ServerAlone):
    """A server at a URL. It is neither started nor stopped, only asked what it serves.

    Args:
        url: ends in `/v1`.
        model: the name of a model that it serves; empty where it serves a single one.
        api_key: sent with every request; empty for none.
        patience: seconds that a lost server is waited for.
        sleep: called with seconds between two looks; by default a wait that `stop` ends.
        clock: seconds.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        api_key: str = "",
        patience: float = 60.0,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._model, self._key = url.rstrip("/"), model, api_key
        self._closing = threading.Event()
        self._patience, self._sleep, self._clock = patience, sleep or self._closing.wait, clock
        self._lock = threading.Lock()
        self._endpoint: Endpoint | None = None
        self._listed: Mapping[str, Any] = {}
        self._lost = 0
        self._canary: Mapping[str, float] = {}

    def endpoint(self) -> Endpoint:
        """Where to ask, once it has said what it serves. Raises StageUnavailable."""
        with self._lock:
            if self._endpoint is None:
                self._endpoint = self._look()
            return self._endpoint

    def check(self) -> None:
        """Let it show that it sees and hears. Raises StageUnavailable when it does not."""
        endpoint = self.endpoint()
        self._canary = canary(endpoint, _CANARY_SECONDS, recognise({"data": [self._listed]}))

    def revive(self, lost: Endpoint) -> Endpoint:
        """Waits for the server, up to `patience` seconds; once that was in vain, later calls look only once."""
        with self._lock:
            patience = self._patience if self._endpoint is not None else 0.0
            until = self._clock() + patience
            self._endpoint = None
            away = False
            while True:
                try:
                    self._endpoint = self._look()
                    return self._endpoint
                except StageUnavailable as fault:
                    self._lost += not away
                    away = True
                    if self._clock() >= until or self._closing.is_set():
                        message = f"{fault.message}; waited {patience:g} s for it to come back"
                        raise StageUnavailable(message, fault.remedy) from fault
                self._sleep(_POLL)

    def facts(self) -> Mapping[str, object]:
        """The URL, what it lists of the model that is used, and how often it was lost."""
        listed = {key: self._listed.get(key) for key in ("id", "owned_by", "max_model_len")}
        seen = {"canary": self._canary} if self._canary else {}
        return {"url": self._url, "listed": listed, "times_lost": self._lost, **seen}

    def stop(self) -> None:
        """Nothing was started; nobody waits for it any more."""
        self._closing.set()

    def _look(self) -> Endpoint:
        listed = [entry for entry in self._models() if isinstance(entry, dict) and entry.get("id")]
        names = [str(entry["id"])[:_LONGEST_NAME] for entry in listed]
        if not names or (self._model and self._model not in names):
            wanted = f"no model {self._model!r}" if self._model else "no model"
            raise StageUnavailable(f"{self._url} serves {wanted}, but: {_some(names) or 'none'}", "set omni.model")
        if not self._model and len({str(entry.get("root") or entry["id"]) for entry in listed}) > 1:
            raise StageUnavailable(
                f"{self._url} serves {len(names)} models, and none is named: {_some(names)}",
                f"name the one that takes pictures and sound: --set omni.model={_likely(names)}",
            )
        name = self._model or names[0]
        self._listed = listed[names.index(name)]
        return Endpoint(self._url, name, self._key)

    def _models(self) -> list[Any]:
        try:
            reply = ask(f"{self._url}/models", self._key, _ONE_LOOK)
        except urllib.error.HTTPError as error:
            remedy = "check the variable that omni.api_key_env names" if error.code in (401, 403) else "check omni.url"
            said = f"answers HTTP {error.code}"
            if 300 <= error.code < 400:
                said = f"{said}: it {redirected(error.headers.get('location', ''))}"
                remedy = "set omni.url to the address that the server really has, if you trust it"
            raise StageUnavailable(f"{self._url}/models {said}", remedy) from error
        except (OSError, ValueError) as error:
            raise StageUnavailable(
                f"no omni server answers at {self._url}: {one_line(encodable(str(error)[:300]))}",
                "start it, or check omni.url",
            ) from error
        data = reply.get("data") if isinstance(reply, dict) else None
        return data[:_MOST_MODELS] if isinstance(data, list) else []


def _some(names: Sequence[str]) -> str:
    """The names, or the first of very many, on one line."""
    return ", ".join(map(one_line, names[:20])) + (f" and {len(names) - 20} others" if len(names) > 20 else "")


def _likely(names: Sequence[str]) -> str:
    """A name for an example: the first that does not say that its model answers no questions."""
    other = ("embed", "rerank", "whisper", "tts", "guard", "moderation", "bge-")
    return one_line(next((name for name in names if not any(word in name.lower() for word in other)), names[0]))
