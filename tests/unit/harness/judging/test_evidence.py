"""What is known of a clip, gathered from what was perceived."""

from __future__ import annotations

import pytest

from harness.judging.evidence import MUSIC, gather
from harness.records.body import KINDS, BodyTrack
from harness.records.brief import KINDS as BRIEF
from harness.records.brief import BriefMotion, BriefTrack
from harness.records.types import FaceTrack, Movement, Opinion, ProsodyTrack, Segment, SpeechFeatures, Transcript


def test_sounds_that_subtitles_describe_are_evidence_with_their_times() -> None:
    heard = Transcript((), "zh", None, None, "sidecar:a.srt", (Segment("掌声", 2.3, 3.0), Segment("♪", None, None)))
    found = gather(4.0, heard, None, None, None, {"text": "no words"})
    assert [(i.modality, i.kind, i.quote, i.start, i.end) for i in found.items] == [
        ("text", "described", "掌声", 2.3, 3.0),
        ("text", "described", "♪", None, None),
    ]
    assert found.opinions == {} and found.missing["text"] == "no words"
    assert found.sections["zh"]["text"].startswith("字幕注明的声音：掌声")
    assert "2.3" in found.sections["en"]["text"] and found.sections["en"]["text"].endswith("♪.")


def test_what_the_body_did_is_told_beside_the_face_in_both_languages() -> None:
    face = FaceTrack((0.0,), (None,), {}, 1, 1.0, 60.0, False, "the only face", (), None)
    moves = tuple(Movement(kind, 1.0, 2.0, 0.2, "shoulder widths", 9.0 - k) for k, kind in enumerate(KINDS))
    body = BodyTrack((0.0,), {}, 1.0, 1.0, 200.0, moves)
    found = gather(4.0, None, None, None, face, {}, body=body)
    told = [item for item in found.items if item.kind in KINDS]
    assert [item.kind for item in told] == sorted(KINDS[:4]) and {item.modality for item in told} == {"video"}
    english, chinese = found.sections["en"]["video"], found.sections["zh"]["video"]
    assert "Against the body's own baseline: body leaning back" in english
    assert "身体前倾，画面中变大 20%（1.0–2.0 秒）" in chinese and "相对于该身体自身的基线：" in chinese
    every = gather(4.0, None, None, None, face, {}, body=BodyTrack((0.0,), {}, 1.0, 1.0, 200.0, moves[3:]))
    assert "a hand near the face" in every.sections["en"]["video"]
    assert "做手势" in every.sections["zh"]["video"] and "kept still" in every.sections["en"]["video"]
    assert gather(4.0, None, None, None, face, {}).sections["en"]["video"].count("baseline") == 0


def test_brief_motions_are_told_as_candidates_with_their_certainty() -> None:
    face = FaceTrack((0.0,), (None,), {}, 1, 1.0, 60.0, False, "the only face", (), None)
    moves = tuple(
        BriefMotion(kind, k, k + 0.1, k + 0.3, 0.03 - 0.02 * (k % 2), "eye distance", 6.0, 0.9, 0.5 + k / 10, "both")
        for k, kind in enumerate(BRIEF)
    )
    found = gather(4.0, None, None, None, face, {}, brief=BriefTrack(25.0, ((0.0, 4.0),), moves))
    assert [item.kind for item in found.items if item.kind in BRIEF] == list(BRIEF[1:]), "the three surest"
    english, chinese = found.sections["en"]["video"], found.sections["zh"]["video"]
    assert (
        "Candidates for brief motions of half a second at most, which say nothing of a feeling: brows down" in english
    )
    assert "at 2.0–2.3 s, certainty 0.70" in english and "own baseline" not in english
    assert "短暂动作（候选，不说明任何情绪）：眉毛下压" in chinese and "确定度 0.80" in chinese


def sounding(held: float | None) -> SpeechFeatures:
    opinion = Opinion("polarity3", ("negative", "neutral", "positive"), (0.7, 0.2, 0.1), 0.8, ())
    summary = {"speech_seconds": 2.0, "held_tones": held}
    return SpeechFeatures((), ProsodyTrack(0.02, (), ()), (), summary, {}, opinion)


def test_a_voice_over_music_weighs_less_and_says_so() -> None:
    found = gather(2.0, None, None, sounding(0.85), None, {})
    assert found.trust == {"audio": pytest.approx(0.15)}
    assert "tones held as music holds them for 85 % of the time" in found.sections["en"]["audio"]
    assert "85% 的时间里有音乐般的持续音" in found.sections["zh"]["audio"]


@pytest.mark.parametrize("held", [None, 0.0, MUSIC])
def test_tones_that_a_voice_holds_as_well_change_nothing(held: float | None) -> None:
    found = gather(2.0, None, None, sounding(held), None, {})
    assert found.trust == {} and all(item.kind != "held_tones" for item in found.items)
