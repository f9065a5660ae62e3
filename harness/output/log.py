"""The run's log: on the console and in run.log."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from tqdm import tqdm


class _Console(logging.Handler):
    """Prints beside a tqdm bar without tearing it; warnings and errors go to stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "only_without_bar", False) and sys.stderr.isatty():
            return
        stream = sys.stderr if record.levelno >= logging.WARNING else sys.stdout
        prefix = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        tqdm.write(prefix + record.getMessage(), file=stream)
        stream.flush()


def open_log(path: Path) -> logging.Logger:
    """A logger that prints and appends to `path` with UTC times. Only this logger, never the root, is configured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("harness.run")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    file = logging.FileHandler(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    file.setFormatter(formatter)
    logger.addHandler(file)
    logger.addHandler(_Console())
    return logger
