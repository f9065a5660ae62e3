"""R1-Omni's Qwen2 on the real vLLM through prompt embeddings: the expected token ids, and the reasoner's whole way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: requirements/models.txt")
pytest.importorskip("transformers", reason="transformers is not installed: requirements/models.txt")

from harness.faults import StageUnavailable  # noqa: E402
from harness.records.types import Frame, Media, MediaInfo  # noqa: E402
from models.omni.answer import LABELS, judge, pattern, up_to_answer  # noqa: E402
from models.omni.client import ClientSettings, OmniClient  # noqa: E402
from models.omni.protocol.completions import PATH  # noqa: E402
from models.omni.protocol.http import ask  # noqa: E402
from models.omni.protocol.types import Question  # noqa: E402
from models.omni.reply import Attempts  # noqa: E402
from models.omni.server.command import ServerSettings, has_gpu  # noqa: E402
from models.omni.server.vllm import VllmServer  # noqa: E402
from models.r1omni.checkpoint.parts import Parts, find  # noqa: E402
from models.r1omni.convert import check_converted, convert  # noqa: E402
from models.r1omni.embedded import Prompted, embedded  # noqa: E402
from models.r1omni.generate import generate  # noqa: E402
from models.r1omni.model import R1Omni, load  # noqa: E402
from models.r1omni.words import asked  # noqa: E402
from tests.support import tiny_r1omni  # noqa: E402
from tests.vllm.conftest import FLAGS  # noqa: E402

CLIENT = ClientSettings("auto", structured=True, timeout=180.0, attempts=4, concurrency=16)
TOKENS = 24


@pytest.fixture(scope="module")
def expected(shared: Path) -> tuple[Parts, Any, dict[str, Any]]:
    folder = shared / "oracles" / "r1omni"
    notes = json.loads((folder / "notes.json").read_text(encoding="utf-8"))
    return find([folder / "checkpoint"], folder / "weights.safetensors"), np.load(folder / "expected.npz"), notes


def serve(parts: Parts, place: Path, python: Path, *, twice_as_wide: bool = False, runner: str = "auto") -> VllmServer:
    convert(parts, place / "language")
    check_converted(place / "language", parts)
    if twice_as_wide:
        widen(place / "language")
    settings = ServerSettings(
        python, place / "language", "r1-omni", max_model_len=2048, max_num_seqs=8, dtype="float32",
        extra_flags=(*FLAGS, "--enable-prompt-embeds"), start_seconds=600, canary=False, text_only=True,
        runner=runner,
    )  # fmt: skip
    return VllmServer(settings, place / "server.log", print)


def widen(folder: Path) -> None:
    """The same function with twice the width, since vLLM's attention on a CPU knows no heads of 16.

    All that is new is zero. Means of squares over twice the channels are halves, which the norms' weights and epsilon
    take back. A head of d becomes one of 2d: rotary pair i turns at the rate of pair 2i there, so dimensions i and
    i + d/2 go to 2i and 2i + d, and queries are √2 longer, for scores are divided by the root of the head's size.
    """
    import torch
    from safetensors.torch import load_file, save_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size = hidden // heads
    place = torch.tensor([2 * i if i < size // 2 else 2 * (i - size // 2) + size for i in range(size)])

    def rows(tensor: Any) -> Any:
        count = len(tensor) // size
        out = tensor.new_zeros((count, 2 * size, *tensor.shape[1:]))
        out[:, place] = tensor.reshape(count, size, *tensor.shape[1:])
        return out.reshape(count * 2 * size, *tensor.shape[1:])

    def channels(tensor: Any) -> Any:
        return torch.cat([tensor, torch.zeros_like(tensor)], dim=-1)

    wide = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        if "norm" in name:
            tensor = channels(tensor / 2**0.5)
        elif "self_attn.o_proj" in name:
            columns = rows(tensor.T).T
            tensor = torch.cat([columns, torch.zeros_like(columns)])
        elif "self_attn" in name:
            tensor = rows(tensor) * (2**0.5 if "q_proj" in name else 1)
            tensor = channels(tensor) if tensor.dim() == 2 else tensor
        elif "down_proj" in name:
            tensor = torch.cat([tensor, torch.zeros_like(tensor)])
        else:
            tensor = channels(tensor)
        wide[name] = tensor.contiguous()
    save_file(wide, str(folder / "model.safetensors"), metadata={"format": "pt"})
    config |= {"hidden_size": 2 * hidden, "rms_norm_eps": config["rms_norm_eps"] / 2}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def greedy(server: VllmServer, prompt: Any, tokens: int) -> list[int]:
    endpoint = server.endpoint()
    body = {"model": endpoint.model, "prompt_embeds": Prompted.packed(prompt), "max_tokens": tokens, "temperature": 0}
    body |= {"logprobs": 1, "return_tokens_as_token_ids": True}
    choice = ask(endpoint.url + PATH, endpoint.api_key, 120, body)["choices"][0]
    return [int(token.removeprefix("token_id:")) for token in choice["logprobs"]["tokens"]]


def test_the_expected_ids(
    expected: tuple[Parts, Any, dict[str, Any]], serve_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import torch

    parts, numbers, notes = expected
    model = load(parts)
    server = serve(parts, tmp_path_factory.mktemp("expected"), serve_python, twice_as_wide=True)
    try:
        for case in ("va_en", "va_zh", "va_silence", "v_en"):
            mel = np.zeros_like(numbers["mel"]) if "silence" in case else numbers["mel"]
            prompted = Prompted(model, numbers["video"], None if case == "v_en" else mel)
            prompt = prompted.tensor(asked(notes[f"{case}.prompt"]))
            prompt = torch.cat([prompt, torch.zeros_like(prompt)], dim=-1)
            assert greedy(server, prompt, TOKENS) == numbers[f"{case}.generated"].ravel().tolist(), case
        question = notes["image_en.prompt"]
        seen = model.see(numbers["video"], question)
        prompt = model.embed(model.words.ids(asked(question), ["image"]), {"image": seen.tokens})
        prompt = torch.cat([prompt, torch.zeros_like(prompt)], dim=-1)
        assert greedy(server, prompt, TOKENS) == numbers["image_en.generated"].ravel().tolist()
        assert server.facts()["runner"] == {"asked": "auto", "answered": "v1"}  # the CPU build has no Triton
    finally:
        server.stop()


def test_a_runner_that_cannot_be_had_ends_the_start_with_what_it_wants(
    serve_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if has_gpu():
        pytest.skip("on a GPU model runner V2 is vLLM's own choice")
    folder = tiny_r1omni.build(tmp_path_factory.mktemp("v2"))
    server = serve(find([folder]), folder, serve_python, runner="v2")
    try:
        with pytest.raises(StageUnavailable, match="Triton") as refused:
            server.endpoint()
        assert "VLLM_USE_V2_MODEL_RUNNER=1" in refused.value.remedy
    finally:
        server.stop()


@pytest.fixture(scope="module")
def own(serve_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[R1Omni, VllmServer]]:
    folder = tiny_r1omni.build(tmp_path_factory.mktemp("tiny"))
    parts = find([folder])
    server = serve(parts, folder, serve_python)
    yield load(parts), server
    server.stop()


def prompted(model: R1Omni, seed: int) -> Prompted:
    draw = np.random.default_rng(seed)
    pictures = tuple(Frame(k / 5, draw.integers(0, 255, (48, 80, 3), np.uint8)) for k in range(6))
    sound = (0.2 * draw.normal(size=16_000)).astype(np.float32) if seed % 2 else None
    media = Media(MediaInfo("mp4", 1.0, None, None), sound, pictures)
    made = embedded(model, media, hears=True, sees=True)[0].prompted
    assert made is not None
    return made


def test_both_ways_give_the_same_reply(own: tuple[R1Omni, VllmServer]) -> None:
    model, server = own
    for seed in range(4):
        prompt = prompted(model, seed).tensor(asked("why? " * (seed + 1)))
        here = generate(model, [prompt], TOKENS)[0]
        there = greedy(server, prompt, TOKENS)
        end = model.config.eos
        assert tuple(there[: there.index(end)] if end in there else there) == here.ids


def test_the_omni_client_asks_with_embeddings(own: tuple[R1Omni, VllmServer]) -> None:
    model, server = own
    client = OmniClient(server, CLIENT)
    try:
        form = pattern(LABELS, "en", 120, answer_only=False)
        media, _ = embedded(model, Media(MediaInfo("mp4", 1.0, None, None), None, ()), hears=True, sees=True)
        question = Question(asked("which label?"), media, form, 120, embeds=prompted(model, 1))
        attempts = Attempts("a.mp4")
        reply = client.ask(question, attempts)
        assert judge(reply.text, reply.finish_reason, form) == "match" and reply.structured == "regex"
        assert up_to_answer(reply.text)
        scores = client.label_probabilities(question, reply.text, LABELS, attempts)
        assert scores.probabilities is not None and sum(scores.probabilities) == pytest.approx(1)
        free = client.ask(replace(question, pattern="", max_tokens=8), attempts)
        assert free.structured == "off"
    finally:
        client.close()
