from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.faults import ClipError, ConfigError, StageUnavailable
from harness.records.types import Media
from models.omni import reasoner as omni
from models.omni.reasoner import OmniReasoner
from models.omni.server.process_group import members, notes_folder
from tests.support.omni_parts import REQUEST, SETTINGS, SINE, media, write_checkpoint
from tests.support.scripted_server import ANSWERED, Http, Script, ScriptedServer, completion, in_turn, pieces
from tests.support.scripted_vllm import install

Made = Callable[..., tuple[ScriptedServer, OmniReasoner]]


@pytest.fixture
def made() -> Iterator[Made]:
    parts: list[tuple[ScriptedServer, OmniReasoner]] = []

    def make(script: Script, **changed: Any) -> tuple[ScriptedServer, OmniReasoner]:
        server = ScriptedServer(script)
        parts.append((server, OmniReasoner(server, {**SETTINGS, **changed})))
        return parts[-1]

    yield make
    for server, reasoner in parts:
        reasoner.close()
        server.close()


def kinds(body: dict[str, Any]) -> list[str]:
    content = body["messages"][-1]["content"]
    return ["text"] if isinstance(content, str) else [part["type"] for part in content]


# ── the reasoner ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_clip_is_reasoned_about(made: Made) -> None:
    server, reasoner = made(in_turn(completion(ANSWERED)))
    reasoning = reasoner.reason(REQUEST, media)
    assert reasoning.text == ANSWERED and reasoning.finish_reason == "stop" and reasoning.is_language_model
    assert (reasoning.prompt_name, reasoning.prompt_sha256, reasoning.messages) == (
        "clmer-en",
        "f" * 64,
        REQUEST.messages,
    )
    assert reasoning.others == () and reasoning.label_probabilities is None
    assert reasoning.facts == {
        "model": "scripted",
        "requests": 1,
        "tokens": {"prompt": 100, "completion": 10},
        "structured": "regex",
        "sent": {
            "heard": ["text", "audio", "video"],
            "bytes": 64_044,
            "frame_times": [],
            "audio_seconds": 2.0,
        },
    }
    assert kinds(server.requests[0]) == ["input_audio", "text"]
    assert server.requests[0]["messages"][-1]["content"][-1]["text"] == "U"


def test_what_is_withheld_is_not_sent(made: Made) -> None:
    server, reasoner = made(in_turn(completion(ANSWERED)))
    looks: list[int] = []

    def look() -> Media:
        looks.append(1)
        return media()

    seen = reasoner.reason(replace(REQUEST, heard=("text", "video")), look)
    read = reasoner.reason(replace(REQUEST, heard=("text",)), look)
    assert [kinds(body) for body in server.requests] == [["text"], ["text"]]
    assert "audio_seconds" not in seen.facts["sent"] and read.facts["sent"] == {"heard": ["text"]}
    assert len(looks) == 1, "a clip is not decoded for a reasoner that may only read"


def test_silence_is_not_sent_and_said_so(made: Made) -> None:
    server, reasoner = made(in_turn(completion(ANSWERED)))
    silent = reasoner.reason(REQUEST, lambda: media(SINE * np.float32(0.001)))
    none = reasoner.reason(REQUEST, lambda: media(None))
    assert silent.facts["sent"]["no_audio"] == "silence" and none.facts["sent"]["no_audio"] == "no track"
    assert [kinds(body) for body in server.requests] == [["text"], ["text"]]


def test_answer_only_asks_for_no_reasoning(made: Made) -> None:
    server, reasoner = made(in_turn(completion("<answer>SPOS</answer>")))
    assert reasoner.reason(replace(REQUEST, answer_only=True), media).text == "<answer>SPOS</answer>"
    assert server.requests[0]["structured_outputs"]["regex"] == "<answer>(SNEG|WNEG|NEUT|WPOS|SPOS)</answer>"


def test_samples_are_all_kept(made: Made) -> None:
    texts = [f"<think>{n}</think><answer>NEUT</answer>" for n in range(3)]
    server, reasoner = made(in_turn(*map(completion, texts)), samples=3, temperature=0.7, seed=5, dialect="openai")
    reasoning = reasoner.reason(REQUEST, media)
    assert [reasoning.text, *(other.text for other in reasoning.others)] == texts
    assert [(body["temperature"], body["seed"]) for body in server.requests] == [(0.7, 5), (0.7, 6), (0.7, 7)]


