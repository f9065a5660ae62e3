from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from harness.records.payloads import STORED, described, payload
from harness.records.types import Attachment, MediaInfo, Opinion, Record, Transcript
from harness.records.verdicts import Reasoning

ROOT = Path(__file__).resolve().parents[4]
STRESS = """
import sys, threading
sys.setswitchinterval(1e-6)
from harness.records import types, verdicts
from harness.records.store import read_record
from harness.records.payloads import payload
kinds = [(types.MediaInfo, {"container": "x", "seconds": 1.0, "audio": None, "video": None}),
         (types.Transcript, {"segments": [{"text": "a", "words": []}], "language": "en", "detected_language": "en",
                             "language_probability": None, "source": "s"}),
         (types.TextFeatures, {"opinion": {"space": "s", "labels": [], "probabilities": []}}),
         (verdicts.Answer, {"label": None, "problem": "p", "think": "", "answer_text": ""})]
kinds = [kind for kind in kinds for _ in range(8)]
barrier, failed = threading.Barrier(len(kinds)), []
def one(kind, data):
    barrier.wait()
    try:
        payload(data, kind)
    except Exception as error:
        failed.append(f"{kind.__name__}: {error}")
threads = [threading.Thread(target=one, args=pair) for pair in kinds]
[t.start() for t in threads]; [t.join() for t in threads]
print(failed or "fine")
"""


def test_threads_that_read_types_for_the_first_time_do_not_end_the_process() -> None:
    """Where threads describe the types themselves, several in ten of such processes end by SIGSEGV."""
    runs = [
        subprocess.Popen([sys.executable, "-c", STRESS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    ended = [(*run.communicate(timeout=120), run.returncode) for run in runs]
    assert [code for *_, code in ended] == [0] * len(runs), ended
    assert {out.strip() for out, *_ in ended} == {b"fine"}


def test_every_stored_type_is_described_at_import() -> None:
    assert {Record, MediaInfo, Transcript, Reasoning, Opinion, Attachment} <= set(STORED)
    for kind in STORED:
        assert hasattr(kind, "__msgspec_cache__"), f"{kind} would be described by the first thread that meets it"


@dataclass(frozen=True)
class Foreign:
    number: int


def test_any_other_type_is_described_once() -> None:
    assert payload({"number": 3}, Foreign) == Foreign(3)
    assert described(Foreign) is described(Foreign)
    with pytest.raises(msgspec.ValidationError):
        payload({"number": "x"}, Foreign)
