"""R1-Omni: clips per second of the published way, one clip at a time, against batches; ratios of one run.

Both ways use the same weights (tiny and random), the same pictures and sound, and greedy replies of the same number of
tokens, and must give the same ids. Prompts are made one by one in both, batches as in `models/r1omni/local.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> int:
    """The table; 1 when the two ways do not give the same ids."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
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

    with tempfile.TemporaryDirectory() as folder:
        model = load(find([tiny_r1omni.build(Path(folder))]))
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

    whole = {way: seconds["prompts"] + seconds[way] for way in ("one at a time", "batches")}
    rate = {way: flags.clips / took for way, took in whole.items()}
    print(f"R1-Omni, tiny weights, {flags.clips} clips, {flags.tokens} tokens, batches of {flags.batch}")
    print(f"  one at a time (published way)  {rate['one at a time']:.2f} clips/s")
    print(f"  batches                        {rate['batches']:.2f} clips/s")
    print(f"  ratio                          {rate['batches'] / rate['one at a time']:.2f}, the replies alone "
          f"{seconds['one at a time'] / seconds['batches']:.2f}")  # fmt: skip
    print(f"  making the prompts             {seconds['prompts'] / whole['batches']:.0%} of the time in batches")
    same = single == together
    print(f"  same ids both ways             {'yes' if same else 'NO'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
