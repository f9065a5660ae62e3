from __future__ import annotations

import pytest

from harness.faults import ConfigError
from harness.service.settings import LOOPBACK_NAMES, is_loopback, names_of, token_of

TOKEN = "x" * 24


def test_loopback_needs_nothing() -> None:
    assert names_of("127.0.0.1", None, ()) == LOOPBACK_NAMES
    assert names_of("::1", None, ("emotion.local",)) == (*LOOPBACK_NAMES, "emotion.local")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "emotion.example.org", ""])
def test_any_other_address_needs_a_token_and_a_name(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ConfigError, match="no token"):
        names_of(host, None, ("emotion.example.org",))
    with pytest.raises(ConfigError, match="by which name"):
        names_of(host, TOKEN, ())
    assert "emotion.example.org" in names_of(host, TOKEN, ("emotion.example.org",))


@pytest.mark.parametrize("name", ["http://a", "a:80", "a/b", "", "*"])
def test_a_name_is_a_host_name(name: str) -> None:
    with pytest.raises(ConfigError, match="no host name"):
        names_of("127.0.0.1", None, (name,))


@pytest.mark.parametrize("value", [None, "", "short", "with blank with blank with blank", "é" * 30])
def test_a_token_that_could_be_guessed_is_refused(value: str | None) -> None:
    with pytest.raises(ConfigError, match="holds no token"):
        token_of("NAME", {} if value is None else {"NAME": value})
    assert token_of(None, {}) is None
    assert token_of("NAME", {"NAME": f" {TOKEN}\n"}) == TOKEN
