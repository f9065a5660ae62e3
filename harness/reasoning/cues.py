"""How a measured cue is said, in Chinese and English: first what a person would notice, then the number in brackets."""

from __future__ import annotations

from collections.abc import Mapping

from harness.judging.phrases import span
from harness.records.argument import Cue
from harness.records.clean import neutralise

# What a measurement of the voice stands for: (English high, English low, Chinese high, Chinese low). High and low are
# against the voices that the head was trained on. Percentiles of F0 are against the voice's own median.
_PITCH_MOVES = ("the pitch moves a lot", "the pitch stays flat", "音调起伏大", "音调平直")
_LOWEST = (
    "its lowest tones stay near the middle",
    "its lowest tones reach far down",
    "低处并不深沉",
    "低处压得很低",
)
_HIGHEST = ("its highest tones reach far up", "its highest tones stay near the middle", "高处拔得很高", "始终不拔高")
_BRIGHT = ("the tone is bright and sharp", "the tone is dark and muffled", "音色明亮尖锐", "音色低沉发闷")
_SOFT = ("the tone is soft", "the tone is hard and pressed", "嗓音柔和", "嗓音紧绷发硬")
_COLOUR = (
    "the colour of the voice keeps changing",
    "the colour of the voice hardly changes",
    "音色变化多",
    "音色少变化",
)
_VOICE: Mapping[str, tuple[str, str, str, str]] = {
    "alpha_ratio_db_mean": _SOFT,
    "alpha_ratio_db_std": _COLOUR,
    "centroid_hz_mean": _BRIGHT,
    "centroid_hz_std": _COLOUR,
    "f0_end_less_start_st": (
        "its melody ends higher than it begins",
        "its melody ends lower than it begins",
        "音调到句尾上扬",
        "音调到句尾下沉",
    ),
    "f0_fall_st_per_s": (
        "its downward turns are gentle",
        "its downward turns are steep",
        "音调下行时平缓",
        "音调下行时很陡",
    ),
    "f0_median_st": ("the pitch lies high", "the pitch lies low", "音调偏高", "音调偏低"),
    "f0_p25_st": _LOWEST,
    "f0_p5_st": _LOWEST,
    "f0_p75_st": _HIGHEST,
    "f0_p95_st": _HIGHEST,
    "f0_perturbation_percent": ("it is hoarse", "it is smooth", "嗓音发哑", "嗓音平滑"),
    "f0_range_st": _PITCH_MOVES,
    "f0_rise_st_per_s": (
        "its upward turns are steep",
        "its upward turns are gentle",
        "音调上行时很陡",
        "音调上行时平缓",
    ),
    "f0_rising_share": (
        "the pitch is on its way up more often than usual",
        "the pitch is on its way down more often than usual",
        "音调上行比一般多",
        "音调下行比一般多",
    ),
    "f0_skewness": ("single high tones stand out", "single low tones stand out", "个别音突出地高", "个别音突出地低"),
    "f0_speed_st_per_s": ("the pitch changes fast", "the pitch changes slowly", "音调变化快", "音调变化慢"),
    "f0_std_st": _PITCH_MOVES,
    "hammarberg_db_mean": _SOFT,
    "hammarberg_db_std": _COLOUR,
    "hnr_mean_db": ("it is clear", "it is breathy", "嗓音清亮", "嗓音带气声"),
    "hnr_std_db": (
        "it is clear at times and breathy at others",
        "it keeps its clearness",
        "嗓音时清时哑",
        "嗓音清晰度稳定",
    ),
    "level_end_less_start_db": (
        "it ends with more force than it begins",
        "it ends with less force than it begins",
        "到句尾更有力",
        "到句尾变得无力",
    ),
    "slope_0_500_mean": _BRIGHT,
    "slope_0_500_std": _COLOUR,
    "slope_500_1500_mean": _BRIGHT,
    "slope_500_1500_std": _COLOUR,
    "speaking_rate_per_s": ("the speech is fast", "the speech is slow", "语速快", "语速慢"),
}
# A difference that is above the usual and yet below zero, or the other way about, must not be told as its opposite.
_DESPITE: Mapping[str, tuple[str, str, str, str]] = {
    "f0_end_less_start_st": (
        "its melody sinks less than usual",
        "its melody climbs less than usual",
        "句尾的下沉比一般少",
        "句尾的上扬比一般少",
    ),
    "f0_skewness": ("low tones stand out less than usual", "high tones stand out less than usual")
    + (
        "低音不如一般突出",
        "高音不如一般突出",
    ),
    "level_end_less_start_db": (
        "it keeps its force to the end",
        "it gains little force towards the end",
        "力度保持到句尾",
        "到句尾没有明显加强",
    ),
}
EVENT_OF: Mapping[tuple[str, bool], str] = {
    **{(name, True): "higher" for name in ("f0_p75_st", "f0_p95_st", "f0_skewness", "f0_range_st")},
    **{(name, False): "lower" for name in ("f0_p25_st", "f0_p5_st")},
}
"""(measurement, whether it is above the usual) → the event that shows it at a time; others concern the whole clip."""
_STANCE: Mapping[str, tuple[str, bool]] = {
    **{name: ("soft", True) for name in ("alpha_ratio_db_mean", "hammarberg_db_mean")},
    **{name: ("soft", False) for name in ("centroid_hz_mean", "slope_0_500_mean", "slope_500_1500_mean")},
    **{name: ("lively", True) for name in ("f0_range_st", "f0_std_st", "f0_speed_st_per_s", "f0_p75_st", "f0_p95_st")},
    **{name: ("lively", False) for name in ("f0_p25_st", "f0_p5_st")},
    "hnr_mean_db": ("clear", True),
    **{name: ("clear", False) for name in ("f0_perturbation_percent", "hnr_std_db")},
}
"""Measurement → what it is about, and whether being above the usual says more of it."""
_MOVEMENTS: Mapping[str, tuple[str, str]] = {
    "mouth_corners_up": ("the mouth corners go up", "嘴角上扬"),
    "mouth_corners_down": ("the mouth corners go down", "嘴角下垂"),
    "mouth_open": ("the mouth opens wide", "嘴张得大"),
    "brows_up": ("the brows go up", "眉毛上抬"),
    "brows_down": ("the brows come down", "眉头压低"),
    "head_nod": ("the head nods", "点头"),
    "head_shake": ("the head shakes", "摇头"),
    "head_turn": ("the head turns away", "头转开"),
    "head_tilt": ("the head tilts", "头侧倾"),
    "gaze_away": ("the eyes look away", "视线移开"),
    "gaze_down": ("the eyes look down", "视线下垂"),
}
_EXPRESSION: Mapping[str, tuple[str, str]] = {
    "neutral": ("the face shows no clear expression", "脸上没有明显表情"),
    "angry": ("the face looks angry", "脸上带着怒气"),
    "disgust": ("the face shows disgust", "脸上露出厌恶"),
    "fear": ("the face looks afraid", "脸上露出惧色"),
    "happy": ("the face looks happy", "脸上带着笑意"),
    "sad": ("the face looks sad", "脸上带着愁容"),
    "surprise": ("the face looks surprised", "脸上露出惊讶"),
}


