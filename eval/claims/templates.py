"""Sentences about one measured event, in English and Chinese, as a chain of thought would put them."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        "louder": ("the voice gets louder", "the voice does not get louder"),
        "softer": ("the voice gets softer", "the voice does not get softer"),
        "higher": ("the pitch rises", "the pitch does not rise"),
        "lower": ("the pitch falls", "the pitch does not fall"),
        "pause": ("the speaker pauses", "the speaker does not pause"),
        "mouth_corners_up": ("the speaker smiles", "the speaker does not smile"),
        "mouth_corners_down": ("the mouth corners turn down", "the mouth corners do not turn down"),
        "brows_up": ("the speaker raises the eyebrows", "the speaker does not raise the eyebrows"),
        "brows_down": ("the speaker frowns", "the speaker does not frown"),
        "mouth_open": ("the mouth opens", "the mouth does not open"),
        "head_nod": ("the speaker nods", "the speaker does not nod"),
        "head_shake": ("the speaker shakes the head", "the speaker does not shake the head"),
        "head_turn": ("the head turns", "the head does not turn"),
        "head_tilt": ("the speaker tilts the head", "the speaker does not tilt the head"),
        "gaze_down": ("the speaker looks down", "the speaker does not look down"),
        "gaze_away": ("the speaker looks away", "the speaker does not look away"),
    },
    "zh": {
        "louder": ("声音变大", "声音没有变大"),
        "softer": ("声音变小", "声音没有变小"),
        "higher": ("音调升高", "音调没有升高"),
        "lower": ("音调降低", "音调没有降低"),
        "pause": ("说话人停顿了一下", "说话人没有停顿"),
        "mouth_corners_up": ("嘴角上扬", "嘴角没有上扬"),
        "mouth_corners_down": ("嘴角下垂", "嘴角没有下垂"),
        "brows_up": ("说话人挑眉毛", "说话人没有挑眉毛"),
        "brows_down": ("说话人皱眉", "说话人没有皱眉"),
        "mouth_open": ("嘴巴张开", "嘴巴没有张开"),
        "head_nod": ("说话人点头", "说话人没有点头"),
        "head_shake": ("说话人摇头", "说话人没有摇头"),
        "head_turn": ("说话人转头", "说话人没有转头"),
        "head_tilt": ("说话人歪头", "说话人没有歪头"),
        "gaze_down": ("说话人低头", "说话人没有低头"),
        "gaze_away": ("说话人移开视线", "说话人没有移开视线"),
    },
}
"""Language → kind of event → (assertion, denial)."""
IRRELEVANT = {"en": "The overall impression is plain. ", "zh": "整体印象很清楚。"}
JOINED = {"en": ("{0}, and {1}.", ", and "), "zh": ("{0}，同时{1}。", "，同时")}


def sentence(language: str, kind: str, span: tuple[float, float] | None, denied: bool = False) -> str:
    """One clause, with its time where one is named, without a full stop."""
    words = SENTENCES[language][kind][denied]
    if span is None:
        return words
    if language == "en":
        return f"{words} at {span[0]:.1f}–{span[1]:.1f} s"
    return f"在{span[0]:.1f}–{span[1]:.1f}秒，{words}"


def finished(language: str, clause: str) -> str:
    """A clause as a sentence."""
    return f"{clause[0].upper()}{clause[1:]}." if language == "en" else f"{clause}。"
