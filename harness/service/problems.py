"""Errors as RFC 9457 problem documents: what happened, and in `remedy` what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


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
