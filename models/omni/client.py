"""Asks an omni server about clips, and is the only one that asks again.

Two ladders. A request that got no reply (connection lost, no reply in time, 5xx) is sent again after a growing pause;
after a lost connection the server is revived first, and if it had died, each request that was under way is sent again
alone: one that it dies of again is given up. Of several servers (`server/replicas.py`) one that is lost costs those
that were under way there nothing but time: another is asked. A reply that cannot be used (empty, no answer in it) is
asked for again, each time a little warmer and at last without the constraint; one that was cut, under a shorter
pattern. The first that
the reader of replies can read is taken, and what was rejected is kept. A request that the server refuses (400) is sent
again as its words suggest (`models/omni/trouble.py`): without the constraint, as a stream, with half the media; a
refusal of the content itself is final. Where a server says how long it wants to be left alone, it is, up to
`LONGEST_WAIT` seconds for each request.

The ladders run in the caller's own thread, where they may sleep; only the requests themselves run in the client's
event loop (`models/omni/transport.py`).
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from harness.faults import ClipError, StageUnavailable
from harness.records.answers import LONGEST, capped
from models.omni.answer import judge, tighter, up_to_answer
from models.omni.in_flight import InFlightGate
from models.omni.labels import BadLogprobs, Scores, Step, follow_up, score, steps_of
from models.omni.limit import Gate, Kind, percentile
from models.omni.media import lighter
from models.omni.protocol import completions
from models.omni.protocol import dialect as omni_dialect
from models.omni.protocol.dialect import DIALECTS, Dialect
from models.omni.protocol.types import Endpoint, Question, Server
from models.omni.reply import Asked, Attempts, Message, all_empty, message_of
from models.omni.transport import Transport
from models.omni.trouble import REMEDIES, TransportError, refusal_of, told

WARMER = 0.3
"""How much warmer each further reply is asked for."""
LONGEST_WAIT = 120.0
"""Seconds that a request waits in all because the server says when it wants to be asked again."""
MOST_ENDED = 2
"""Replicas that may end over one clip: it must not take one after the other with it."""
_LONGEST_PAUSE, _SHORTEST_WAIT = 30.0, 0.5


@dataclass(frozen=True)
class ClientSettings:
    """How a server is asked.

    Attributes:
        dialect: a name of `DIALECTS`, or `auto`.
        structured: ask for replies of a given form where the server can.
        timeout: seconds until a request is given up.
        attempts: how often a request is sent, and how many replies are asked for, before a clip is given up.
        concurrency: most clips that are with the server at once.
        pause: seconds before a request is sent for the second time; twice as many before each further time.
    """

    dialect: str
    structured: bool
    timeout: float
    attempts: int
    concurrency: int
    pause: float = 1.0


@dataclass(frozen=True)
class _Failure:
    """A try without a reply.

    Attributes:
        error: what came instead.
        died: the server had died and is another one now.
        moved: the replica that was asked is gone, and others answer.
    """

    error: TransportError
    died: bool
    moved: bool = False


class OmniClient:
    """One client for all threads.

    Args:
        server: who is asked.
        settings: how.
        sleep: called with seconds between attempts, in the caller's thread; by default a wait that `close` ends.
        jitter: gives a number in 0..1, by which pauses are spread.
        clock: seconds, for latencies.
    """

    def __init__(
        self,
        server: Server,
        settings: ClientSettings,
        sleep: Callable[[float], object] | None = None,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server, self._settings = server, settings
        self._closing = threading.Event()
        self._sleep, self._jitter, self._clock = sleep or self._closing.wait, jitter, clock
        self._transport = Transport()
        self._gate = Gate(settings.concurrency, settings.timeout)
        self._in_flight = InFlightGate()
        self._lock = threading.Lock()
        self._dialect = DIALECTS.get(settings.dialect)
        self._refuses_constraint = self._wants_stream = False
        self._counts: Counter[str] = Counter()
        self._answered_by: Counter[str] = Counter()
        self._latencies: list[float] = []

    @contextmanager
    def place(self) -> Iterator[None]:
        """A clip's place with the server: its media are encoded once it has it, its requests sent one by one."""
        with self._gate.place():
            yield

    def ask(self, question: Question, attempts: Attempts) -> Asked:
        """A reply that can be used, or the least bad of those that came.

        Raises:
            ClipError: nothing but empty replies, a request that the server refuses, or none answered.
            StageUnavailable: no server, or one that does not let us in.
        """
        came, reasons = list[Asked](), list[str]()
        wanted, bent = question, 0
        for number in range(self._settings.attempts):
            free = bent > 0 and number == self._settings.attempts - 1
            reply, constrained = self._answered(wanted, attempts, constrained=not free)
            message = self._message(reply, attempts)
            text, finish_reason = message.text, message.finish_reason
            verdict = judge(text, finish_reason, question.pattern, question.space)
            ignored = constrained and verdict != "match" and finish_reason == "stop"
            asked = Asked(text, finish_reason, "ignored" if ignored else "regex" if constrained else "off", verdict)
            self._count("ignored constraint" if ignored else "", f"reply: {verdict}")
            if verdict in ("match", "loose"):
                return replace(asked, problem="")
            came.append(asked)
            reasons.append(message.why)
            attempts.reject(text, finish_reason, verdict, message.why, wanted.temperature)
            if message.final:
                break
            if verdict == "truncated" and constrained:
                # Under a pattern that fits, the same words come to their end: nothing has to be warmer.
                wanted = replace(wanted, pattern=tighter(wanted.pattern, wanted.max_tokens))
            else:
                bent += 1
                warmth = min(max(1.0, question.temperature), question.temperature + WARMER * bent)
                wanted = replace(wanted, temperature=round(warmth, 3))
        readable = [asked for asked in came if asked.problem != "empty"]
        if readable:
            return readable[-1]
        raise all_empty(attempts.clip_id, reasons)

    def label_probabilities(
        self, question: Question, reply_text: str, labels: Sequence[str], attempts: Attempts
    ) -> Scores:
        """P(label) after the reasoning of a reply; see `models/omni/labels.py` for what that is.

        Raises:
            StageUnavailable: no server, or one that does not let us in.
        """
        begun = up_to_answer(reply_text)
        if begun is None:
            return Scores(None, 0.0, 0, "the reply has no <answer> to go on from")

        def go_on(answer: str, options: Sequence[str]) -> list[Step]:
            asked = follow_up(question, begun + answer, options)
            return steps_of(self._answered(asked, attempts, constrained=True, alternatives=True)[0])

        try:
            dialect = self._spoken(self._server.endpoint())
            if not (dialect.regex and dialect.continuation and dialect.top_logprobs):
                return Scores(None, 0.0, 0, f"a server of kind {dialect.name} cannot be asked for them")
            if self._refuses_constraint:
                return Scores(None, 0.0, 0, "the server refuses constrained requests")
            return score(labels, go_on)
        except BadLogprobs as error:
            return Scores(None, 0.0, 0, f"not to be believed: {error}")
        except (ClipError, TransportError) as error:
            return Scores(None, 0.0, 0, f"not answered: {error}")

    def facts(self) -> dict[str, Any]:
        """For the manifest: what was spoken, what came, how fast, and how many clips were asked about at once."""
        with self._lock:
            counts, latencies, answered_by = dict(self._counts), list(self._latencies), dict(self._answered_by)
        return {
            **({"answered_by": answered_by} if self._server.several else {}),
            "dialect": self._dialect.name if self._dialect else "not asked yet",
            "counts": counts,
            "latency_median_seconds": round(percentile(latencies, 0.5), 3),
            "latency_p95_seconds": round(percentile(latencies, 0.95), 3),
            "concurrency_limit": self._gate.limit,
            "concurrency_highest": self._gate.highest,
        }

    def close(self) -> None:
        """End what is under way; leaves no thread. The server is not stopped."""
        self._closing.set()
        self._gate.close()
        self._in_flight.close()
        self._transport.close()

    # ── one request, until there is a reply ──────────────────────────────────────────────────────────────
    def _answered(
        self, question: Question, attempts: Attempts, *, constrained: bool, alternatives: bool = False
    ) -> tuple[dict[str, Any], bool]:
        """The reply to a request that the server takes, and whether it was constrained."""
        constrained = constrained and self._settings.structured and bool(question.pattern)
        while True:
            sent = replace(question, media=lighter(question.media)) if attempts.halved else question
            try:
                return self._sent(sent, attempts, constrained and not self._refuses_constraint, alternatives)
            except TransportError as error:
                refusal = refusal_of(error)
                has_media = bool(question.media.frames or question.media.audio)
                if refusal.kind == "constraint" and constrained and not self._refuses_constraint:
                    self._refuses_constraint = True
                    self._count("constraint refused")
                elif refusal.kind == "stream" and not self._wants_stream:
                    self._wants_stream = True
                    self._count("stream wanted")
                elif refusal.lighter and has_media and not (alternatives or attempts.halved):
                    attempts.halved = error.said or f"HTTP {error.status} without a word"
                else:
                    raise ClipError(
                        f"{attempts.clip_id}: the server refuses the request with HTTP {error.status}: {error.said}",
                        refusal.remedy,
                    ) from error

    def _sent(
        self, question: Question, attempts: Attempts, constrained: bool, alternatives: bool
    ) -> tuple[dict[str, Any], bool]:
        """Sends a request until it is answered. Raises TransportError when the server refuses the request itself."""
        alone, tried, waited, ended = False, list[str](), 0.0, 0
        while len(tried) < self._settings.attempts:
            with self._in_flight.enter(alone=alone):
                came = self._once(question, attempts, constrained, alternatives, alone or bool(tried))
            if not isinstance(came, _Failure):
                return came
            error = came.error
            if came.moved and error.unreached:
                continue  # it was gone before this request; the others are asked
            ended += came.moved
            if ended == MOST_ENDED:
                message = f"{ended} servers ended while they answered this clip"
                raise ClipError(f"{attempts.clip_id}: {message}", "see the servers' logs")
            if error.wait is not None and error.wait >= _SHORTEST_WAIT and waited + error.wait <= LONGEST_WAIT:
                waited += error.wait
                attempts.waited += error.wait
                self._rest(error.wait + self._jitter())
                continue
            tried.append(f"{error.kind} ({error.said})")
            if error.wait is not None and error.wait > LONGEST_WAIT:
                tried[-1] += f", to be asked again after {error.wait:g} s"
                break
            if came.died and alone:
                message = "the server ended over this clip twice, the second time with no other beside it"
                raise ClipError(f"{attempts.clip_id}: {message}: {told(tried)}", "see the server's log")
            alone = alone or came.died
            if error.kind != "lost" and len(tried) < self._settings.attempts:
                self._pause(len(tried) - 1)
        patient = f" and {waited:g} s of waiting as it asked" if waited else ""
        raise ClipError(
            f"{attempts.clip_id}: no reply in {len(tried)} attempts{patient}: {told(tried)}", REMEDIES[error.kind]
        )

    def _once(
        self, question: Question, attempts: Attempts, constrained: bool, alternatives: bool, doubtful: bool
    ) -> tuple[dict[str, Any], bool] | _Failure:
        """One try. The server is revived after a lost connection, and looked after when it is `doubtful` anyway."""
        with self._server.lease() as endpoint:
            started = self._clock()
            attempts.requests += 1
            try:
                dialect = self._spoken(endpoint)
                constrained = constrained and bool(dialect.regex)
                reply = self._post(endpoint, dialect, question, constrained, alternatives)
            except TransportError as fault:
                error = fault
            else:
                self._succeeded(reply, attempts, started, endpoint)
                return reply, constrained
        self._failed(error, attempts, started, endpoint)
        look = error.kind == "lost" or (doubtful and error.kind in ("slow", "error"))
        changed = look and self._server.revive(endpoint) != endpoint
        return _Failure(error, died=changed and not self._server.several, moved=changed and self._server.several)

    def _post(
        self, endpoint: Endpoint, dialect: Dialect, question: Question, constrained: bool, alternatives: bool
    ) -> dict[str, Any]:
        """The request in the dialect, and the server's reply in the form of a chat's."""
        model, seconds = endpoint.model, self._settings.timeout
        if question.embeds is not None:
            listed = dialect.top_logprobs if alternatives else 0
            asked = completions.body(dialect, question, question.embeds, model, structured=constrained, listed=listed)
            return completions.as_chat(self._transport.post(endpoint, completions.PATH, asked, seconds))
        body = omni_dialect.body(dialect, question, model, structured=constrained)
        if self._wants_stream:
            body["stream"] = True
        if alternatives:
            body |= {"logprobs": True, "top_logprobs": dialect.top_logprobs}
        return self._transport.post(endpoint, "/chat/completions", body, seconds)

    def _succeeded(self, reply: Mapping[str, Any], attempts: Attempts, started: float, endpoint: Endpoint) -> None:
        ended = self._clock()
        self._gate.report("ok", started, ended)
        self._count("answered")
        with self._lock:
            self._latencies.append(ended - started)
            self._answered_by[endpoint.url] += 1
        attempts.read(reply, endpoint.model)

    def _failed(self, error: TransportError, attempts: Attempts, started: float, endpoint: Endpoint) -> None:
        """Counts a failure, and raises what asking again would not mend."""
        self._count(error.kind)
        attempts.failures[error.kind] += 1
        kinds: dict[str, Kind] = {"malformed": "error", "refused": "refused", "slow": "slow", "lost": "lost"}
        if error.kind == "rejected":
            raise error
        if error.kind == "forbidden":
            raise StageUnavailable(
                f"{endpoint.url} answers HTTP {error.status}: {error.said}",
                "check omni.url, omni.model and the variable that omni.api_key_env names",
            )
        if error.kind == "malformed":
            attempts.reject(error.said, "", "malformed")
        if error.kind == "lost" and self._server.others(endpoint):
            return  # the others keep up as before
        self._gate.report(kinds.get(error.kind, "error"), started, self._clock())

    def _message(self, reply: Mapping[str, Any], attempts: Attempts) -> Message:
        """What a reply says; of an endless one the beginning and the end, which is recorded."""
        message = message_of(reply)
        if len(message.text) > LONGEST:
            attempts.capped = max(attempts.capped, len(message.text))
            message = replace(message, text=capped(message.text))
        return message

    def _pause(self, number: int) -> None:
        self._rest(min(_LONGEST_PAUSE, self._settings.pause * 2**number) * (0.5 + self._jitter() / 2))

    def _rest(self, seconds: float) -> None:
        self._sleep(seconds)
        if self._closing.is_set():
            raise StageUnavailable("the omni client was closed")

    def _spoken(self, endpoint: Endpoint) -> Dialect:
        """The server's dialect; asked for once, where the settings leave it open."""
        if self._dialect is None:
            try:
                listed = self._transport.get(endpoint, "/models", self._settings.timeout)
            except TransportError as error:
                if error.status not in (404, 405):
                    raise
                listed = {}
            self._dialect = omni_dialect.recognise(listed, endpoint.model)
        if self._dialect.name == "vllm" and not self._dialect.seed and self._server.facts().get("gpu") is True:
            self._dialect = replace(self._dialect, seed=True)
        return self._dialect

    def _count(self, *names: str) -> None:
        with self._lock:
            self._counts.update(name for name in names if name)
