"""What can come of a request instead of a reply, and what a server's refusal means."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.records.clean import encodable, one_line
from harness.records.numbers import finite

Trouble = Literal["lost", "slow", "refused", "error", "rejected", "forbidden", "malformed"]
LONGEST_SAID = 1000
"""Characters that are kept of what a server says of an error."""


class TransportError(Exception):
    """A request without a usable reply.

    Args:
        kind: `lost` (no connection, or it broke), `slow` (no reply in time), `refused` (429, 503), `error` (another
            5xx), `rejected` (400, 413, 422: the request is at fault), `forbidden` (401, 403, 404, a redirect: the
            set-up is), or `malformed` (a reply that is no JSON object, or has no end).
        said: what the server, or the library, said of it.
        status: HTTP status, 0 without one.
        wait: seconds after which the server wants to be asked again; None when it does not say.
        unreached: nobody took the connection, so that the request cannot have done anything.
    """

    def __init__(
        self, kind: Trouble, said: str, status: int = 0, wait: float | None = None, unreached: bool = False
    ) -> None:
        said = one_line(encodable(said[: 2 * LONGEST_SAID]))[:LONGEST_SAID]
        super().__init__(said)
        self.kind: Trouble = kind
        self.said = said
        self.status = status
        self.wait = wait
        self.unreached = unreached


REMEDIES: Mapping[str, str] = {
    "lost": "see the server's log",
    "slow": "see the server's log, or raise omni.timeout",
    "refused": "lower omni.concurrency, or run the same command later: it resumes",
    "error": "see the server's log",
    "malformed": "see the server's log, and that what answers at omni.url speaks the OpenAI API",
}
"""Kind of the last failure → what mends a clip that had no reply."""


def kind_of(status: int) -> Trouble:
    """The kind of an HTTP status that is no success."""
    if 300 <= status < 400 or status in (401, 403, 404):
        return "forbidden"
    if status in (408, 425, 429, 503):
        return "refused"
    return "error" if status >= 500 else "rejected"


def said_in(text: str) -> str:
    """The message of an error reply, in OpenAI's form or any other."""
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()[:LONGEST_SAID]
    if isinstance(reply, dict):
        error = reply.get("error", reply)
        if isinstance(error, dict):
            told = [str(error[key]) for key in ("code", "message") if isinstance(error.get(key), str)]
            return ": ".join(told)[:LONGEST_SAID] if told else str(error)[:LONGEST_SAID]
        reply = error
    return str(reply)[:LONGEST_SAID]


def wait_in(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds of a `Retry-After` header (seconds, or a date); None without one, or with one that is no time.

    Args:
        headers: of the reply, by names in lower case.
        now: seconds of the epoch, for a date where the server does not tell its own time.
    """
    milliseconds = finite(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    told = headers.get("retry-after", "").strip()
    seconds = finite(told)
    if seconds is not None:
        return max(0.0, seconds)
    until, sent = _moment(told), _moment(headers.get("date", ""))
    return None if until is None else max(0.0, until - (now if sent is None else sent))


def _moment(date: str) -> float | None:
    """Seconds of the epoch of an HTTP date (RFC 9110, 5.6.7)."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@dataclass(frozen=True)
class Refusal:
    """Why a server refuses a request, as far as its words tell.

    Attributes:
        kind: `constraint`, `stream`, `content`, `length`, `media`, or `other`.
        remedy: what mends it.
        lighter: whether the same request with half the media may be taken.
    """

    kind: Literal["constraint", "stream", "content", "length", "media", "other"]
    remedy: str
    lighter: bool = False


_SIZES = "fewer omni.frames or omni.max_audio_seconds, or a larger omni.max_model_len"
_KINDS: tuple[tuple[Refusal, tuple[str, ...]], ...] = (
    (
        Refusal("constraint", "--set omni.structured=off"),
        ("structured_outputs", "regex", "grammar", "guided", "constrain", "extra_forbidden"),
    ),
    (
        Refusal("stream", "this server answers only with stream=true, and not even so here: see the server's log"),
        ("support stream", "supports stream", "stream mode", "stream=true", "only stream", "stream parameter", "流式"),
    ),
    (
        Refusal(
            "content",
            "the server's content inspection refuses this clip's words or pictures, whatever their size: "
            "judge it by the other modalities as it is, or ask another server",
        ),
        ("data_inspection", "datainspection", "inappropriate", "content_filter", "content filter", "content_policy")
        + ("content policy", "content management", "responsible", "moderation", "safety", "sensitive", "prohibited")
        + ("内容安全", "敏感", "违规", "不合规", "不当内容", "审核"),
    ),
    (
        Refusal("length", _SIZES, lighter=True),
        ("context length", "context_length", "too long", "too large", "too many", "max_model_len", "maximum", "at most")
        + ("exceed", "payload", "limit", "token", "过长", "超过", "超出"),
    ),
    (
        Refusal(
            "media", "ask a model that takes pictures and sound, or see its limits in the server's log", lighter=True
        ),
        ("does not support image", "does not support audio", "not support multimodal", "not multimodal")
        + ("image_url", "input_audio", "audio_url", "image input", "audio input", "multimodal"),
    ),
)


def refusal_of(error: TransportError) -> Refusal:
    """What a refused request was refused for. What is not known is told as it came, and tried with half the media."""
    said = error.said.lower()
    if error.status == 413:
        return Refusal("length", _SIZES, lighter=True)
    for refusal, words in _KINDS:
        if any(word in said for word in words):
            return refusal
    return Refusal("other", f"see what the server says; where it is a matter of size, {_SIZES}", lighter=True)


def error_inside(reply: Mapping[str, Any]) -> TransportError | None:
    """The error that a server answers with HTTP status 200; None where the reply is one."""
    error = reply.get("error") or (reply if reply.get("object") == "error" else None)
    if not error or reply.get("choices"):
        return None
    code = error.get("code") if isinstance(error, dict) else None
    number = finite(code)
    status = int(number) if number is not None and 100 <= number < 600 else 0
    said = f"HTTP 200 with an error inside: {said_in(json.dumps({'error': error}))}"
    return TransportError(kind_of(status) if status >= 300 else "error", said, status or 200)


def told(tried: Sequence[str]) -> str:
    """What came of each try; what came several times running is said once."""
    found: list[tuple[str, int]] = []
    for said in tried:
        if found and found[-1][0] == said:
            found[-1] = (said, found[-1][1] + 1)
        else:
            found.append((said, 1))
    return "; ".join(said if count == 1 else f"{count} times {said}" for said, count in found)
