"""What a text says of shoulders and hands, found and held against the body stage.

The sentences were written before the wordings were (`eval/claims/cues`), so that they are a fair trial of them.
"""

from __future__ import annotations

import pytest

from eval.claims.check import check_claim
from eval.claims.facts import Event, Facts
from eval.claims.find import find_claims

BODY = {"shoulders_up", "lean_in", "lean_back", "hand_near_face", "gesture"}

SENTENCES = [
    ("She shrugs and looks away.", "shoulders_up"),
    ("He shrugged his shoulders twice before answering.", "shoulders_up"),
    ("Her shoulders are raised and tense.", "shoulders_up"),
    ("The speaker's shoulders rise at 2.0 s.", "shoulders_up"),
    ("There is a small shrug at the end of the sentence.", "shoulders_up"),
    ("He leans forward as he speaks.", "lean_in"),
    ("She is leaning in towards the camera.", "lean_in"),
    ("His upper body tilts forward at 1.2 s.", "lean_in"),
    ("He leans back in his chair.", "lean_back"),
    ("She pulls back, away from the other person.", "lean_back"),
    ("Leaning backwards, he folds his arms.", "lean_back"),
    ("She covers her mouth with her hand.", "hand_near_face"),
    ("He rubs his forehead while thinking.", "hand_near_face"),
    ("Her hand touches her cheek at 3.1 s.", "hand_near_face"),
    ("He rests his chin on his hand.", "hand_near_face"),
    ("A hand is raised to the face.", "hand_near_face"),
    ("She wipes her tears.", "hand_near_face"),
    ("He gestures with both hands.", "gesture"),
    ("She is gesticulating wildly.", "gesture"),
    ("He waves his hands as he argues.", "gesture"),
    ("Her hand gestures become larger.", "gesture"),
    ("他耸了耸肩，没有回答。", "shoulders_up"),
    ("她的双肩上耸，显得紧张。", "shoulders_up"),
    ("说话人耸肩。", "shoulders_up"),
    ("他身体前倾，靠近镜头。", "lean_in"),
    ("她俯身向前。", "lean_in"),
    ("他向后靠在椅子上。", "lean_back"),
    ("她身体后仰，与对方拉开距离。", "lean_back"),
    ("她用手捂住嘴。", "hand_near_face"),
    ("他不停地揉额头。", "hand_near_face"),
    ("她托着下巴思考。", "hand_near_face"),
    ("手靠近面部，约在 3 秒处。", "hand_near_face"),
    ("她擦了擦眼泪。", "hand_near_face"),
    ("他一边说一边做手势。", "gesture"),
    ("她挥舞着双手。", "gesture"),
    ("他的手势幅度很大。", "gesture"),
    # Nothing of these is said of shoulders, trunk or hands.
    ("He carries the burden on his shoulders.", ""),
    ("She leans towards a negative reading of the events.", ""),
    ("On the one hand the words are warm, on the other hand the voice is cold.", ""),
    ("It is a kind gesture to apologise.", ""),
    ("The evidence leans positive.", ""),
    ("He lent her a hand with the boxes.", ""),
    ("The transcript touches on a painful subject.", ""),
    ("In the face of the news she stays calm.", ""),
    ("整体情感倾向于负面。", ""),
    ("另一方面，他的语气很温和。", ""),
    ("这是他的拿手好戏。", ""),
    ("他肩负着重任。", ""),
]


def kinds(sentence: str) -> set[str]:
    return {claim.kind for claim in find_claims(sentence)} & BODY


def test_precision_and_recall_on_sentences_written_before() -> None:
    right = sum(kinds(sentence) == {kind} for sentence, kind in SENTENCES if kind)
    wrong = [s for s, kind in SENTENCES if kinds(s) - {kind}]
    assert not wrong
    assert right / sum(bool(kind) for _, kind in SENTENCES) >= 0.9


MOVED = Facts(
    seconds=6.0,
    events={
        "video": (Event("shoulders_up", 2.0, 2.8, 0.2, "shoulder widths"), Event("hand_near_face", 4.0, 5.0, 0.4, ""))
    },
    complete=frozenset({"video"}),
    numbers={"faces": 1.0, "eye_distance": 60.0},
    body=frozenset({"shoulders_up", "lean_in", "lean_back", "hand_near_face", "gesture"}),
)
"""A clip whose body was measured throughout."""


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("She shrugs at 2.2 s.", "supported", "event"),
        ("她在 2.2 秒耸肩。", "supported", "event"),
        ("She shrugs at 5.5 s.", "contradicted", "elsewhere"),
        ("He leans forward.", "contradicted", "none_found"),
        ("她身体没有前倾。", "supported", "none_found"),
        ("She does not shrug.", "contradicted", "denied"),
        ("He covers his mouth with his hand.", "supported", "event"),
    ],
)
def test_verdicts(text: str, verdict: str, reason: str) -> None:
    (claim,) = [claim for claim in find_claims(text) if claim.kind in BODY]
    checked = check_claim(claim, MOVED)
    assert (checked.verdict, checked.reason) == (verdict, reason)


def test_what_the_body_stage_withheld_or_did_not_measure_refutes_nothing() -> None:
    for text in ("He leans forward.", "She shrugs.", "She does not shrug."):
        (claim,) = [claim for claim in find_claims(text) if claim.kind in BODY]
        for body in (None, frozenset({"gesture"})):
            facts = Facts(MOVED.seconds, {"video": ()}, MOVED.complete, MOVED.numbers, body=body)
            assert check_claim(claim, facts).verdict == "unverifiable"
