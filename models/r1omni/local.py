"""R1-Omni in this process: replies by transformers, several clips at a time.

Stands where the omni client stands for a server: the same questions, the same replies, the same P(label).
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError, StageUnavailable
from models.omni.answer import judge, up_to_answer
from models.omni.labels import BadLogprobs, Scores, Step, score
from models.omni.protocol.types import Messages, Question
from models.omni.reply import Asked, Attempts, all_empty
from models.r1omni.constrain import held_to
from models.r1omni.embedded import Prompted
from models.r1omni.generate import Continued, generate, logits
from models.r1omni.loaded import Loaded

if TYPE_CHECKING:
    from torch import Tensor

QUIET_SECONDS = 0.05
"""A batch is begun when no further clip came for so long."""


@dataclass(frozen=True)
class _Job:
    prompt: Tensor
    question: Question
    done: Future[Continued]


class LocalClient:
    """Gathers prompts of several threads into batches, which one thread generates.

    Args:
        loaded: gives the model.
        most: prompts in a batch.
        structured: hold replies to the form that is asked for.
    """

    def __init__(self, loaded: Loaded, most: int, *, structured: bool) -> None:
        self._loaded, self._most, self._structured = loaded, most, structured
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._batches: Counter[int] = Counter()
        self._closed = False

    @contextmanager
    def place(self) -> Iterator[None]:
        """A clip's place; there is no server that could be asked too much."""
        yield

    def ask(self, question: Question, attempts: Attempts) -> Asked:
        """The reply. It would be the same if asked for again, so that it is asked for once.

        Raises:
            ClipError: an empty reply, or a fault of torch (memory).
            StageUnavailable: the client was closed.
        """
        held = question if self._structured else replace(question, pattern="")
        job = _Job(self._prompted(question).tensor(question.messages), held, Future())
        self._put(job)
        reply = job.done.result()
        text = self._loaded.model().words.text(reply.ids)
        attempts.requests += 1
        attempts.tokens.update(prompt=len(job.prompt), completion=len(reply.ids))
        attempts.model = self._loaded.name
        verdict = judge(text, reply.finish_reason, question.pattern, question.space)
        if verdict == "empty":
            raise all_empty(attempts.clip_id, ["the reply was cut before its first word"])
        fits = verdict in ("match", "loose")
        return Asked(text, reply.finish_reason, "regex" if held.pattern else "off", "" if fits else verdict)

    def label_probabilities(
        self, question: Question, reply_text: str, labels: Sequence[str], attempts: Attempts
    ) -> Scores:
        """P(label) after the reasoning of a reply, token by token under the labels; see `models/omni/labels.py`."""
        begun = up_to_answer(reply_text)
        if begun is None:
            return Scores(None, 0.0, 0, "the reply has no <answer> to go on from")
        try:
            return score(labels, lambda answer, options: [self._step(question, begun + answer, options)])
        except BadLogprobs as error:
            return Scores(None, 0.0, 0, f"not to be believed: {error}")

    def facts(self) -> dict[str, Any]:
        """For the manifest: how many prompts went together, and how often."""
        with self._lock:
            return {"batches": {str(size): count for size, count in sorted(self._batches.items())}}

    def close(self) -> None:
        """End the thread; those who wait get StageUnavailable."""
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            self._jobs.put(None)
            thread.join()

    def _prompted(self, question: Question) -> Prompted:
        """What makes the prompt: the clip's, or that of the words alone."""
        return question.embeds if isinstance(question.embeds, Prompted) else Prompted(self._loaded.model(), None, None)

    def _put(self, job: _Job) -> None:
        with self._lock:
            if self._closed:
                raise StageUnavailable("the model was closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="r1-omni", daemon=True)
                self._thread.start()
            self._jobs.put(job)

    def _work(self) -> None:
        """Batch after batch, until closed; whoever still waits then is told, whatever ended it."""
        waiting: list[_Job] = []
        try:
            self._batch_by_batch(waiting)
        finally:
            with self._lock:
                self._closed = True
                while not self._jobs.empty():
                    if (job := self._jobs.get()) is not None:
                        waiting.append(job)
            for job in waiting:
                if not job.done.done():
                    job.done.set_exception(StageUnavailable("the model was closed"))

    def _batch_by_batch(self, waiting: list[_Job]) -> None:
        while not self._closed:
            if not waiting and not self._take(waiting, None):
                return
            while len(waiting) < self._most and self._take(waiting, QUIET_SECONDS):
                pass
            if self._closed:
                return
            alike = [job for job in waiting if _key(job) == _key(waiting[0])][: self._most]
            self._generate(alike)
            waiting[:] = [job for job in waiting if not job.done.done()]

    def _take(self, waiting: list[_Job], seconds: float | None) -> bool:
        """One more job; False when none came in time or the end did."""
        try:
            job = self._jobs.get(timeout=seconds)
        except queue.Empty:
            return False
        if job is None:
            return False
        waiting.append(job)
        return True

    def _generate(self, jobs: Sequence[_Job]) -> None:
        model, first = self._loaded.model(), jobs[0].question
        greedy = first.temperature == 0
        held = any(job.question.pattern for job in jobs)
        patterns = [job.question.pattern for job in jobs]
        try:
            processors = [held_to(model.words, patterns, model.config.eos, greedy=greedy)] if held else []
            prompts = [job.prompt for job in jobs]
            replies = generate(model, prompts, first.max_tokens, first.temperature, processors, first.seed)
        except (RuntimeError, ValueError) as error:
            fault = ClipError(f"R1-Omni: {str(error)[:300]}", "a smaller omni.max_num_seqs, or omni.device=cpu")
            for job in jobs:
                job.done.set_exception(fault)
            return
        with self._lock:
            self._batches[len(jobs)] += 1
        for job, reply in zip(jobs, replies, strict=True):
            job.done.set_result(reply)

    def _step(self, question: Question, begun: str, options: Sequence[str]) -> Step:
        """The next token under the options: the likeliest, and the probability of each that may follow."""
        import torch

        words = self._loaded.model().words
        messages: Messages = (*question.messages, {"role": "assistant", "content": begun})
        scores = logits(self._loaded.model(), self._prompted(question).tensor(messages))[-1].float()
        fitting = [number for number, piece in enumerate(words.pieces()) if _begins(piece, options)]
        shares = torch.softmax(scores[fitting], dim=-1).tolist()
        listed: dict[str, float] = {}
        for number, share in zip(fitting, shares, strict=True):
            listed[words.pieces()[number]] = listed.get(words.pieces()[number], 0.0) + share
        return max(listed, key=lambda piece: listed[piece]), listed


def _begins(piece: str, options: Sequence[str]) -> bool:
    return bool(piece) and any(option.startswith(piece) for option in options)


def _key(job: _Job) -> Mapping[str, Any]:
    """Jobs with the same of these may share a batch."""
    return {"tokens": job.question.max_tokens, "heat": job.question.temperature, "seed": job.question.seed}
