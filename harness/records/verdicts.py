"""What is concluded about a clip: the question, the raw reasoning, the answer, the prediction, its attribution.

Frozen and JSON-able like the records of `harness.records.types`, which hold what was perceived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.types import MODALITIES, ClipStatus, Language, Modality

SALIENCY_FOLDER, SALIENCY_SCHEMA = "saliency", "saliency-time/1"
"""Where in a run's folder the page looks for saliency over time, a file for each clip; and such a file's schema."""


@dataclass(frozen=True)
class ReasonRequest:
    """What a reasoner is given.

    Attributes:
        messages: the chat prompt, for a language model.
        prompt_sha256: hash of the prompt's template.
        sections: the evidence paragraphs by modality, in `language`.
        told: the argument of the heads as a text, by language; empty where the reasoner is to make its own.
        suggested: the label that the argument is for.
        heard: the modalities that the reasoner may look at; the others are withheld from it.
        answer_only: the prompt asks for the answer without reasoning.
        answers: what may stand between the answer tags; anything where it is empty.
        space: what a free answer is read in.
    """

    clip_id: str
    language: Language
    messages: tuple[Mapping[str, str], ...]
    prompt_sha256: str
    sections: Mapping[str, str]
    told: Mapping[Language, str]
    suggested: str
    heard: tuple[Modality, ...] = MODALITIES
    answer_only: bool = False
    answers: tuple[str, ...] = ()
    space: LabelSpace = SENTIMENT5


@dataclass(frozen=True)
class Reply:
    """One raw answer of a language model, as it came."""

    text: str
    finish_reason: str


@dataclass(frozen=True)
class Reasoning:
    """The raw text of a reasoner, stored before it is parsed.

    Attributes:
        text: the reply, or the first of several samples.
        language: of the prompt.
        prompt_name: the prompt's name.
        prompt_sha256: hash of its template.
        messages: the chat messages as sent, without the media.
        is_language_model: False for text made from the measured evidence.
        finish_reason: as the server said it (`stop`, `length`, …).
        others: further samples, where self-consistency was asked for.
        label_probabilities: P(label), over the labels of the run's space, that the model gives after its first reply;
            None where the server has no log-probabilities.
        facts: what was sent and how: model, frame times, seconds of sound, structured mode, attempts, tokens.
        told: the same text in other languages, where it was told from a measured argument.
    """

    text: str
    language: Language
    prompt_name: str
    prompt_sha256: str
    messages: tuple[Mapping[str, str], ...]
    is_language_model: bool
    finish_reason: str
    others: tuple[Reply, ...] = ()
    label_probabilities: tuple[float, ...] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[Language, str] = field(default_factory=dict)

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The reply and its further samples."""
        return (Reply(self.text, self.finish_reason), *self.others)


@dataclass(frozen=True)
class Compared:
    """A language model's answer beside what the measuring heads give together.

    Attributes:
        label: the heads' label, with its `probability`.
        steps: how many classes the answer is away from it; 0 where both are the same.
        with_answer: modalities (and nets from outside) whose own label is on the answer's side of neutral.
        against_answer: modalities whose own label is on the other side.
    """

    label: str
    probability: float
    steps: int
    with_answer: tuple[str, ...]
    against_answer: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What the raw text was found to answer: a label, or None and why not.

    Attributes:
        label: by vote where there are several samples.
        problem: why there is no label; empty when there is one.
        think: the reasoning of the first sample that answers `label`.
        answer_text: what stood in its answer.
        votes: label → samples that answer it; "unparsed" for those that answer none. Empty for a single reply.
        agreement: share of the samples that answer `label`; None for a single reply.
        probabilities: over the labels of the run's space as the model gives them; None where it does not.
        measured: a language model's answer beside the measurement; None without either, and for told text.
    """

    label: str | None
    problem: str
    think: str
    answer_text: str
    votes: Mapping[str, int] = field(default_factory=dict)
    agreement: float | None = None
    probabilities: tuple[float, ...] | None = None
    measured: Compared | None = None


@dataclass(frozen=True)
class Prediction:
    """The decision. `probabilities` follow `labels`; None when nothing could be fused (`fallback`).

    `space` is the label space of the run, `labels` its labels.
    """

    label: str
    probabilities: tuple[float, ...] | None
    status: ClipStatus
    reason: str
    strategy: str
    weights: Mapping[str, float]
    sources: Mapping[str, tuple[float, ...]]
    """What was pooled: source (a modality, or "answer") → its probabilities over `labels`."""
    space: str = SENTIMENT5.name
    labels: tuple[str, ...] = SENTIMENT5.labels


@dataclass(frozen=True)
class Attribution:
    """What P(label) owes to each modality; exact Shapley values sum to `full` − `empty`.

    `subsets` maps each coalition ("" , "text", "text+audio" …) to P(label) when only it is heard. `empty` is None
    where nobody asked for it (leave-one-out).
    """

    label: str
    method: str
    baseline: str
    empty: float | None
    full: float
    values: Mapping[str, float]
    subsets: Mapping[str, float]


@dataclass(frozen=True)
class EarlyAnswers:
    """What a model answers when its reasoning is cut short.

    Attributes:
        label: its answer after the whole reasoning.
        shares: of the reasoning that it was given, 0 to 1.
        lengths: characters that it was given.
        probabilities: for each share, P(label) over the labels of the run's space.
        translation: the same after the user's translation of the reasoning; None without one.
        translation_sha256: of that text; empty without one.
    """

    label: str
    shares: tuple[float, ...]
    lengths: tuple[int, ...]
    probabilities: tuple[tuple[float, ...], ...]
    translation: tuple[float, ...] | None = None
    translation_sha256: str = ""


@dataclass(frozen=True)
class Areas:
    """Area under a curve over the share of parts: of the ranking by effect, mean of random ones, and chance p."""

    area: float
    random: float
    p: float


@dataclass(frozen=True)
class HiddenParts:
    """How P(label) falls when parts of a clip are hidden from a model.

    Attributes:
        label: what it answers with nothing hidden.
        probability, probability_hidden: of `label` with nothing and with everything hidden.
        effects: fall of the probability when a part alone is hidden.
        intervals: the parts (start, end), s; empty where they are regions.
        grid: cells a side of every picture, row by row; 0 where the parts are intervals.
        deletion, insertion: areas under the curves; low and high are good.
        shown: whether both beat random rankings.
        requests: how many questions the model was asked.
    """

    label: str
    probability: float
    probability_hidden: float
    effects: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    grid: int
    deletion: Areas
    insertion: Areas
    shown: bool
    requests: int
