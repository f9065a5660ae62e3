from __future__ import annotations

from pathlib import Path

from models.omni.reasoner import server_settings
from models.omni.server.command import by_hand, environment, runner_in
from tests.support.omni_parts import SETTINGS


def test_the_runner_that_is_asked_for_goes_into_the_environment() -> None:
    assert environment("k", "v1")["VLLM_USE_V2_MODEL_RUNNER"] == "0"
    assert environment("k", "v2")["VLLM_USE_V2_MODEL_RUNNER"] == "1"


def test_the_runner_that_answered_is_read_from_the_log() -> None:
    assert runner_in("INFO Using V2 Model Runner\n") == "v2"
    assert runner_in("WARNING Model Runner V2 requires Triton; using the V1 model runner instead.\n") == "v1"
    assert runner_in("does not yet support x; using the V1 model runner instead.") == "v1"
    assert runner_in("INFO started") == "not said in its log"


def test_a_profiles_runner_reaches_the_server_and_the_line_to_start_it_by_hand() -> None:
    assert server_settings({**SETTINGS, "model": "m", "runner": "v1"}, Path("m")).runner == "v1"
    assert "VLLM_USE_V2_MODEL_RUNNER=0" in by_hand(["vllm"], runner="v1")
    assert "MODEL_RUNNER" not in by_hand(["vllm"])
