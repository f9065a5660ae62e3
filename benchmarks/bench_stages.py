"""What a process of the sequential way does, and what each stage costs with everything in memory.

    python benchmarks/bench_stages.py stage NAME -- FLAGS     one stage over all clips, each decoded for it
    python benchmarks/bench_stages.py decoding -- FLAGS       every clip decoded, and nothing else
    python benchmarks/bench_stages.py memory -- FLAGS         every stage by itself; prints JSON

FLAGS are those of `run_submission.py`. Started by `bench_run.py`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))


def configured(flags: list[str]) -> Any:
    """The settings of a run with these flags."""
    import run_submission

    return run_submission.configured(run_submission.parse_arguments(flags))


def clips_of(config: Any) -> Any:
    """The clips of a run."""
    from harness.ingest import ingest

    return ingest(config.test_data, ids=config.ids, pairs=config.pairs).clips


def one_stage(name: str, flags: list[str]) -> None:
    """Decode every clip and run the stage on it."""
    from harness.context import Context
    from harness.engine.pipeline import decode_clip, perceiving_stages
    from harness.engine.runner import run_clip
    from harness.records.store import Store
    from models.registry import choose

    config = configured(flags)
    specs = choose(config.sections, config.models_dir, ("transcribe", "speech", "face"))
    stages = [stage for stage in perceiving_stages(config, specs) if stage.name in ("media", name)]
    store = Store(config.records)
    for clip in clips_of(config):
        run_clip(stages, Context(clip, lambda path: decode_clip(config, path)), store)


def decoding(flags: list[str]) -> None:
    """Decode every clip."""
    from harness.engine.pipeline import decode_clip

    config = configured(flags)
    for clip in clips_of(config):
        decode_clip(config, Path(clip.path))


def in_memory(flags: list[str]) -> dict[str, dict[str, float]]:
    """CPU seconds, wall seconds and bytes read of each stage, and of decoding, over all clips.

    The first clip is worked on once before, so models are loaded. With an omni model only what perceives is measured.
    """
    from measured import bytes_read

    from harness.context import Context
    from harness.engine.decide import asks_a_model, deciding_stages
    from harness.engine.pipeline import decode_clip, perceiving_stages
    from harness.engine.runner import run_stage
    from harness.lazy import Lazy
    from harness.records.store import Store
    from models.registry import choose

    config = configured(flags)
    specs = choose(config.sections, config.models_dir)
    stages = perceiving_stages(config, specs)
    if not asks_a_model(config):
        stages += deciding_stages(config, specs, Lazy(specs["reason"].build))
    found: dict[str, dict[str, float]] = defaultdict(lambda: {"cpu": 0.0, "wall": 0.0, "read": 0.0})
    clips = clips_of(config)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for number, clip in enumerate([clips[0], *clips]):
            context = Context(clip, lambda path: decode_clip(config, path))
            for stage in stages:
                cpu, wall, read = time.process_time(), time.perf_counter(), bytes_read()
                record = run_stage(stage, context)
                took = time.process_time() - cpu, time.perf_counter() - wall, bytes_read() - read
                context.records[stage.name] = store.put(record)
                for key, value in zip(("cpu", "wall", "read"), took, strict=True):
                    found[stage.name][key] += value if number else 0.0
    return dict(found)


def main() -> int:
    """What is asked for."""
    place = sys.argv.index("--")
    (what, *rest), flags = sys.argv[1:place], sys.argv[place + 1 :]
    if what == "stage":
        one_stage(rest[0], flags)
    elif what == "decoding":
        decoding(flags)
    else:
        print(json.dumps(in_memory(flags)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