def test_label_probabilities_are_recorded(made: Made) -> None:
    spelt = [(label, p) for label, p in zip(("SN", "W", "NEUT", "WPOS", "SP"), (0.1, 0.0, 0.2, 0.3, 0.4), strict=True)]
    script = in_turn(completion(ANSWERED), completion("SP", "length", logprobs=pieces(spelt)))
    server, reasoner = made(script, label_probabilities=True)
    reasoning = reasoner.reason(REQUEST, media)
    assert reasoning.label_probabilities == pytest.approx((0.1, 0.0, 0.2, 0.3, 0.4))
    assert reasoning.facts["label_probabilities"] == {"captured": 1.0, "requests": 1}
    assert kinds({"messages": server.requests[1]["messages"][:-1]}) == ["input_audio", "text"]


def test_a_reply_without_an_answer_is_kept_and_said_so(made: Made) -> None:
    _, reasoner = made(in_turn(completion("I would rather not.")), label_probabilities=True)
    reasoning = reasoner.reason(REQUEST, media)
    assert reasoning.text == "I would rather not." and reasoning.facts["problems"] == {"0": "no answer"}
    assert reasoning.facts["structured"] == "off" and len(reasoning.facts["rejected"]) == 2
    assert reasoning.label_probabilities is None and "no <answer>" in reasoning.facts["label_probabilities"]["reason"]


def test_facts_are_the_same_for_the_same_replies(made: Made) -> None:
    _, reasoner = made(in_turn(completion(ANSWERED)))
    assert reasoner.reason(REQUEST, media) == reasoner.reason(REQUEST, media)


def test_a_clip_is_decoded_only_when_it_is_let_in(made: Made) -> None:
    looked: list[str] = []
    go_on = threading.Event()

    def script(body: dict[str, Any], number: int) -> Http:
        go_on.wait(5)
        return completion(ANSWERED)

    server, reasoner = made(script, concurrency=2)

    def one(name: str) -> None:
        def look() -> Media:
            looked.append(name)
            return media()

        reasoner.reason(replace(REQUEST, clip_id=name), look)

    threads = [threading.Thread(target=one, args=(f"{n}.mp4",)) for n in range(4)]
    for thread in threads:
        thread.start()
    while not server.requests:
        threading.Event().wait(0.01)
    threading.Event().wait(0.1)
    assert len(looked) == 1 == server.highest
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert len(looked) == 4 == len(server.requests) and server.highest <= 2
    assert reasoner.facts()["client"]["concurrency_limit"] == 2


def test_a_clip_that_cannot_be_decoded_frees_its_place(made: Made) -> None:
    _, reasoner = made(in_turn(completion(ANSWERED)), concurrency=1)

    def broken() -> Media:
        raise ClipError("a.mp4 cannot be decoded")

    with pytest.raises(ClipError, match="cannot be decoded"):
        reasoner.reason(REQUEST, broken)
    assert reasoner.reason(REQUEST, media).text == ANSWERED


def test_close_stops_the_server_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    server = ScriptedServer(in_turn(completion(ANSWERED)))
    reasoner = OmniReasoner(server, SETTINGS)
    reasoner.reason(REQUEST, media)
    reasoner.close()
    reasoner.close()
    assert server.stopped
    server.close()
    assert set(threading.enumerate()) <= before


# ── its beginning ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_server_that_cannot_be_had_is_asked_for_once(made: Made) -> None:
    server, _ = made(in_turn(completion(ANSWERED)))
    tried: list[int] = []

    def check() -> None:
        tried.append(1)
        raise StageUnavailable("it is deaf", "get another")

    reasoner = OmniReasoner(server, SETTINGS, check=check)
    assert tried == [], "nothing is started where the reasoner is made"
    for begin in (reasoner.begin, lambda: reasoner.reason(REQUEST, media), lambda: reasoner.after(REQUEST, media, "x")):
        with pytest.raises(ConfigError, match=r"it is deaf \(get another\)"):
            begin()
    assert tried == [1] and server.requests == []
    reasoner.close()


def test_close_ends_a_beginning_that_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    write_checkpoint(tmp_path / "model")
    settings = {**SETTINGS, "provider": "vllm", "model": str(tmp_path / "model"), "start_seconds": 600}
    reasoner = omni.spec({**settings, "python": str(install(tmp_path, "silent"))}).build()
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            reasoner.reason(REQUEST, media)
        except ConfigError as fault:
            ended.append(fault)

    thread = threading.Thread(target=ask)
    thread.start()
    until = time.monotonic() + 30
    while not list(notes_folder().glob("*.json")) and time.monotonic() < until:
        time.sleep(0.02)
    (note,) = notes_folder().glob("*.json")
    reasoner.close()
    thread.join(20)
    assert not thread.is_alive() and [str(fault) for fault in ended] == ["the omni server was stopped"]
    assert members(int(note.stem)) == [] and not note.exists()