def phrase(language: str, cue: Cue) -> str:
    """`its lowest tones reach far down (-1.6 SD, most at 2.4–3.1 s)`, without a full stop."""
    zh = language == "zh"
    if cue.kind == "word":
        said, number = (f"“{neutralise(cue.feature)}”", "")
    elif cue.kind == "expression":
        said, number = _EXPRESSION.get(cue.feature, (cue.feature, cue.feature))[zh], f"{cue.value:.2f}"
    elif cue.kind == "movement":
        said, number = _MOVEMENTS.get(cue.feature, (cue.feature.replace("_", " "),) * 2)[zh], ""
    else:
        said, number = _voice(zh, cue)
    time = span(language, cue.start, cue.end)
    if cue.kind == "voice":
        # The number is of the whole clip, the time is where it shows most.
        shown = [number, *([f"{time}最明显" if zh else f"most at {time}"] if time else [])]
        return f"{said}（{'，'.join(shown)}）" if zh else f"{said} ({', '.join(shown)})"
    if zh:
        details = "，".join(part for part in (time, number) if part)
        return f"{said}（{details}）" if details else said
    when = f" at {time}" if time else ""
    return f"{said}{when} ({number})" if number else said + when


def family(cue: Cue) -> str:
    """What a cue is about: cues of one family would say the same, or contradict each other."""
    return _VOICE[cue.feature][0] if cue.kind == "voice" and cue.feature in _VOICE else cue.feature


def contradict(one: Cue, other: Cue) -> bool:
    """Whether two cues, told side by side, would sound like opposites: a soft tone and a bright and sharp one."""
    if one.feature not in _STANCE or other.feature not in _STANCE:
        return False
    (about, more), (same, much) = _STANCE[one.feature], _STANCE[other.feature]
    stances = (((cue.z or 0.0) >= 0) == above for cue, above in ((one, more), (other, much)))
    return about == same and len(set(stances)) == 2


def _voice(zh: bool, cue: Cue) -> tuple[str, str]:
    z = cue.z or 0.0
    if cue.feature not in _VOICE:
        said = (
            f"{cue.feature} {'高于平常' if z > 0 else '低于平常'}"
            if zh
            else f"{cue.feature} {'above' if z > 0 else 'below'} the usual"
        )
        return said, f"{abs(z):.1f}σ" if zh else f"{abs(z):.1f} SD"
    despite = cue.feature in _DESPITE and cue.value * z < 0
    said = (_DESPITE if despite else _VOICE)[cue.feature][2 * zh + (z < 0)]
    return said, f"{z:+.1f}{'σ' if zh else ' SD'}"
