"""run_submission.py, but the whole run is killed right after the first record of $KILL_AFTER is stored.

Worker processes import this file too, so the kill also happens when a worker writes the record.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.records.store import Store  # noqa: E402
from harness.records.types import Record  # noqa: E402

os.environ.setdefault("KILL_PID", str(os.getpid()))
_put = Store.put


def _put_and_die(self: Store, record: Record) -> Record:
    stored = _put(self, record)
    if record.stage == os.environ["KILL_AFTER"]:
        os.kill(int(os.environ["KILL_PID"]), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    return stored


Store.put = _put_and_die  # type: ignore[method-assign]

if __name__ == "__main__":
    from run_submission import main

    sys.exit(main())
