"""Every error is a problem document: a package's own words too, and a fault of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.service.problems import MEDIA_TYPE
from tests.fuzz.files import application


def asked(path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes, Exception | None]:
    """Status, headers and body that a GET is answered with, and what the server would log."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "root_path": "", "scheme": "http"}
    scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}
    named = {"host": "127.0.0.1:8000", **headers}
    scope |= {"headers": [(name.encode(), value.encode()) for name, value in named.items()], "state": {}}
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    try:
        asyncio.run(application()(scope, receive, send))
        logged = None
    except RuntimeError as fault:
        logged = fault
    said = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], said, b"".join(one.get("body", b"") for one in told[1:]), logged


@pytest.mark.parametrize(("stretch", "status"), [("bytes=-1-", 400), ("lines=1-2", 400), ("bytes=9999999-", 416)])
@pytest.mark.parametrize("path", ["/", "/static/page.css"])
def test_a_stretch_that_a_file_does_not_have_is_refused_in_a_document(path: str, stretch: str, status: int) -> None:
    answered, headers, body, _ = asked(path, range=stretch)
    document = json.loads(body)
    assert answered == document["status"] == status and headers["content-type"] == MEDIA_TYPE
    assert document["detail"] and document["remedy"] and int(headers["content-length"]) == len(body)
    assert ("content-range" in headers) == (status == 416)
    assert "content-security-policy" in headers


def test_a_stretch_that_a_file_has_is_answered() -> None:
    status, _, body, _ = asked("/static/page.css", range="bytes=0-9")
    assert status == 206 and len(body) == 10


def test_a_fault_of_ours_is_told_without_its_words_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/home/somebody/secret")

    monkeypatch.setattr(application().state.service.folders, "get", broken)
    status, headers, body, logged = asked("/v1/jobs/" + "0" * 32)
    assert status == 500 and headers["content-type"] == MEDIA_TYPE and b"secret" not in body
    assert json.loads(body)["remedy"] and "secret" in str(logged)
