"""Does a server really see and hear? Asked before any clip is judged by it.

One question is put four times: twice with a striped picture and a tone, once with a grey picture of the same size, and
once with silence of the same length. What follows is the same number of tokens, so that nothing but the content
differs. If the log-probabilities of the first token do not move clearly more than between the two equal questions, the
content did not reach the model: a GPU does not give the same numbers twice, so that any change at all is no proof.
"""

from __future__ import annotations

import base64
import io
import math
import struct
import time
import urllib.error
import wave
import zlib
from collections.abc import Mapping

from harness.faults import StageUnavailable
from harness.records.clean import one_line
from harness.records.numbers import finite
from models.omni.protocol.dialect import DIALECTS, Dialect, sound_part
from models.omni.protocol.http import ask, redirected
from models.omni.protocol.types import Endpoint

SIDE = 112
SECONDS = 1.0
RATE = 16_000
ALTERNATIVES = 5
LEAST = 1e-4
"""A smaller change of a log-probability is taken for rounding."""
ABOVE_CHANCE = 2.0
"""How many times the change between two equal questions another one must be."""


def canary(endpoint: Endpoint, seconds: float, dialect: Dialect = DIALECTS["vllm"]) -> dict[str, float]:
    """How far the first token's log-probabilities move (largest change) without the picture and without the sound.

    `nothing` is how far they move between two equal questions.

    Args:
        endpoint: the server.
        seconds: for all four questions together.
        dialect: what it speaks.

    Raises:
        StageUnavailable: the server does not answer, gives no log-probabilities, or does not see or hear.
    """
    deadline = time.monotonic() + seconds

    def asked(striped: bool, hertz: float) -> Mapping[str, float]:
        return _ask(endpoint, picture(striped), sound_part(dialect, tone(hertz)), deadline)

    whole = asked(True, 220.0)
    changes = {
        "nothing": change(whole, asked(True, 220.0)),
        "picture": change(whole, asked(False, 220.0)),
        "sound": change(whole, asked(True, 0.0)),
    }
    least = max(LEAST, ABOVE_CHANCE * changes["nothing"])
    deaf = [name for name in ("picture", "sound") if changes[name] < least]
    if deaf:
        raise StageUnavailable(
            f"the server at {endpoint.url} answers the same with and without {' and '.join(deaf)} "
            f"(log-probabilities move by {changes}): it does not take in what it is sent",
            "serve an omni model, with pictures and sound allowed; --set omni.canary=false goes on without this check",
        )
    return changes


def probe(endpoint: Endpoint, seconds: float) -> None:
    """One token of text: `/health` may still be well for a moment when the engine behind it has died.

    Raises OSError or ValueError when it does not come within `seconds`.
    """
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
    ask(endpoint.url.rstrip("/") + "/chat/completions", endpoint.api_key, seconds, body)


def picture(striped: bool) -> bytes:
    """A PNG of `SIDE` × `SIDE` pixels: stripes of colour, or plain grey."""
    rows = []
    for y in range(SIDE):
        colours = [
            ((220, 30, 30) if (x + y) // 14 % 2 else (20, 40, 200)) if striped else (128,) * 3 for x in range(SIDE)
        ]
        rows.append(b"\0" + bytes(channel for colour in colours for channel in colour))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    written = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def tone(hertz: float) -> bytes:
    """A WAV file of one second at 16 kHz: a tone, or silence at 0 Hz."""
    samples = (round(12000 * math.sin(2 * math.pi * hertz * i / RATE)) for i in range(int(RATE * SECONDS)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return buffer.getvalue()


def _ask(endpoint: Endpoint, image: bytes, sound: Mapping[str, object], deadline: float) -> Mapping[str, float]:
    """Token → log-probability of the likeliest first tokens of the reply."""
    image_url = "data:image/png;base64," + base64.b64encode(image).decode()
    content = [
        {"type": "image_url", "image_url": {"url": image_url}},
        sound,
        {"type": "text", "text": "What do you see and hear?"},
    ]
    body = {
        "model": endpoint.model,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": ALTERNATIVES,
    }
    try:
        seconds = max(1.0, deadline - time.monotonic())
        answer = ask(endpoint.url.rstrip("/") + "/chat/completions", endpoint.api_key, seconds, body)
        alternatives = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        listed = {str(item["token"]): finite(item["logprob"]) for item in alternatives}
        found = {token: logprob for token, logprob in listed.items() if logprob is not None}
        if not found or len(found) < len(listed):
            raise ValueError("no finite log-probabilities")
        return found
    except urllib.error.HTTPError as error:
        location = error.headers.get("location", "")
        said = one_line(redirected(location) if 300 <= error.code < 400 else error.read(2000).decode(errors="replace"))
        raise StageUnavailable(
            f"the server at {endpoint.url} refuses the canary: HTTP {error.code} {said}",
            "check --omni-url and the key's variable omni.api_key_env",
        ) from error
    except OSError as error:
        raise StageUnavailable(
            f"the server at {endpoint.url} does not answer the canary: {one_line(str(error))}",
            "see whether the server runs: curl URL/models",
        ) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise StageUnavailable(
            f"the server at {endpoint.url} gives no log-probabilities, so that it cannot be checked",
            "--set omni.canary=false goes on without this check",
        ) from error


def change(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The largest difference of a token's log-probability; of a token that only one lists, the least it can be."""
    floors = min(one.values()), min(other.values())
    differences = [abs(one[token] - other[token]) for token in one.keys() & other.keys()]
    differences += [one[token] - floors[1] for token in one.keys() - other.keys()]
    differences += [other[token] - floors[0] for token in other.keys() - one.keys()]
    return round(max(0.0, *differences), 6)
