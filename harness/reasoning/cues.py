"""How a measured cue is said, in Chinese and English: first what a person would notice, then the number in brackets."""

from __future__ import annotations

from collections.abc import Mapping

from harness.judging.phrases import span
from harness.records.argument import Cue
from harness.records.clean import neutralise

# What a measurement of the voice stands for: (English high, English low, Chinese high, Chinese low).
_PITCH_LEVEL = ("the pitch lies high", "the pitch lies low", "音调偏高", "音调偏低")
_PITCH_MOVES = ("the pitch moves a lot", "the pitch stays flat", "音调起伏大", "音调平直")
_BRIGHT = ("the tone is bright and sharp", "the tone is dark and muffled", "音色明亮尖锐", "音色低沉发闷")
_SOFT = ("the tone is soft", "the tone is hard and pressed", "嗓音柔和", "嗓音紧绷发硬")
_COLOUR = (
    "the colour of the voice keeps changing",
    "the colour of the voice hardly changes",
    "音色变化多",
    "音色少变化",
)
_CLEAR = ("it is clear", "it is rough or breathy", "嗓音清亮", "嗓音沙哑或带气声")
_VOICE: Mapping[str, tuple[str, str, str, str]] = {
    "alpha_ratio_db_mean": _SOFT,
    "alpha_ratio_db_std": _COLOUR,
    "centroid_hz_mean": _BRIGHT,
    "centroid_hz_std": _COLOUR,
    "f0_end_less_start_st": (
        "the pitch rises towards the end",
        "the pitch falls towards the end",
        "音调到句尾上扬",
        "音调到句尾下沉",
    ),
    "f0_fall_st_per_s": ("the pitch falls gently", "the pitch falls steeply", "音调下行平缓", "音调下行陡"),
    "f0_median_st": _PITCH_LEVEL,
    "f0_p25_st": _PITCH_LEVEL,
    "f0_p5_st": ("even the lowest tones lie high", "it drops very low", "最低音也偏高", "声音压得很低"),
    "f0_p75_st": _PITCH_LEVEL,
    "f0_p95_st": ("it climbs very high", "it never climbs high", "声音拔得很高", "声音始终不拔高"),
    "f0_perturbation_percent": ("it trembles", "it is steady", "声音发颤", "声音平稳"),
    "f0_range_st": _PITCH_MOVES,
    "f0_rise_st_per_s": ("the pitch rises steeply", "the pitch rises gently", "音调上行陡", "音调上行平缓"),
    "f0_rising_share": (
        "the pitch is mostly on its way up",
        "the pitch is mostly on its way down",
        "音调多在上行",
        "音调多在下行",
    ),
    "f0_skewness": ("the pitch leaps up in places", "the pitch dips in places", "音调时有突然拔高", "音调时有突然下沉"),
    "f0_speed_st_per_s": ("the pitch changes fast", "the pitch changes slowly", "音调变化快", "音调变化慢"),
    "f0_std_st": _PITCH_MOVES,
    "hammarberg_db_mean": _SOFT,
    "hammarberg_db_std": _COLOUR,
    "hnr_mean_db": _CLEAR,
    "hnr_std_db": (
        "it is clear at times and rough at others",
        "it keeps its clearness",
        "嗓音时清时哑",
        "嗓音清晰度稳定",
    ),
    "level_end_less_start_db": (
        "it ends with more force than it begins",
        "it ends with less force than it begins",
        "声音到句尾变响",
        "声音到句尾变弱",
    ),
    "slope_0_500_mean": _BRIGHT,
    "slope_0_500_std": _COLOUR,
    "slope_500_1500_mean": _BRIGHT,
    "slope_500_1500_std": _COLOUR,
    "speaking_rate_per_s": ("the speech is fast", "the speech is slow", "语速快", "语速慢"),
}
EVENT_OF: Mapping[tuple[str, bool], str] = {
    **{(name, True): "higher" for name in ("f0_median_st", "f0_p75_st", "f0_p95_st", "f0_skewness", "f0_range_st")},
    **{(name, False): "lower" for name in ("f0_median_st", "f0_p25_st", "f0_p5_st", "f0_end_less_start_st")},
    ("f0_end_less_start_st", True): "higher",
    ("level_end_less_start_db", True): "louder",
    ("level_end_less_start_db", False): "softer",
    ("speaking_rate_per_s", False): "pause",
}
"""(measurement, whether it is above the usual) → the event that shows it at a time."""
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
    """`the voice drops very low at 2.4–3.1 s (1.6 SD below the usual)`, without a full stop."""
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
    if zh:
        details = "，".join(part for part in (time, number) if part)
        return f"{said}（{details}）" if details else said
    when = f" at {time}" if time else ""
    return f"{said}{when} ({number})" if number else said + when


def family(cue: Cue) -> str:
    """What a cue is about: cues of one family would say the same, or contradict each other."""
    return _VOICE[cue.feature][0] if cue.kind == "voice" and cue.feature in _VOICE else cue.feature


def _voice(zh: bool, cue: Cue) -> tuple[str, str]:
    z = cue.z or 0.0
    if cue.feature not in _VOICE:
        said = (
            f"{cue.feature} {'高于平常' if z > 0 else '低于平常'}"
            if zh
            else f"{cue.feature} {'above' if z > 0 else 'below'} the usual"
        )
        return said, f"{abs(z):.1f} 个标准差" if zh else f"{abs(z):.1f} SD"
    said = _VOICE[cue.feature][2 * zh + (z < 0)]
    return said, f"{z:+.1f} {'个标准差' if zh else 'SD'}"
