"""What a run that was killed left behind, and no resumed run would use: removed before the next goes on."""

from __future__ import annotations

from harness.config import Config
from harness.records.atomic import remove_temporaries
from harness.sockets import remove_abandoned


def remove_leftovers(config: Config) -> None:
    """Remove files that were never finished and folders of sockets; for the run that holds the supplements."""
    remove_temporaries(config.supplements)
    remove_temporaries(config.results, of=config.submission_name)
    remove_abandoned()
