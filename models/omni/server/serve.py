"""`python -m models serve`: an omni model on vLLM in the foreground, for runs that follow or on another terminal."""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from pathlib import Path
from types import FrameType

from harness.records.numbers import AT_LEAST_ONE, COUNT, MOST_SECONDS, PORT, Number
from models.folders import default_models_dir, locate
from models.omni.server.command import KEY_VARIABLE, ServerSettings, find_python
from models.omni.server.files import check_folder
from models.omni.server.vllm import VllmServer

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STEP = 2.0


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--model", default="omni/Qwen2.5-Omni-7B", metavar="DIR", help="below the models' folder")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--python", metavar="PATH", help="interpreter with vLLM (default: that of .venv-serve)")
    parser.add_argument("--port", type=PORT.parse, default=0, help="default: a free one")
    parser.add_argument("--pictures", type=COUNT.parse, default=8, help="most pictures in one request (omni.frames)")
    parser.add_argument("--tensor-parallel", type=AT_LEAST_ONE.parse, default=1, metavar="GPUS")
    parser.add_argument("--gpu-memory", type=Number(0.01, 1).parse, default=0.9, metavar="SHARE")
    parser.add_argument("--max-model-len", type=AT_LEAST_ONE.parse, default=16384, metavar="TOKENS")
    parser.add_argument("--max-num-seqs", type=AT_LEAST_ONE.parse, default=32, metavar="N")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--start-seconds", type=Number(0, MOST_SECONDS).parse, default=900.0)
    parser.add_argument("--no-canary", action="store_true", help="do not ask it to show that it sees and hears")
    parser.add_argument("--log", type=Path, help="default: a file in the system's temporary folder")
    parser.add_argument("--extra", nargs=argparse.REMAINDER, default=[], help="flags for vllm serve; last on the line")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; 0 then, 2 when the server does not start."""
    folder = locate(args.model, args.models_dir or default_models_dir())
    check_folder(folder)
    settings = ServerSettings(
        python=find_python(args.python),
        model=folder,
        name=folder.name,
        pictures=args.pictures,
        tensor_parallel=args.tensor_parallel,
        gpu_memory=args.gpu_memory,
        max_model_len=args.max_model_len,
        max_num_seqs=args.max_num_seqs,
        dtype=args.dtype,
        extra_flags=args.extra,
        start_seconds=args.start_seconds,
        canary=not args.no_canary,
        port=args.port,
    )
    log = args.log or Path(tempfile.mkdtemp(prefix="omni-server-")) / "omni_server.log"
    server = VllmServer(settings, log, lambda line: print(line, flush=True))
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, _interrupt)
    try:
        _serve(server, folder.name, log)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)  # it is ending; a second one would leave the server behind
        server.stop()
    print("ended")
    return 0


def _serve(server: VllmServer, name: str, log: Path) -> None:
    """Start it, say how to use it, and wait. Raises StageUnavailable when it does not start, or ends by itself."""
    print(f"starting {name}; its log: {log}", flush=True)
    endpoint = server.endpoint()
    facts = server.facts()
    print(f"ready after {facts['start_seconds']} s; the canary: {facts.get('canary', 'not asked')}")
    print(f"export {KEY_VARIABLE}={endpoint.api_key}")
    print(f"python run_submission.py --profile full --omni-url {endpoint.url} --set omni.api_key_env={KEY_VARIABLE}")
    print("interrupt (Ctrl-C) ends it", flush=True)
    while True:
        server.check_alive()
        time.sleep(_STEP)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
