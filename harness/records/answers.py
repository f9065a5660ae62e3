r"""Where the answer stands in a reasoner's raw text: the one reader of replies, for client and parser alike.

What is read, in this order, and only behind the reasoning (the last `</think>`, whatever its spelling):

1. between answer tags, in any case, width and bracket form; the last pair, or the last open tag when the reply ended
   there. A pair within a sentence that only weighs it ("one could also answer …") does not replace a plain one;
2. in `\boxed{…}` or between box tokens;
3. behind a marker: `**Answer:** …`, `"label": "…"`, 最终答案：…, "the sentiment is …"; the last one that can be read;
4. the whole text behind the reasoning, when it is a label and nothing else.

What the words mean is told by `answer_words.py`. Everything here takes time in proportion to the text, and no more than
`LONGEST` characters of it are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.records.answer_words import is_label, label_of
from harness.records.labels import SENTIMENT5, LabelSpace

LONGEST = 100_000
"""Characters of a reply that are read: its beginning and its end, where the answer is."""
MOST_MARKERS = 40
"""Of more places that could name the answer only the last ones are looked at."""
_LONE = 80
_REFUSAL = 600
"""Longer texts are no label by themselves, and no refusal."""

# One character for one, so that a place in the folded text is a place in the raw one.
_FOLDED = str.maketrans(
    "＜＞／＼［］｛｝＊：〈〉強負極積輕無終標籤結論斷傾類別緒點顯為識協",
    "<>/\\[]{}*:<>强负极积轻无终标签结论断倾类别绪点显为识协",
)
_SPECIAL = re.compile(
    r"<[|｜](?!begin_of_box|end_of_box)[^<>|｜\s]{1,40}[|｜]>|</?s>|<(?:end_of_turn|eos|pad|eot|bos|/?turn)>|\[/?INST\]"
)
_THINK = re.compile(r"[<\[◁]\s{0,9}(/?)\s{0,9}(?:think|thinking|thought|reasoning)\s{0,9}[>\]▷]", re.IGNORECASE)
_ANSWER = re.compile(
    r"(?:&lt;|[<\[【《{])\s{0,9}(/?)\s{0,9}(?:final[ _-]?)?(?:answer|答案|最终答案)\s{0,9}(?:&gt;|[>\]】》}])",
    re.IGNORECASE,
)
_BOX = re.compile(r"\\f?boxed\s{0,9}\{\s{0,9}(?:\\text(?:bf|rm|it)?\s{0,9}\{)?([^{}]{1,200})\}")
_BOX_TOKENS = re.compile(r"<[|｜]begin_of_box[|｜]>([^<>]{1,200})<[|｜]end_of_box[|｜]>")
_NAMES = (
    "final answer|final label|final sentiment|sentiment label|emotion label|sentiment|answer|label|prediction|verdict"
    "|conclusion|classification|category|emotion|output|result|class"
)
_NAMES_ZH = (
    "最终答案|最终标签|最终判断|情感标签|情感极性|情感倾向|情感类别|情绪标签|答案|标签|结论|判断|情感|情绪|类别|结果"
)
_MARKER = re.compile(
    rf"(?<![A-Za-z])(?:{_NAMES})\b(?:[\s*_`'\"]{{0,6}}(?:[:=]|(?:is|would be|should be)\b)|[*_`]{{0,3}}\s{{0,3}}\n)"
    rf"|(?:{_NAMES_ZH})[\s*_`'\"”】]{{0,6}}(?:[:=]|是|为|\n)",
    re.IGNORECASE,
)
_QUOTED_VALUE = re.compile(r"[\s*_`:]{0,8}[\[{]?\s{0,4}[\"“'‘]([^\"”'’\n]{0,120})[\"”'’]")
_LINE_VALUE = re.compile(r"[\s*_`:>#-]{0,12}([^\n]{1,200})")
_SENTENCE = re.compile(r"[.。!！?？;；](?:\s|$|(?=[\u3400-\u9fff]))|\n")
_HYPOTHETICAL = re.compile(
    r"\b(?:could|would|might|may|if|instead of|rather than|not|never|don[’']t|for example|e\.g|such as|format|like)\b"
    r"|也可以|也可能|如果|假如|若|例如|比如|而不是|而非|不是|不应|格式",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"\bi(?:[’']m| am) (?:really |very )?sorry\b|\bsorry, (?:but )?i\b|\bi apologi[sz]e\b|\bas an ai\b"
    r"|\bi (?:can[’']?t|cannot|can not|won[’']?t|will not|must decline)\b"
    r"|\bi(?:[’']m| am) (?:unable|not able)\b|\bunable to (?:assist|help|comply|identify|determine)\b"
    r"|抱歉|对不起|我无法|我不能|无法(?:协助|提供|识别|判断|回答|满足)|不便回答|作为(?:一个)?(?:ai|人工智能)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ReadAnswer:
    """What a reply says.

    Attributes:
        label: of the space that was asked for; None when there is none to be read.
        problem: why there is none; empty with a label.
        think: the reasoning.
        answer: the words in which the label stands, or what stands in their place.
    """

    label: str | None
    problem: str
    think: str
    answer: str


def read_answer(raw: str, finish_reason: str = "stop", space: LabelSpace = SENTIMENT5) -> ReadAnswer:
    """The answer of a reply in `space`, or the reason why there is none.

    Problems: empty, truncated, refused, no answer, and those of `label_of` for an answer that cannot be read.
    """
    kept = _SPECIAL.sub("", capped(raw)).strip()
    text = kept.translate(_FOLDED)
    if not text:
        return ReadAnswer(None, "empty", "", "")
    begin, end, behind, closed = _borders(text)
    think, tail = kept[begin:end].strip(), text[behind:]
    if finish_reason == "length" and not closed and _THINK.search(text):
        return ReadAnswer(None, "truncated", think, "")  # what was weighed in the reasoning is no answer yet
    found = _tagged(tail)
    if found is not None:
        answer, complete = found
        if not complete and finish_reason == "length":
            return ReadAnswer(None, "truncated", think, answer)
        label, problem = label_of(_value(answer, space), space)
        return ReadAnswer(label, problem, think, answer)
    if not closed and _THINK.search(text):
        return ReadAnswer(None, "truncated", think, "")
    for answer in _untagged(tail, space):
        label, _ = label_of(answer, space)
        if label:
            return ReadAnswer(label, "", think, answer)
    return ReadAnswer(None, _why_none(tail, finish_reason), think, tail)


def capped(text: str) -> str:
    """A text of about `LONGEST` characters: of a longer one the beginning and the end, which holds the answer."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def _borders(text: str) -> tuple[int, int, int, bool]:
    """Where the reasoning begins and ends, where what follows it begins, and whether its end was marked.

    Its beginning may have been in the prompt. Without any mark all is what follows.
    """
    tags = list(_THINK.finditer(text))
    ends = [tag for tag in tags if tag.group(1)]
    if not ends:
        if not tags:
            return 0, 0, 0, False
        begin = tags[0].end()
        opened = (tag.start() for tag in _ANSWER.finditer(text, begin) if not tag.group(1))
        end = next(opened, len(text))
        return begin, end, end, False
    last = ends[-1]
    if len(ends) > 1 and not text[last.end() :].strip():  # closed once more at the very end
        tail = text[ends[-2].end() : last.start()]
        if (opening := _ANSWER.search(tail)) and not tail[: opening.start()].strip():
            last = ends[-2]
    begin = tags[0].end() if not tags[0].group(1) else 0
    return begin, last.start(), last.end(), True


