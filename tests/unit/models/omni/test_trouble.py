from __future__ import annotations

import pytest

from models.omni.trouble import TransportError, error_inside, kind_of, refusal_of, said_in, told, wait_in

NOON = "Thu, 26 Nov 2026 12:00:00 GMT"
LATER = "Thu, 26 Nov 2026 12:00:25 GMT"
NOON_SECONDS = 1795694400.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "25"}, 25.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": LATER}, 25.0),
        ({"retry-after": NOON}, 0.0),
        ({"retry-after": LATER, "date": "Thu, 26 Nov 2026 11:59:55 GMT"}, 30.0),
        ({"retry-after": LATER, "date": "rubbish"}, 25.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ],
)
def test_when_to_ask_again(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_in(headers, NOON_SECONDS) == seconds


@pytest.mark.parametrize(
    ("said", "kind", "lighter"),
    [
        ("extra_forbidden: structured_outputs", "constraint", False),
        ("This model only support stream mode, please enable the stream parameter", "stream", False),
        ("data_inspection_failed: Input data may contain inappropriate content.", "content", False),
        ("The response was filtered due to Azure's content management policy", "content", False),
        ("Your request was rejected by our safety system", "content", False),
        ("输入内容包含敏感信息", "content", False),
        ("This model's maximum context length is 4096 tokens", "length", True),
        ("At most 1 image(s) may be provided in one request.", "length", True),
        ("输入过长", "length", True),
        ("this model does not support image input", "media", True),
        ("no such medium", "other", True),
        ("", "other", True),
    ],
)
def test_what_a_refusal_means(said: str, kind: str, lighter: bool) -> None:
    found = refusal_of(TransportError("rejected", said, 400))
    assert (found.kind, found.lighter) == (kind, lighter)
    assert found.remedy


def test_a_refusal_of_content_speaks_of_no_size() -> None:
    remedy = refusal_of(TransportError("rejected", "inappropriate content", 400)).remedy
    assert "omni." not in remedy and "content inspection" in remedy


def test_413_is_a_matter_of_size() -> None:
    assert refusal_of(TransportError("rejected", "", 413)) == refusal_of(TransportError("rejected", "too long", 400))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(301, "forbidden"), (308, "forbidden"), (401, "forbidden"), (404, "forbidden"), (429, "refused"), (503, "refused")]
    + [(500, "error"), (502, "error"), (400, "rejected"), (413, "rejected"), (422, "rejected"), (418, "rejected")],
)
def test_the_kind_of_a_status(status: int, kind: str) -> None:
    assert kind_of(status) == kind


def test_errors_inside_a_success() -> None:
    busy = error_inside({"choices": None, "error": {"message": "Provider returned error", "code": 429}})
    assert busy is not None and busy.kind == "refused" and "Provider returned error" in busy.said
    broken = error_inside({"error": {"message": "Upstream overloaded", "code": 502}})
    assert broken is not None and broken.kind == "error"
    bad = error_inside({"object": "error", "message": "too long", "code": "400"})
    assert bad is not None and bad.kind == "rejected"
    plain = error_inside({"error": "no"})
    assert plain is not None and (plain.kind, plain.status) == ("error", 200)
    assert error_inside({"choices": [{}], "error": None}) is None
    assert error_inside({"choices": [{"message": {}}], "error": {"message": "a warning"}}) is None


def test_what_an_error_says_in_any_form() -> None:
    assert said_in('{"error": {"message": "a", "code": "b"}}') == "b: a"
    assert said_in('{"error": "a"}') == said_in('{"error": {"message": "a", "code": 400}}') == said_in(" a ") == "a"
    assert TransportError("error", "a\x1b[2J\r\n b\ud800").said == "a [2J b\ufffd"


def test_what_came_several_times_is_told_once() -> None:
    assert told(["a", "a", "b", "a"]) == "2 times a; b; a"
