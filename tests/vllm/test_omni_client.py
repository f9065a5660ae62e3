"""The client on the real vLLM: structured replies, label probabilities, what is too long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from harness.records.types import Frame, Media, MediaInfo
from models.omni.answer import END, LABELS, judge, pattern, up_to_answer
from models.omni.client import ClientSettings, OmniClient
from models.omni.media import MediaSettings, encode
from models.omni.protocol import dialect
from models.omni.protocol.types import Question
from models.omni.reply import Attempts
from models.omni.server.vllm import VllmServer
from models.omni.transport import Transport

CLIENT = ClientSettings("auto", structured=True, timeout=180.0, attempts=4, concurrency=16)


@pytest.fixture
def client(server: VllmServer) -> Iterator[OmniClient]:
    client = OmniClient(server, CLIENT)
    yield client
    client.close()


def question(number: int, side: int = 112, frames: int = 2, seconds: float = 1.0) -> Question:
    draw = np.random.default_rng(number)
    pictures = tuple(Frame(n / 2, draw.integers(0, 255, (side, side, 3), np.uint8)) for n in range(frames))
    sound = (0.1 * draw.normal(size=round(16_000 * seconds))).astype(np.float32)
    media = encode(Media(MediaInfo("mp4", seconds, None, None), sound, pictures), MediaSettings(8, side, 120, 85))
    text = {"role": "user", "content": f"Clip {number}: which label?"}
    return Question((text,), media, pattern(LABELS, "en", 96, answer_only=False), 96)


def test_a_reply_is_held_to_its_form(client: OmniClient) -> None:
    attempts = Attempts("a.mp4")
    asked = client.ask(question(1), attempts)
    assert judge(asked.text, asked.finish_reason, question(1).pattern) == "match"
    assert asked.structured == "regex" and not asked.problem
    assert client.facts()["dialect"] == "vllm" and "failures" not in attempts.facts()


def test_the_label_probabilities_are_those_it_draws_from(server: VllmServer, client: OmniClient) -> None:
    asked_for, wire, attempts = question(2), Transport(), Attempts("b.mp4")
    reply = client.ask(asked_for, attempts).text
    scores = client.label_probabilities(asked_for, reply, LABELS, attempts)
    assert scores.probabilities is not None and scores.captured == pytest.approx(1, abs=1e-3)
    begun = {"role": "assistant", "content": up_to_answer(reply) or ""}
    drawn_from = replace(
        asked_for,
        messages=(*asked_for.messages, begun),
        pattern=f"({'|'.join(label + END for label in LABELS)})",
        temperature=1.0,
    )
    body = dialect.body(dialect.DIALECTS["vllm"], drawn_from, server.endpoint().model, structured=True)
    drawn: Counter[str] = Counter()
    for _ in range(4):
        replies = wire.post(server.endpoint(), "/chat/completions", body | {"n": 500}, 180)["choices"]
        drawn.update(choice["message"]["content"].removesuffix(END) for choice in replies)
    wire.close()
    assert set(drawn) <= set(LABELS) and drawn.total() == 2000
    expected = [2000 * p for p in scores.probabilities]
    distance = sum((drawn[label] - e) ** 2 / e for label, e in zip(LABELS, expected, strict=True))
    assert distance < 23.5, "chi-squared with four degrees of freedom, p = 0.0001"


def test_what_is_too_long_is_sent_by_half(client: OmniClient) -> None:
    attempts = Attempts("c.mp4")
    asked = client.ask(question(3, side=1036, frames=8), attempts)
    assert not asked.problem and "maximum context length" in attempts.halved
    assert attempts.facts()["tokens"]["prompt"] < 2 * 8192
