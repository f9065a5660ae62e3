"""From what was perceived to timed, measured evidence, and to one paragraph per modality in zh and en. Pure.

Nothing is said that was not measured: every clause below is made of a number of the records, with its unit and,
where it happened at a time, its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.judging.phrases import paragraph
from harness.records.body import BodyTrack
from harness.records.brief import BriefTrack
from harness.records.labels import POLARITY3, SENTIMENT5, get_space
from harness.records.types import (
    MODALITIES,
    ClipEvidence,
    Evidence,
    FaceTrack,
    Language,
    Opinion,
    SpeechFeatures,
    TextFeatures,
    Transcript,
)

MOST_EVENTS = 6
"""Events per modality that enter the text: the largest by z. All of them stay in the stage's own record."""
MOST_BODY = 4
"""The same for the body, beside those of the face."""
MOST_BRIEF = 3
"""Brief motions that enter the text, by their certainty."""
MOST_WORDS = 5
MOST_FUNCTIONALS = 3
"""Functionals of the voice that enter the text: those with the largest share in its head's log-odds."""
LEAST_WORD = 0.1
"""Words that enter the text: those with the largest share in the head's log-odds, and at least this much."""

NO_EMOTIONS = "its head tells sentiment, and no emotions"
UNLIKE = 0.05
"""Share of the voices held out in training that lie as far out, below which a voice is said to be unlike them."""
MUSIC = 0.4
"""Share of the sounding time with held tones from which a sound is taken for music: 1 in 100 clean voices has more."""

_VOICE_SUMMARY = (
    ("speech_seconds", "s"),
    ("f0_median_hz", "Hz"),
    ("f0_range_semitones", "semitones"),
    ("speaking_rate_syllables_per_s", "syllables/s"),
    ("level_range_db", "dB"),
    ("pause_count", "pauses"),
    ("arousal_probability", "probability"),
)


def gather(
    seconds: float,
    transcript: Transcript | None,
    text: TextFeatures | None,
    speech: SpeechFeatures | None,
    face: FaceTrack | None,
    missing: Mapping[str, str],
    folder_language: Language | None = None,
    body: BodyTrack | None = None,
    brief: BriefTrack | None = None,
) -> ClipEvidence:
    """The evidence of a clip of `seconds`. An argument is None where that stage has no result; `missing` says why.

    Of a voice with a head for each language, the transcript's language chooses, else that of the clip's folder.
    """
    items: list[Evidence] = []
    opinions: dict[str, Opinion] = {}
    why = dict(missing)
    if transcript is not None and text is not None:
        items += _words(transcript, text.opinion)
        opinions["text"] = text.opinion
    if transcript is not None:
        items += [Evidence("text", "described", None, "", s.start, s.end, quote=s.text) for s in transcript.sounds]
    if speech is not None:
        items += _voice(speech)
        language = transcript.language if transcript and transcript.language else folder_language
        heard, silence = _heard(speech, language)
        if heard is None:
            why["audio"] = silence
        else:
            opinions["audio"] = heard
    if face is not None:
        items += _face(face)
        items += _body(body) if body is not None else []
        items += _brief(brief) if brief is not None else []
        if face.opinion is None:
            why["video"] = face.no_opinion or _why_no_face(face)
        else:
            opinions["video"] = face.opinion
    sections: dict[str, dict[str, str]] = {
        language: {
            modality: written
            for modality in MODALITIES
            if (written := paragraph(language, modality, [item for item in items if item.modality == modality]))
        }
        for language in ("zh", "en")
    }
    covered = {m: _coverage(m, speech, face, seconds) for m in opinions}
    silent = {m: reason for m, reason in why.items() if m not in opinions}
    sure = transcript.certainty if transcript is not None else None
    trust = {"text": sure} if sure is not None and "text" in opinions else {}
    if "audio" in opinions and speech is not None and (music := _music(speech)) is not None:
        trust["audio"] = round(1 - music, 3)
    language = transcript.language if transcript else None
    felt, unfelt = _emotions(opinions, text, speech, silent)
    return ClipEvidence(language, tuple(items), sections, opinions, covered, silent, trust, felt, unfelt)


def _emotions(
    opinions: Mapping[str, Opinion],
    text: TextFeatures | None,
    speech: SpeechFeatures | None,
    silent: Mapping[str, str],
) -> tuple[dict[str, Opinion], dict[str, str]]:
    """Each modality's opinion over a space of emotions, and why a modality has none."""
    felt = {m: opinion for m, opinion in opinions.items() if get_space(opinion.space) not in (SENTIMENT5, POLARITY3)}
    if text is not None and text.emotions is not None and "text" in opinions:
        felt["text"] = text.emotions
    if speech is not None and speech.emotions is not None and "audio" in opinions:
        felt["audio"] = speech.emotions
    return felt, {m: silent.get(m, NO_EMOTIONS) for m in MODALITIES if m not in felt}