def _tagged(tail: str) -> tuple[str, bool] | None:
    """What stands in the last answer tag, and whether it was closed; None without one."""
    tags = list(_ANSWER.finditer(tail))
    found: list[tuple[str, bool, bool]] = []
    for here, following in zip(tags, [*tags[1:], None], strict=False):
        if here.group(1):
            continue
        content = tail[here.end() : following.start() if following else len(tail)].strip()
        complete = following is not None and bool(following.group(1))
        if following is not None and not complete and not content:
            continue  # opened twice
        # A heading in brackets, such as 【答案】, has no other tag behind it and ends with its line.
        if not complete and here.group()[0] in "【《[{" and content:
            content, complete = content.splitlines()[0], True
        found.append((content, complete, _is_weighed(tail[max(0, here.start() - 200) : here.start()])))
    plain = [entry for entry in found if not entry[2]] or found
    said = [entry for entry in plain if entry[0]] or plain
    return said[-1][:2] if said else None


def _is_weighed(before: str) -> bool:
    """Whether the sentence in which a tag stands only considers it, or gives it as a pattern."""
    return bool(_HYPOTHETICAL.search(_SENTENCE.split(before)[-1]))


def _value(answer: str, space: LabelSpace) -> str:
    r"""The words of an answer that is itself marked: `{"label": "SNEG"}`, `\boxed{SNEG}`, `Label: SNEG`."""
    for inner in _untagged(answer, space):
        if label_of(inner, space)[0]:
            return inner
    return answer


def _untagged(tail: str, space: LabelSpace) -> list[str]:
    """What may be the answer where no tag says so, the surest first."""
    boxes = [found.group(1) for found in (*_BOX.finditer(tail), *_BOX_TOKENS.finditer(tail))]
    marked = []
    for marker in list(_MARKER.finditer(tail))[-MOST_MARKERS:]:
        behind = tail[marker.end() : marker.end() + 260]
        value = _QUOTED_VALUE.match(behind) or _LINE_VALUE.match(behind)
        if value and not _is_weighed(tail[max(0, marker.start() - 200) : marker.start()]):
            marked.append(_SENTENCE.split(value.group(1))[0])
    lone = tail.strip().lstrip("> \n").strip("`-=~$ \n\t").removeprefix("json").removeprefix("text").strip()
    alone = [lone] if len(lone) <= _LONE and is_label(lone, space) else []
    return [*reversed(boxes), *reversed(marked), *alone]


def _why_none(tail: str, finish_reason: str) -> str:
    if finish_reason == "length":
        return "truncated"
    if len(tail) <= _REFUSAL and _REFUSES.search(tail):
        return "refused: the model declines to answer"
    return "no answer"
