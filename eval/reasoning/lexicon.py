"""What sentiment a rationale argues for, by its own words: a small hand-written lexicon, Chinese and English.

It is meant for descriptions of people (“her voice trembles”, 嘴角上扬), not for reviews or tweets, and it abstains
when the words do not decide. Two readings, the first of which wins:

* stated: the polarity that the text names last (“overall negative”, 因此判断为弱正面, a label code), unless negated;
  a list of names with numbers (`SNEG 0.10, WNEG 0.62, …`) states its largest;
* words: the polarity with most emotion words after negation, if it has more than all others together.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Literal

Polarity = Literal[-1, 0, 1]


@dataclass(frozen=True)
class Verdict:
    """−1 negative, 0 neutral, 1 positive; `basis` says by what: stated, words or head."""

    polarity: Polarity
    basis: str


_STATED: dict[Polarity, str] = {
    -1: r"negative|negativity|SNEG|WNEG|负面|消极|负向|负性",
    0: r"neutral|neutrality|NEUT|中性|中立",
    1: r"positive|positivity|WPOS|SPOS|正面|积极|正向|正性",
}
_WORDS: dict[Polarity, dict[str, str]] = {
    1: {
        "en": r"happ(?:y|ily|iness)|joy(?:ful|fully)?|glad(?:ly)?|delight(?:ed|ful)?|pleas(?:ed|ant|ure)"
        r"|cheerful(?:ly)?|excite(?:d|ment)|enthusias\w+|smil(?:e|es|ed|ing)|laugh(?:s|ed|ing|ter)?|grin(?:s|ned|ning)?|satisf\w+"
        r"|proud|pride|grateful|gratitude|thank\w*|hopeful|optimis\w+|warm(?:ly|th)?|friendly|amus\w+|relie(?:f|ved)"
        r"|content(?:ed|ment)?|affection\w*|lov(?:e|es|ed|ing)|admir\w+|prais\w+|bright|mouth corners up",
        "zh": "高兴|开心|快乐|喜悦|愉快|愉悦|欣喜|兴奋|微笑|笑容|笑意|大笑|欢笑|笑声|满意|满足|自豪|骄傲|感激|感谢|希望"
        "|乐观|温暖|友好|亲切|欣慰|放松|喜欢|喜爱|热爱|赞美|称赞|赞赏|幸福|期待|嘴角上扬|轻快|明快|热情",
    },
    -1: {
        "en": r"sad(?:ly|ness)?|sorrow\w*|unhapp\w+|ang(?:er|ry|rily)|furious\w*|rage|mad|annoy\w+|irritat\w+"
        r"|frustrat\w+|disgust\w*|contempt\w*|fear\w*|afraid|scared|frighten\w+|terrif\w+|anxi(?:ous|ously|ety)|worr(?:y|ied|ying)"
        r"|nervous\w*|disappoint\w+|helpless\w*|hopeless\w*|despair\w*|grie(?:f|ve|ving)|cr(?:y|ies|ied|ying)|tears?"
        r"|weep\w*|sob(?:s|bed|bing)?|frown\w*|scowl\w*|blam\w+|complain\w*|accus\w+|critici\w+|insult\w*|hostil\w+"
        r"|resent\w+|bitter\w*|trembl\w+|sigh(?:s|ed|ing)?|upset|distress\w*|pain(?:ful)?|regret\w*|guilt\w*"
        r"|mouth corners down|brows? (?:down|lowered|furrowed)",
        "zh": "悲伤|难过|伤心|悲痛|哀伤|痛苦|愤怒|生气|怒气|怒容|恼怒|气愤|恼火|暴怒|烦躁|不满|厌恶|反感|恶心|轻蔑"
        "|鄙视|蔑视|恐惧|惧色|愁容|害怕|惊恐|焦虑|紧张|不安|担心|担忧|忧虑|失望|绝望|无助|无奈|沮丧|低落|哭泣|哭|流泪"
        "|眼泪|泪水|皱眉|眉头紧锁|眉毛下压|责备|指责|抱怨|埋怨|批评|讽刺|嘲讽|敌意|怨恨|委屈|颤抖|叹气|叹息|后悔|内疚|愧疚|嘴角下垂|争吵|质问|怒吼",
    },
    0: {
        "en": r"calm(?:ly|ness)?|composed|matter-of-fact|unemotional|emotionless|expressionless|flat|steady|indifferent"
        r"|detached|objective(?:ly)?|factual|no clear expression",
        "zh": "平静|平淡|平和|平稳|镇定|淡定|冷静|无表情|面无表情|没有明显表情|客观|陈述事实|没有明显情绪|情绪不明显",
    },
}
_NEGATION_EN = re.compile(
    r"\b(?:not|no|never|without|nor|neither|hardly|rather than|instead of|\w+n['’]t|lack\w*|absence of)"
    r"(?:\s+(?:a|an|any|the|of|at|all|really|clear|clearly|seem|seems|to|be|show|shows|sound|sounds|particularly|very|so)){0,4}\s*$",
    re.IGNORECASE,
)
_NEGATION_ZH = re.compile(
    r"(?:不|没|没有|无|未|并非|而非|不是|毫无|缺乏|并不|谈不上)(?:是|太|很|那么|明显|明显的|显得|任何|表现出|感到|什么)?$"
)
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|\"[^\"\n]*\"|‘[^’]*’")


def _pattern(polarity: Polarity) -> re.Pattern[str]:
    words = _WORDS[polarity]
    return re.compile(rf"\b(?:{words['en']})\b|{words['zh']}", re.IGNORECASE)


_WORD_PATTERNS = {polarity: _pattern(polarity) for polarity in _WORDS}
_STATED_PATTERN = re.compile("|".join(f"(?P<p{p + 1}>{words})" for p, words in _STATED.items()), re.IGNORECASE)


_ITEM = rf"(?:{'|'.join(_STATED.values())})\s*[:=(]?\s*\d+(?:\.\d+)?\s*%?\)?"
_DISTRIBUTION = re.compile(rf"{_ITEM}(?:[\s,;、|/]*{_ITEM})+", re.IGNORECASE)
_NUMBERED = re.compile(rf"({'|'.join(_STATED.values())})\s*[:=(]?\s*(\d+(?:\.\d+)?)", re.IGNORECASE)


def judge(text: str, language: str) -> Verdict | None:
    """The verdict of the lexicon on a rationale, None when it does not decide. Quoted speech is left out.

    The two languages' words are looked for together, since rationales mix them; `language` is not needed.
    """
    prose = _prose(text)
    return stated(prose) or by_words(prose)


def mentions(text: str) -> bool:
    """Whether a rationale has any emotion word at all outside its quotes."""
    prose = _prose(text)
    return any(pattern.search(prose) for pattern in _WORD_PATTERNS.values())


def _prose(text: str) -> str:
    return _QUOTED.sub(" ", unicodedata.normalize("NFKC", text))


def stated(text: str) -> Verdict | None:
    """The polarity that a text names last, None when it names none."""
    text = _DISTRIBUTION.sub(_largest, text)
    last: Polarity | None = None
    for match in _STATED_PATTERN.finditer(text):
        if not negated(text, match.start()):
            last = next(p for p in _STATED if match.group(f"p{p + 1}"))
    return None if last is None else Verdict(last, "stated")


def _largest(listing: re.Match[str]) -> str:
    """The name with the largest number in a list of names with numbers."""
    return str(max(_NUMBERED.findall(listing.group()), key=lambda item: float(item[1]))[0])


def by_words(text: str) -> Verdict | None:
    """The polarity of most emotion words, None without a majority over the other two together."""
    counts: Counter[Polarity] = Counter()
    for polarity, pattern in _WORD_PATTERNS.items():
        # "Not happy" speaks neither for happiness nor surely for its opposite: a negated word counts for nothing.
        counts[polarity] = sum(not negated(text, match.start()) for match in pattern.finditer(text))
    total = sum(counts.values())
    if not total:
        return None
    polarity, most = counts.most_common(1)[0]
    return Verdict(polarity, "words") if 2 * most > total else None


def negated(text: str, position: int) -> bool:
    """Whether a negation stands right before a word."""
    before = text[max(0, position - 60) : position]
    return bool(_NEGATION_EN.search(before) or _NEGATION_ZH.search(before))