def _words(transcript: Transcript, opinion: Opinion) -> list[Evidence]:
    items = [
        Evidence("text", "said", None, "", segment.start, segment.end, quote=segment.text.strip())
        for segment in transcript.segments
        if segment.text.strip()
    ]
    label = _likeliest(opinion)
    for reason in [r for r in opinion.reasons if abs(r.contribution) >= LEAST_WORD][:MOST_WORDS]:
        start, end = _when_said(reason.feature, transcript)
        items.append(
            Evidence("text", "word", reason.contribution, f"log-odds for {label}", start, end, quote=reason.feature)
        )
    return items


def _likeliest(opinion: Opinion) -> str:
    return opinion.labels[max(range(len(opinion.labels)), key=lambda i: opinion.probabilities[i])]


def _when_said(word: str, transcript: Transcript) -> tuple[float | None, float | None]:
    """The word's own time where the recogniser gave one, else its line's."""
    for segment in transcript.segments:
        for timed in segment.words:
            if timed.text.strip(" .,!?，。！？").casefold() == word.casefold():
                return timed.start, timed.end
    for segment in transcript.segments:
        if word.casefold() in segment.text.casefold():
            return segment.start, segment.end
    return None, None


def _voice(speech: SpeechFeatures) -> list[Evidence]:
    items = [
        Evidence("audio", name, float(value), unit)
        for name, unit in _VOICE_SUMMARY
        if (value := speech.summary.get(name)) is not None
    ]
    if speech.likeness is not None and speech.likeness < UNLIKE:
        items.append(Evidence("audio", "unlike", speech.likeness, "share of known voices"))
    if (music := _music(speech)) is not None:
        items.append(Evidence("audio", "held_tones", music, "share"))
    if speech.opinion is not None:
        label = _likeliest(speech.opinion)
        items += [
            Evidence("audio", "weighed", r.contribution, f"log-odds for {label}", z=r.z, quote=r.feature)
            for r in speech.opinion.reasons[:MOST_FUNCTIONALS]
            if r.z is not None
        ]
    events = [Evidence("audio", e.kind, e.delta, e.unit, e.start, e.end, z=e.z) for e in speech.events]
    return items + _strongest(events)


def _music(speech: SpeechFeatures) -> float | None:
    """The share of held tones where it is more than a voice has, else None."""
    held = speech.summary.get("held_tones")
    return held if held is not None and held > MUSIC else None


def _face(face: FaceTrack) -> list[Evidence]:
    items = [
        Evidence("video", "faces", float(face.faces_max), "faces"),
        Evidence("video", "found_share", face.found_share, "share"),
    ]
    if face.eye_distance_px is not None:
        items.append(Evidence("video", "eye_distance", face.eye_distance_px, "px"))
    moves = [Evidence("video", m.kind, m.delta, m.unit, m.start, m.end, z=m.z) for m in face.movements]
    return items + _strongest(moves)


def _body(body: BodyTrack) -> list[Evidence]:
    """What the body did: the strongest, beside the face's own."""
    moves = [Evidence("video", m.kind, m.delta, m.unit, m.start, m.end, z=m.z) for m in body.movements]
    return _strongest(moves, MOST_BODY)


def _brief(brief: BriefTrack) -> list[Evidence]:
    """Brief motions, each with its certainty in `quote`: candidates, told as such."""
    surest = sorted(brief.movements, key=lambda m: (-m.certainty, m.start))[:MOST_BRIEF]
    return [
        Evidence("video", m.kind, m.delta, m.unit, m.start, m.end, z=m.z, quote=f"{m.certainty:.2f}")
        for m in sorted(surest, key=lambda m: (m.start, m.kind))
    ]


def _strongest(events: Sequence[Evidence], most: int = MOST_EVENTS) -> list[Evidence]:
    """The `most` strongest, in time order; pauses compete by their length."""
    ranked = sorted(events, key=lambda e: (-abs(e.z if e.z is not None else e.value or 0.0), e.start or 0.0))
    return sorted(ranked[:most], key=lambda e: (e.start or 0.0, e.kind))


def _heard(speech: SpeechFeatures, language: Language | None) -> tuple[Opinion | None, str]:
    """The voice's opinion, or why there is none."""
    if speech.opinion is not None:
        return speech.opinion, ""
    if not speech.by_language:
        return None, speech.no_opinion or "too little speech for an opinion"
    if language is None:
        return None, "each language has a head of its own, and nothing tells the clip's language"
    return speech.by_language.get(language), f"no head for {language}"


def _why_no_face(face: FaceTrack) -> str:
    if face.low_resolution:
        return "face too small (low_resolution)"
    return "face seen too briefly, or turned away, for an opinion"


def _coverage(modality: str, speech: SpeechFeatures | None, face: FaceTrack | None, seconds: float) -> float:
    """Share of the clip's time that a modality rests on: speech for audio and text, frames with a face for video."""
    if modality == "video":
        return face.found_share if face else 1.0
    if speech is None or seconds <= 0:
        return 1.0
    return min(1.0, sum(span.end - span.start for span in speech.speech) / seconds)
