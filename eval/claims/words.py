"""Quotes and paraphrases against a clip's transcript."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

from eval.claims.facts import Facts
from eval.claims.find import Claim
from eval.claims.verdict import Checked


def check_words(claim: Claim, facts: Facts) -> Checked:
    """The verdict on a quote or a paraphrase."""
    said = bare(facts.said)
    if not said:
        return Checked(claim, "unverifiable", "no_transcript", facts.missing.get("text", ""))
    if claim.kind == "said":
        share = _words_found(claim.text, facts.said)
        known = share >= 0.6
        return Checked(claim, "supported" if known else "unverifiable", "words_said" if known else "not_in_words")
    parts = [part for part in (bare(p) for p in re.split(r"…+|\.{3,}", claim.text.strip("“”\"'‘’「」『』"))) if part]
    if not parts:
        return Checked(claim, "unverifiable", "not_in_words")
    share = min(_share(part, said) for part in parts)
    if share >= 0.8:
        return Checked(claim, "supported", "quote_said")
    if not (_chinese(facts.said) if _chinese(claim.text) else re.search("[A-Za-z]", facts.said)):
        return Checked(claim, "unverifiable", "other_script")
    if share >= 0.5:
        return Checked(claim, "unverifiable", "partly_said", f"{share:.0%}")
    return Checked(claim, "contradicted", "quote_absent", f"{share:.0%}")


def bare(text: str) -> str:
    """Letters, digits and characters only, in one case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _share(part: str, said: str) -> float:
    """Share of a quote that is found in the transcript in one stretch of about its length, allowing misheard words."""
    if part in said:
        return 1.0
    matcher = SequenceMatcher(None, part, said, autojunk=False)
    longest = matcher.find_longest_match()
    first = max(0, longest.b - longest.a - 2)
    window = said[first : first + len(part) + 4]
    blocks = SequenceMatcher(None, part, window, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / len(part)


def _chinese(text: str) -> bool:
    return re.search(r"[\u3400-\u9fff]", text) is not None


_SMALL_WORDS = """the a an and or that this to of in on at for with his her their him he she they it is was be been are
were has had have would will about says said asks asked claims mentions explains complains states tells told speaker
whether"""
_SMALL = frozenset(_SMALL_WORDS.split())


def _words_found(paraphrase: str, said: str) -> float:
    """Share of a paraphrase's words that was said: pairs of characters in Chinese, else stems of four letters."""
    target = bare(said)
    if _chinese(paraphrase):
        body = re.sub(
            r"^.{1,4}?(?:说|提到|提及|表示|抱怨|声称|询问|问|解释|承认|强调|讲述|叫|告诉|要求|感谢|责备|指责|回忆|答应|让)",
            "",
            paraphrase,
        )
        units = [bare(body)[i : i + 2] for i in range(len(bare(body)) - 1)]
    else:
        words = re.findall(r"[a-z']+", paraphrase.casefold())
        units = [word[:4] if len(word) > 4 else word for word in words if word not in _SMALL]
    return sum(unit in target for unit in units) / len(units) if units else 0.0
