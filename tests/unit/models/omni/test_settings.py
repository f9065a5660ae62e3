from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from harness.faults import ConfigError
from models.omni import reasoner as omni
from models.omni.settings import check_url, check_urls, result_settings, stretch_told
from tests.support.omni_parts import REQUEST, SETTINGS, media, weights, write_checkpoint
from tests.support.scripted_server import ANSWERED, ScriptedServer, completion, in_turn


def test_the_provider_server() -> None:
    spec = omni.spec(SETTINGS)
    assert (spec.stage, spec.name) == ("reason", "server")
    pickle.loads(pickle.dumps(spec.build))
    same = omni.spec({**SETTINGS, "timeout": 99.0, "concurrency": 1, "attempts": 9, "models_dir": "/elsewhere"})
    assert same.fingerprint == spec.fingerprint
    for changed in (
        {"sampling": "middle"},
        {"start": 1.5},
        {"end": 3},
        {"frames": 8},
        {"prompt": "x"},
        {"url": "http://127.0.0.1:9/v1"},
        {"model": "m"},
    ):
        assert omni.spec({**SETTINGS, **changed}).fingerprint != spec.fingerprint, changed


def test_the_provider_vllm(tmp_path: Path) -> None:
    settings = {**SETTINGS, "provider": "vllm", "model": "omni/tiny", "models_dir": str(tmp_path)}
    with pytest.raises(ConfigError, match="python -m models fetch omni"):
        omni.spec(settings)
    folder = tmp_path / "omni" / "tiny"
    write_checkpoint(folder)
    spec = omni.spec(settings)
    assert spec.name == "vllm" and "config.json" in spec.files and "model.safetensors" not in spec.files
    (folder / "model.safetensors").write_bytes(weights(9))
    longer = omni.spec(settings)
    (folder / "config.json").write_text('{"architectures": ["B"]}', encoding="utf-8")
    assert len({spec.fingerprint, longer.fingerprint, omni.spec(settings).fingerprint}) == 3
    assert omni.spec({**settings, "dtype": "float32"}).fingerprint != omni.spec(settings).fingerprint


def test_a_stretch_stands_in_the_record_where_one_is_chosen() -> None:
    assert stretch_told(SETTINGS) == {} and not result_settings(SETTINGS).keys() & {"sampling", "start", "end"}
    assert stretch_told({**SETTINGS, "start": 1.5}) == {"stretch": [1.5, None]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"frames": -1}, "omni.frames is -1"),
        ({"frames": True}, "omni.frames is True"),
        ({"temperature": 3}, "from 0 to 2"),
        ({"dialect": "tgi"}, "auto, vllm, sglang, openai"),
        ({"structured": "yes"}, "omni.structured"),
        ({"max_tokens": 10}, "omni.max_tokens"),
        ({"samples": 5}, "all alike"),
        ({"url": None}, "omni.url is None"),
        ({"url": "ftp://x"}, "omni.url"),
        ({"url": "http://me:secret@host/v1"}, "omni.api_key_env"),
        ({"url": ["http://a", "ftp://b"]}, "omni.url is 'ftp://b'"),
        ({"url": "http://a,http://a/v1"}, "omni.url names a server twice"),
        ({"url": []}, "omni.url is []"),
        ({"api_key_env": "NO_SUCH_KEY"}, "export NO_SUCH_KEY"),
        ({"tensor_parallel": "two"}, "omni.tensor_parallel is 'two'"),
        ({"gpu_memory": 90}, "from 0.05 to 1"),
        ({"max_model_len": 0}, "omni.max_model_len"),
        ({"extra_flags": "--enforce-eager"}, "a list, such as"),
        ({"restarts": -1}, "omni.restarts"),
        ({"start_seconds": None}, "omni.start_seconds"),
        ({"canary": "no"}, "true or false"),
        ({"temperature": float("nan")}, "omni.temperature is nan"),
        ({"timeout": float("inf")}, "omni.timeout is inf"),
        ({"timeout": float("nan")}, "omni.timeout is nan"),
        ({"max_audio_seconds": float("inf")}, "omni.max_audio_seconds is inf"),
        ({"gpu_memory": float("nan")}, "omni.gpu_memory is nan"),
    ],
)
def test_settings_that_cannot_be(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        omni.spec({**SETTINGS, **changed})
    assert said in str(caught.value) and "secret" not in str(caught.value)


@pytest.mark.parametrize("provider", ["server", "vllm"])
def test_a_missing_client_is_told_when_the_profile_is_read(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.omni.settings.importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="openai, which is not installed") as caught:
        omni.spec({**SETTINGS, "provider": provider})
    assert caught.value.remedy == "pip install openai==3.52.0"


def test_off_as_yaml_reads_it() -> None:
    assert omni.client_settings({**SETTINGS, "structured": False}).structured is False
    assert omni.client_settings({**SETTINGS, "structured": "off"}).structured is False
    assert omni.client_settings(SETTINGS).structured is True


def test_urls() -> None:
    assert check_url("http://127.0.0.1:8000") == check_url("http://127.0.0.1:8000/v1/") == "http://127.0.0.1:8000/v1"


def test_several_urls_are_one_server_more_and_no_other_results() -> None:
    both = ("http://a:1/v1", "http://b:2/v1")
    assert check_urls("http://a:1, http://b:2/v1/") == check_urls(["http://a:1", "http://b:2"]) == both
    one, two, other = (omni.spec({**SETTINGS, "url": url}) for url in ("http://a:1", ",".join(both), "http://b:2"))
    assert one.fingerprint == two.fingerprint != other.fingerprint
    reasoner = two.build()
    assert len(reasoner.facts()["server"]["replicas"]) == 2
    reasoner.close()


def test_a_running_server_is_asked_before_any_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ScriptedServer(in_turn(completion(ANSWERED)))
    url = server.endpoint().url
    verify = omni.spec({**SETTINGS, "url": url}).verify
    other = omni.spec({**SETTINGS, "url": url, "model": "other"}).verify
    assert verify is not None and other is not None
    verify()
    with pytest.raises(ConfigError, match="serves no model 'other', but: scripted"):
        other()
    reasoner = omni.spec({**SETTINGS, "url": url}).build()
    assert reasoner.reason(REQUEST, media).text == ANSWERED
    assert reasoner.facts()["server"]["listed"]["id"] == "scripted"
    reasoner.close()
    server.close()
    with pytest.raises(ConfigError, match="no omni server answers"):
        verify()
