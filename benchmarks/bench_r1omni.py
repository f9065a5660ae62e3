"""R1-Omni: clips per second of the published way, one clip at a time, against batches; ratios of one run.

Both ways use the same weights (tiny and random), the same pictures and sound, and greedy replies of the same number of
tokens, and must give the same ids. Prompts are made one by one in both, batches as in `models/r1omni/local.py`. Where a
server environment is there (`make .venv-serve/.ready`), a real vLLM on the converted language model is a third way: all
prompts are sent at once, and its start is not counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from torch import Tensor

    from models.r1omni.checkpoint.parts import Parts

Ids = tuple[int, ...]


def by_vllm(
    parts: Parts, place: Path, python: Path, prompts: Sequence[Tensor], tokens: int, end: int
) -> tuple[list[Ids], float]:
    """The replies' ids by vLLM, all prompts at once, and the seconds they took."""
    from models.omni.protocol.completions import PATH
    from models.omni.protocol.http import ask
    from models.omni.server.command import ServerSettings
    from models.omni.server.vllm import VllmServer
    from models.r1omni.convert import convert
    from models.r1omni.embedded import Prompted

    convert(parts, place / "language")
    settings = ServerSettings(
        python.absolute(), place / "language", "r1-omni", max_model_len=2048, dtype="float32", canary=False,
        extra_flags=("--enforce-eager", "--enable-prompt-embeds"), text_only=True,
    )  # fmt: skip
    server = VllmServer(settings, place / "server.log", print)

    def reply(prompt: str, most: int) -> Ids:
        endpoint = server.endpoint()
        body = {"model": endpoint.model, "prompt_embeds": prompt, "max_tokens": most, "temperature": 0, "logprobs": 1}
        answer = ask(endpoint.url + PATH, endpoint.api_key, 600, body | {"return_tokens_as_token_ids": True})
        ids = [int(token.removeprefix("token_id:")) for token in answer["choices"][0]["logprobs"]["tokens"]]
        return tuple(ids[: ids.index(end)] if end in ids else ids)

    try:
        reply(Prompted.packed(prompts[0]), 2)
        started = time.perf_counter()
        with ThreadPoolExecutor(len(prompts)) as pool:
            ids = list(pool.map(lambda prompt: reply(Prompted.packed(prompt), tokens), prompts))
        return ids, time.perf_counter() - started
    finally:
        server.stop()


def main() -> int:
    """The table; 1 when the ways do not give the same ids."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--serve-python", type=Path, default=ROOT / ".venv-serve" / "bin" / "python")
    flags = parser.parse_args()
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as missing:
        print(f"bench_r1omni: left out, {missing.name} is not installed (pip install -r requirements/models.txt)")
        return 0
    import numpy as np

    from models.r1omni.checkpoint.parts import find
    from models.r1omni.embedded import Prompted
    from models.r1omni.generate import generate
    from models.r1omni.model import load
    from models.r1omni.pictures import pixels
    from models.r1omni.words import asked
    from tests.support import tiny_r1omni

    place = tempfile.TemporaryDirectory()
    parts = find([tiny_r1omni.build(Path(place.name))])
    model = load(parts)
    draw = np.random.default_rng(0)
    clips = []
    for _ in range(flags.clips):
        shown = pixels(draw.integers(0, 255, (tiny_r1omni.FRAMES, 120, 160, 3), np.uint8), model.pictures)
        clips.append((shown, model.ear.hear((0.2 * draw.normal(size=16_000)).astype(np.float32)).mel))
    question = asked("which emotion is the most obvious?")
    generate(model, [Prompted(model, *clips[0]).tensor(question)], 2)  # what is made at the first call is not counted

    seconds = {"prompts": 0.0, "one at a time": 0.0, "batches": 0.0}
    wall, started = time.perf_counter, time.perf_counter()
    prompts = [Prompted(model, *clip).tensor(question) for clip in clips]
    seconds["prompts"] = wall() - started
    started = wall()
    single = [generate(model, [prompt], flags.tokens)[0] for prompt in prompts]
    seconds["one at a time"] = wall() - started
    started = wall()
    together = []
    for begin in range(0, len(prompts), flags.batch):
        together += generate(model, prompts[begin : begin + flags.batch], flags.tokens)
    seconds["batches"] = wall() - started

    ids = {"one at a time": [one.ids for one in single], "batches": [one.ids for one in together]}
    if flags.serve_python.is_file():
        served = by_vllm(parts, Path(place.name), flags.serve_python, prompts, flags.tokens, model.config.eos)
        ids["vLLM"], seconds["vLLM"] = served
    place.cleanup()
    return report(flags, seconds, ids)


def report(flags: argparse.Namespace, seconds: dict[str, float], ids: dict[str, list[Ids]]) -> int:
    """Print the table of each way's clips a second; 1 when they do not give the same ids."""
    slow = "one at a time"
    print(f"R1-Omni, tiny weights, {flags.clips} clips, {flags.tokens} tokens, batches of {flags.batch}")
    for way in ids:
        whole = seconds["prompts"] + seconds[way]
        ratio = f"ratio {(seconds['prompts'] + seconds[slow]) / whole:.2f}, the replies alone "
        told = "the published way" if way == slow else ratio + f"{seconds[slow] / seconds[way]:.2f}"
        print(f"  {way:<16} {flags.clips / whole:6.2f} clips/s  {told}; prompts {seconds['prompts'] / whole:.0%} of it")
    if "vLLM" not in ids:
        print(f"  vLLM             left out, {flags.serve_python} is not there: make .venv-serve/.ready")
    same = all(found == ids[slow] for found in ids.values())
    print(f"  same ids every way: {'yes' if same else 'NO'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
