"""Errors as RFC 9457 problem documents: what happened, and in `remedy` what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
MOST_DETAIL = 300
"""Characters of what a package says of its refusal."""


class Problem(HTTPException):
    """A refusal that says what mends it; `kind` is a stable word for programs."""

    def __init__(
        self, status: int, kind: str, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.kind, self.remedy = kind, remedy


def document(status: int, kind: str, detail: str, remedy: str = "") -> dict[str, Any]:
    """The members of a problem document."""
    title = HTTPStatus(status).phrase
    found = {"type": f"urn:problem:{kind}", "title": title, "status": status, "detail": detail}
    return found | ({"remedy": remedy} if remedy else {})


def response(status: int, kind: str, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None) -> Any:
    """A problem as an answer."""
    return JSONResponse(document(status, kind, detail, remedy), status, dict(headers or {}), media_type=MEDIA_TYPE)


def without_remedy(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Any:
    """A package's refusal as an answer: it names no kind and no remedy."""
    return response(status, "http", detail, "see /docs", headers)


class Documented:
    """ASGI middleware: what a package refuses in words of its own is answered as a problem document too.

    A file's answer is such a one: a `Range` that cannot be served is refused where no exception handler sees it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused: Message | None = None
        said = b""

        async def sending(message: Message) -> None:
            nonlocal refused, said
            if message["type"] == "http.response.start" and _in_own_words(message):
                refused = message
            elif refused is None:
                await send(message)
            elif message["type"] == "http.response.body":
                said += message.get("body", b"")
                if not message.get("more_body", False):
                    await _documented(refused, said)(scope, receive, send)

        await self._app(scope, receive, sending)


def _in_own_words(start: Message) -> bool:
    return bool(start["status"] >= 400 and Headers(raw=start["headers"]).get("content-type") != MEDIA_TYPE)


def _documented(start: Message, said: bytes) -> Any:
    status, headers = start["status"], Headers(raw=start["headers"])
    detail = said.decode("utf-8", "replace")[:MOST_DETAIL] or HTTPStatus(status).description
    kept = {name: value for name, value in headers.items() if name not in ("content-type", "content-length")}
    return without_remedy(status, detail, kept)
