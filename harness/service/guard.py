"""What every request passes first: Host, Origin, token, size. And what every answer carries.

A page of another site must not reach the service by a name that resolves here (Host), nor make a visitor's browser
change anything (Origin, Sec-Fetch-Site). The token is compared in constant time, and may come as a cookie, because a
browser's EventSource and its players send no headers of one's own.
"""

from __future__ import annotations

import hashlib
import hmac
import http.cookies
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.service.problems import Problem, response
from harness.service.settings import Settings

COOKIE = "session"
OPEN = ("/", "/live", "/docs", "/openapi.json", "/ping", "/health", "/v1/ping", "/v1/health", "/v1/session")
"""What is answered without a token: nothing of a clip. `/static/` besides."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
}
SAFE = ("GET", "HEAD")
FORM_BYTES = 3_000_000
"""What a form may hold beside the clip: a transcript, fields, and the lines that part them."""


def cookie_of(token: str) -> str:
    """What the cookie holds: not the token, but what only someone who had it can make."""
    return hashlib.sha256(b"session " + token.encode()).hexdigest()


class Guard:
    """ASGI middleware; refuses with problem documents."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    said.setdefault(name, value)
                said.setdefault("Content-Security-Policy", POLICY)
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            answer = response(refusal.status_code, refusal.kind, refusal.detail, refusal.remedy, refusal.headers)
            await answer(scope, receive, sending)
            return
        await self._app(scope, self._counted(receive), sending)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._settings.names:
            return Problem(421, "host", "this host name is not served here", "--allow-host NAME when it is started")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        if origin is not None and origin not in (f"http://{hosts[0]}", f"https://{hosts[0]}"):
            return Problem(403, "origin", "a page of another site asked", "open the service's own page")
        if scope["method"] not in SAFE and site not in ("same-origin", "none"):
            return Problem(403, "origin", "a page of another site asked", "open the service's own page")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._most():
            return self._too_large()
        if self._settings.token is not None and not self._shown(scope["path"], headers, self._settings.token):
            remedy = "Authorization: Bearer TOKEN, or type the token into the page"
            return Problem(401, "token", "no valid token was shown", remedy, {"WWW-Authenticate": "Bearer"})
        return None

    def _shown(self, path: str, headers: Headers, token: str) -> bool:
        if path in OPEN or path.startswith(("/static/", "/report/")):
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
            return True
        try:
            cookies = http.cookies.SimpleCookie(headers.get("cookie", ""))
        except http.cookies.CookieError:
            return False
        held = cookies[COOKIE].value if COOKIE in cookies else ""
        return hmac.compare_digest(held.encode(), cookie_of(token).encode())

    def _most(self) -> int:
        return self._settings.most_bytes + FORM_BYTES

    def _too_large(self) -> Problem:
        most = self._settings.most_bytes
        return Problem(
            413, "too-large", f"the upload is larger than {most / 1e6:g} MB", "shorten or re-encode the clip"
        )

    def _counted(self, receive: Receive) -> Receive:
        """A body of unknown length ends the request as soon as it is longer than it may be."""
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self._most():
                    raise self._too_large()
            return message

        return counting


def host_name(header: str) -> str:
    """A Host header without its port, in lower case."""
    name, separator, port = header.rpartition(":")
    return (name if separator and port.isdecimal() else header).lower()
