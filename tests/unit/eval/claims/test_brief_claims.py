"""What a text says of brief motions, found and held against the brief stage.

The sentences were written before the wordings were (`eval/claims/cues`), so that they are a fair trial of them.
"""

from __future__ import annotations

import pytest

from eval.claims.check import check_claim
from eval.claims.facts import Event, Facts
from eval.claims.find import find_claims

SENTENCES = [
    ("A micro-expression of contempt crosses his face at 2.1 s.", True),
    ("There is a fleeting micro expression around the brows.", True),
    ("Microexpressions suggest that she is hiding something.", True),
    ("Her brows flash up for an instant.", True),
    ("A brief flash of the eyebrows accompanies the word.", True),
    ("For a split second his brows go up.", True),
    ("A momentary twitch of the mouth corner is visible.", True),
    ("His eyebrows twitch at 3.4 s.", True),
    ("A fleeting smile passes over her lips.", True),
    ("An involuntary flicker passes across the face.", True),
    ("Her lips twitch briefly before she answers.", True),
    ("The corner of his mouth twitches once.", True),
    ("A flicker of surprise shows on his face.", True),
    ("他的脸上闪过一丝微表情。", True),
    ("第 2 秒处出现微表情。", True),
    ("她的眉毛瞬间上挑。", True),
    ("眉毛短暂地抬了一下，随即恢复。", True),
    ("嘴角抽动了一下。", True),
    ("一丝笑意一闪而过。", True),
    ("他的眉头猛地跳了一下。", True),
    ("脸上掠过一丝不悦。", True),
    ("嘴角微微抽搐。", True),
    # Nothing of these is said of a brief motion of the face.
    ("She speaks briefly about her work.", False),
    ("For a moment the music stops.", False),
    ("The expression of her face is calm throughout.", False),
    ("His facial expressions are rich.", False),
    ("She smiles broadly and for a long time.", False),
    ("The light in the room flickers.", False),
    ("A flash photograph is shown at the end.", False),
    ("He frowns while he is listening.", False),
    ("In the twitch stream the sound is louder.", False),
    ("The microphone expresses nothing unusual.", False),
    ("她简短地回答了问题。", False),
    ("瞬间的灵感改变了他的想法。", False),
    ("时间一闪而过，十年过去了。", False),
    ("她的表情一直很平静。", False),
    ("他的手机屏幕闪了一下。", False),
    ("音乐短暂停顿。", False),
]


def found(sentence: str) -> bool:
    return any(claim.kind == "brief_motion" for claim in find_claims(sentence))


def test_precision_and_recall_on_sentences_written_before() -> None:
    assert [sentence for sentence, holds in SENTENCES if found(sentence) != holds] == []


LOOKED = Facts(
    seconds=6.0,
    events={"video": (Event("brief_brows_up", 2.0, 2.3, 0.03, "eye distance"),)},
    complete=frozenset({"video"}),
    numbers={"faces": 1.0, "eye_distance": 60.0},
    brief=True,
)
"""A clip in which brief motions were looked for, and one was found."""


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("A micro-expression crosses his face at 2.1 s.", "supported", "event"),
        ("第 2 秒处出现微表情。", "supported", "event"),
        ("His brows twitch at 5.5 s.", "unverifiable", "not_covered"),
        ("There is no micro-expression.", "unverifiable", "faint"),
        ("His brows twitch at 9 s.", "contradicted", "beyond"),
    ],
)
def test_a_candidate_supports_and_refutes_nothing(text: str, verdict: str, reason: str) -> None:
    (claim,) = [claim for claim in find_claims(text) if claim.kind == "brief_motion"]
    checked = check_claim(claim, LOOKED)
    assert (checked.verdict, checked.reason) == (verdict, reason)


def test_brief_motions_are_no_lasting_ones() -> None:
    (claim,) = find_claims("She raises her brows at 2.1 s.")
    assert claim.kind == "brows_up" and check_claim(claim, LOOKED).verdict != "supported"
