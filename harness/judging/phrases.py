"""The sentences in which evidence is written, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness.judging.voice_words import in_words
from harness.records.body import KINDS as BODY
from harness.records.brief import KINDS as BRIEF
from harness.records.clean import neutralise
from harness.records.types import Evidence, Modality

# kind → clause; {v} is the signed value, {a} its size, {t} the time, {q} the quoted words.
_CLAUSES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "said": "{t}“{q}”",
        "word": "“{q}” {v:+.2f}{at}",
        "described": "{q}{at}",
        "speech_seconds": "{a:.1f} s of speech",
        "f0_median_hz": "median pitch {a:.0f} Hz",
        "f0_range_semitones": "pitch range {a:.1f} semitones",
        "speaking_rate_syllables_per_s": "{a:.1f} syllables/s",
        "level_range_db": "level range {a:.1f} dB",
        "pause_count": "{a:.0f} {pauses}",
        "arousal_probability": "an aroused voice with probability {a:.2f}",
        "unlike": "a voice unlike those heard in training",
        "held_tones": "tones held as music holds them for {p:.0f} % of the time",
        "weighed": "{w}, {v:+.2f}",
        "louder": "louder by {a:.1f} dB{at}",
        "softer": "softer by {a:.1f} dB{at}",
        "higher": "pitch up {a:.1f} semitones{at}",
        "lower": "pitch down {a:.1f} semitones{at}",
        "pause": "a pause of {a:.2f} s{at}",
        "faces": "at most {a:.0f} {faces} at once",
        "found_share": "the followed face found in {p:.0f} % of the frames",
        "eye_distance": "outer-eye distance {a:.0f} px",
        "mouth_corners_up": "mouth corners up by {a:.3f} of the eye distance{at}",
        "mouth_corners_down": "mouth corners down by {a:.3f} of the eye distance{at}",
        "mouth_open": "mouth opened by {a:.3f} of the eye distance{at}",
        "brows_up": "brows up by {a:.3f} of the eye distance{at}",
        "brows_down": "brows down by {a:.3f} of the eye distance{at}",
        "head_nod": "head nodding, {a:.1f}°{at}",
        "head_shake": "head shaking, {a:.1f}°{at}",
        "head_turn": "head turned by {a:.1f}°{at}",
        "head_tilt": "head tilted by {a:.1f}°{at}",
        "gaze_away": "gaze away by {a:.2f} of the eye's width{at}",
        "gaze_down": "gaze down by {a:.2f} of the eye's width{at}",
        "shoulders_up": "shoulders raised by {a:.2f} of their width{at}",
        "shoulder_tilt": "shoulders tilted by {a:.1f}°{at}",
        "lean_in": "body leaning towards the camera, {p:.0f} % larger{at}",
        "lean_back": "body leaning back, {b:.0f} % smaller{at}",
        "hand_near_face": "a hand near the face{at}",
        "gesture": "gesturing, {a:.1f} shoulder widths/s{at}",
        "body_still": "head and shoulders kept still for {a:.1f} s{at}",
        "brief_brows_up": "brows up by {a:.3f} of the eye distance{at}, certainty {q}",
        "brief_brows_down": "brows down by {a:.3f} of the eye distance{at}, certainty {q}",
        "brief_corners_up": "mouth corners up by {a:.3f} of the eye distance{at}, certainty {q}",
        "brief_corners_down": "mouth corners down by {a:.3f} of the eye distance{at}, certainty {q}",
    },
    "zh": {
        "said": "{t}“{q}”",
        "word": "“{q}” {v:+.2f}{at}",
        "described": "{q}{at}",
        "speech_seconds": "语音 {a:.1f} 秒",
        "f0_median_hz": "基频中位数 {a:.0f} Hz",
        "f0_range_semitones": "音高范围 {a:.1f} 个半音",
        "speaking_rate_syllables_per_s": "语速每秒 {a:.1f} 个音节",
        "level_range_db": "音量范围 {a:.1f} dB",
        "pause_count": "停顿 {a:.0f} 次",
        "arousal_probability": "声音处于高唤醒状态的概率 {a:.2f}",
        "unlike": "与训练中听过的声音都不相像",
        "held_tones": "{p:.0f}% 的时间里有音乐般的持续音",
        "weighed": "{w}，{v:+.2f}",
        "louder": "音量升高 {a:.1f} dB{at}",
        "softer": "音量降低 {a:.1f} dB{at}",
        "higher": "音高升高 {a:.1f} 个半音{at}",
        "lower": "音高降低 {a:.1f} 个半音{at}",
        "pause": "停顿 {a:.2f} 秒{at}",
        "faces": "画面中同时最多 {a:.0f} 张脸",
        "found_share": "{p:.0f}% 的帧中找到所跟踪的脸",
        "eye_distance": "外眼角间距 {a:.0f} 像素",
        "mouth_corners_up": "嘴角上扬 {a:.3f} 倍眼距{at}",
        "mouth_corners_down": "嘴角下垂 {a:.3f} 倍眼距{at}",
        "mouth_open": "嘴张开 {a:.3f} 倍眼距{at}",
        "brows_up": "眉毛上抬 {a:.3f} 倍眼距{at}",
        "brows_down": "眉毛下压 {a:.3f} 倍眼距{at}",
        "head_nod": "点头，幅度 {a:.1f}°{at}",
        "head_shake": "摇头，幅度 {a:.1f}°{at}",
        "head_turn": "头部转动 {a:.1f}°{at}",
        "head_tilt": "头部侧倾 {a:.1f}°{at}",
        "gaze_away": "视线偏离 {a:.2f} 倍眼宽{at}",
        "gaze_down": "视线下移 {a:.2f} 倍眼宽{at}",
        "shoulders_up": "双肩上耸 {a:.2f} 倍肩宽{at}",
        "shoulder_tilt": "肩部倾斜 {a:.1f}°{at}",
        "lean_in": "身体前倾，画面中变大 {p:.0f}%{at}",
        "lean_back": "身体后仰，画面中变小 {b:.0f}%{at}",
        "hand_near_face": "手靠近面部{at}",
        "gesture": "做手势，速度 {a:.1f} 倍肩宽/秒{at}",
        "body_still": "头部和肩部保持不动 {a:.1f} 秒{at}",
        "brief_brows_up": "眉毛上抬 {a:.3f} 倍眼距{at}，确定度 {q}",
        "brief_brows_down": "眉毛下压 {a:.3f} 倍眼距{at}，确定度 {q}",
        "brief_corners_up": "嘴角上扬 {a:.3f} 倍眼距{at}，确定度 {q}",
        "brief_corners_down": "嘴角下垂 {a:.3f} 倍眼距{at}，确定度 {q}",
    },
}
_JOINTS = {"en": ("; ", ". ", "."), "zh": ("；", "。", "。")}
_WEIGHED = {"en": "Words that weighed most, in log-odds for {label}: ", "zh": "最有影响的词（对 {label} 的对数几率）："}
_BASELINE = {
    "en": {"audio": "Against the voice's own baseline: ", "video": "Against the face's own baseline: "},
    "zh": {"audio": "相对于该声音自身的基线：", "video": "相对于该面部自身的基线："},
}
_BODY = {"en": "Against the body's own baseline: ", "zh": "相对于该身体自身的基线："}
_BRIEF = {
    "en": "Candidates for brief motions of half a second at most, which say nothing of a feeling: ",
    "zh": "不超过半秒的短暂动作（候选，不说明任何情绪）：",
}
_HEARD = {
    "en": "Of the voice, these weighed most, in log-odds for {label}: ",
    "zh": "声音中最有影响的（对 {label} 的对数几率）：",
}
_SAID = {"en": "Said: ", "zh": "话语："}
_DESCRIBED = {"en": "Sounds that the transcript describes: ", "zh": "字幕注明的声音："}


def paragraph(language: str, modality: Modality, items: Sequence[Evidence]) -> str:
    """One paragraph for one modality: what holds for the clip, then what happened in it. Empty without evidence."""
    if modality == "text":
        return _spoken(language, items)
    joint, stop, end = _JOINTS[language]
    weighed = [item for item in items if item.kind == "weighed"]
    whole = joint.join(clause(language, item) for item in items if item.start is None and item not in weighed)
    timed = [item for item in items if item.start is not None]
    events = joint.join(clause(language, item) for item in timed if item.kind not in (*BODY, *BRIEF))
    body = joint.join(clause(language, item) for item in timed if item.kind in BODY)
    sentences = [whole[:1].upper() + whole[1:], _BASELINE[language][modality] + events if events else ""]
    sentences.append(_BODY[language] + body if body else "")
    brief = joint.join(clause(language, item) for item in timed if item.kind in BRIEF)
    sentences.append(_BRIEF[language] + brief if brief else "")
    if weighed:
        said = joint.join(clause(language, item) for item in weighed)
        sentences.append(_HEARD[language].format(label=weighed[0].unit.rpartition(" ")[2]) + said)
    return stop.join(sentence for sentence in sentences if sentence) + end if items else ""


def _spoken(language: str, items: Sequence[Evidence]) -> str:
    """What was said, line by line, the words of it that weighed most, and the sounds that are described beside it."""
    joint, _, end = _JOINTS[language]
    space = " " if language == "en" else ""
    said = [clause(language, item) for item in items if item.kind == "said"]
    words = [item for item in items if item.kind == "word"]
    sounds = [clause(language, item) for item in items if item.kind == "described"]
    parts = [_SAID[language] + space.join(said)] if said else []
    if said and words:
        label = words[0].unit.rpartition(" ")[2]
        parts.append(_WEIGHED[language].format(label=label) + joint.join(clause(language, w) for w in words) + end)
    if sounds:
        parts.append(_DESCRIBED[language] + joint.join(sounds) + end)
    return space.join(parts)


def clause(language: str, item: Evidence) -> str:
    """One piece of evidence in words. KeyError for a kind that has no wording: a defect, not bad input."""
    value = item.value if item.value is not None else 0.0
    time = span(language, item.start, item.end)
    at = _AT[language](time) if time else ""
    lead = f"({time}) " if time and language == "en" else f"（{time}）" if time else ""
    one = round(abs(value)) == 1
    return _CLAUSES[language][item.kind].format(
        v=value,
        a=abs(value),
        p=value * 100,
        b=-value * 100,
        q=neutralise(item.quote),
        w=in_words(language, item.quote, item.z or 0.0) if item.kind == "weighed" else "",
        t=lead,
        at=at,
        pauses="pause" if one else "pauses",
        faces="face" if one else "faces",
    )


_AT: Mapping[str, Callable[[str], str]] = {"en": lambda time: f" at {time}", "zh": lambda time: f"（{time}）"}


def span(language: str, start: float | None, end: float | None) -> str:
    """`1.2–1.8 s`; empty without times."""
    if start is None:
        return ""
    unit = "s" if language == "en" else "秒"
    if end is None or round(end - start, 1) <= 0:
        return f"{start:.1f} {unit}"
    return f"{start:.1f}–{end:.1f} {unit}"


def pooled_sentence(language: str, probabilities: Sequence[tuple[str, float]]) -> str:
    """How the answer follows: the pooled probabilities, in label order."""
    listed = ", ".join(f"{label} {p:.2f}" for label, p in probabilities)
    if language == "en":
        return f"Pooled over what was measured: {listed}."
    return f"综合以上测量得到的概率：{listed}。"


_NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {"text": "words", "audio": "voice", "video": "face"},
    "zh": {"text": "话语", "audio": "声音", "video": "面部"},
}


def missing_sentence(language: str, missing: Mapping[str, str]) -> str:
    """Which modalities say nothing; in English with the reason, which is recorded in English."""
    if language == "zh":
        return f"缺少：{'、'.join(_NAMES['zh'][m] for m in missing)}。"
    listed = "; ".join(f"{_NAMES['en'][m]} ({neutralise(r)})" for m, r in missing.items())
    return f"Not available: {listed}."
