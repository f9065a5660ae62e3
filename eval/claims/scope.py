"""What changes the meaning of a claim: where its clause ends, negations, hedges, degrees, suppositions, numbers."""

from __future__ import annotations

import re


def _words(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


END = _words(r"[。！？!?；;\n]+", r"\.(?=\s|$)")
BREAK = _words(
    r"[，,：:](?! ?(?:幅度|\d))",
    r"\b(?:but|while|although|though|whereas|however|then|because|yet)\b",
    r"但是?|却|然后|随后|而(?!且)|不过|因为",
)
NEGATION = _words(
    r"\b(?:not(?! only| just| sure| certain)|no(?! doubt)|never|without|nor|neither|hardly|barely|scarcely|rarely"
    r"|\w+n['’]t|lacks?|lacking|absence of|free of|instead of|rather than|none|fails? to|cannot|refus\w+ to)\b",
    r"没有|没|未(?!来)|毫无|并无|无(?!奈|助|论|疑|比|法|声)|并非|并不|从不|绝不|看不[到出见]|听不[到出见]",
    r"不见|不再|不曾|缺乏|谈不上",
    r"不(?!仅|但|只|禁|由|停|断|时|错|过|满|安|久|同|明|确定|知|清楚|自觉|敢|耐|悦|屑|住|止|动声色|得不|解)",
)
DENIED = _words(
    r"^(?:no|without) ",
    r"\bnot\b",
    r"没有?(?!有|说|出声|开口|作声)|并未|并不|(?<!紧)不(?=太|很|算|快|慢|高|低|大|急|颤|抖)",
)
"""A negation inside a wording itself (声音没有颤抖)."""
HEDGE = _words(
    r"\b(?:maybe|perhaps|possibl[ey]|might|may|could|seem\w*|appear\w*|apparently|suggest\w*|likely|probably|almost"
    r"|nearly|practically|virtually|as if|as though|not (?:sure|certain)|unsure|unclear|whether|presumably|hint of)\b",
    r"似乎|好像|仿佛|可能|也许|大概|或许|像是|几乎|近乎|看起来|看上去|估计|不确定|是否|不清楚|隐约|疑似|恐怕",
)
SLIGHT = _words(
    r"\b(?:slight\w*|faint\w*|small|subtl[ey]|a little|a bit|mild\w*|barely|brief\w*)\b",
    r"微微|轻微|略微|略|稍|淡淡|一丝|些许|有点|有些",
)
COMPARED = _words(r"\b(?:than|more|\w+er than|becom\w+|gets?|getting|grow\w*)\b", r"越来越|越\w越|更|比|变得?|加[快大]")
UNREAL = _words(
    r"(?<!as )\bif\b",
    r"\b(?:people|humans|speakers|one|we) (?:\w+ )?(?:often|usually|tend|commonly|generally|may|can)\b",
    r"\busually\b|\bwould have\b|\bgenerally\b|\bshould (?:I|we)\b",
    r"如果|要是|假如|倘若|假设|人们?(?:在|通常|往往|常)|往往|一般来说|通常",
)
"""Suppositions and general remarks: nothing in such a sentence is said of the clip."""
NEXT = _words(r"\bthen\b|\blater\b|\bafterwards\b", r"然后|随后|接着|之后")

_WHO_EN = (
    r"\b(?:he|she|they|it|speaker|man|woman|girl|boy|person|character|transcript|subtitles?|captions?|dialogue|line|text"
    r"|who)"
)
_SAYS_EN = (
    r"(?:says?|said|claims?|claimed|explains?|complains?|complained|states?|admits?|admitted|insists?|argues?"
    r"|confess\w*|announces?|believes?|asks?|asked|mentions?|mentioned|tells?|told|talks? about|promis\w+|thanks?"
    r"|accus\w+|recalls?|describes?)"
)
_WHAT_EN = r"(?:that |about |whether |why |how |(?:\w+ )*to |him |her |them |his |the |of |\w+ \w+ \w)[^.,;!?，。；]*"
_WHO_ZH = r"(?:他|她|说话人|说话者|对方|男子|女子|女孩|男孩|人物|台词|字幕|文本)(?:还|也|先|又|曾|反复|随后|主动)?"
_SAYS_ZH = (
    r"(?:说(?!话|得|出|到最后|明|起来|完)|提到|提及|表示|抱怨|声称|询问|问(?!题)|解释|承认|强调|讲述|叫(?=[他她你我对])"
    r"|告诉|要求|感谢|责备|指责|回忆|答应|让(?=[他她你我对]))"
)
SAID = _words(
    rf"{_WHO_EN} (?:\w+ly |also |then |even |first )?{_SAYS_EN}\s+{_WHAT_EN}",
    rf"{_WHO_ZH}{_SAYS_ZH}[^，。；！？“「\"]{{2,}}",
)
"""Reported speech without quotation marks."""

NUMBER = _words(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(dB|semitones?|个?半音|°|degrees?|度|of the eye|倍眼[距宽])")
PAUSE_LENGTH = _words(r"(?:of|for|了|停顿|达|约)\s*(?:about )?(\d+(?:\.\d+)?)\s*(?:s\b|seconds?|秒)")
UNITS = {"db": "dB", "semitone": "semitones", "semitones": "semitones", "半音": "semitones", "个半音": "semitones"}
