"""The one reader of replies, on every form that a reply has been seen in or that stands next to one."""

from __future__ import annotations

import time

import pytest

from harness.records.answer_words import is_label, label_of
from harness.records.answers import LONGEST, capped, read_answer

THINK = {"§en": "The voice is loud at 0.5 s and the mouth corners go down.", "§zh": "声音在 0.5 秒处变大，嘴角向下。"}
"""What stands for a reasoning below; the second one holds full-width characters."""
READABLE = [
    ("<think>§en</think><answer>SNEG</answer>", "SNEG"),
    ("<think>§en</think>\n<answer>\nSNEG\n</answer>\n", "SNEG"),
    ("<THINK>§en</THINK><ANSWER>SNEG</ANSWER>", "SNEG"),
    ("<Think>§en</Think><Answer> sneg </Answer>", "SNEG"),
    ("< think >§en< / think >< answer >SNEG< / answer >", "SNEG"),
    ("＜think＞§zh＜／think＞＜answer＞SNEG＜／answer＞", "SNEG"),
    ("＜think＞§zh＜/think＞＜answer＞强烈负面＜/answer＞", "SNEG"),
    ("§en</think><answer>SNEG</answer>", "SNEG"),
    ("<think>§en\n<answer>SNEG</answer>", "SNEG"),
    ("<thinking>§en maybe <answer>SPOS</answer>?</thinking><answer>SNEG</answer>", "SNEG"),
    ("<reasoning>§en</reasoning><answer>SNEG</answer>", "SNEG"),
    ("[THINK]§en[/THINK]<answer>SNEG</answer>", "SNEG"),
    ("[THINK]§en[/THINK][ANSWER]SNEG[/ANSWER]", "SNEG"),
    ("◁think▷§en◁/think▷<answer>SNEG</answer>", "SNEG"),
    ("◁think▷§en◁/think▷SNEG", "SNEG"),
    ("<think>§en</think>[answer]SNEG[/answer]", "SNEG"),
    ("<think>§en</think>{answer}SNEG{/answer}", "SNEG"),
    ("<think>§zh</think>【答案】强烈负面", "SNEG"),
    ("<think>§zh</think>【答案】弱正面\n谢谢", "WPOS"),
    ("<think>§zh</think><答案>弱正面</答案>", "WPOS"),
    ("<think>§zh</think>《答案》中性《/答案》", "NEUT"),
    ("<think>§en</think>&lt;answer&gt;SNEG&lt;/answer&gt;", "SNEG"),
    ("<think>§en</think><final_answer>SNEG</final_answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG", "SNEG"),
    ("<think>§en</think><answer>SNEG<|im_end|>", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer><|im_end|>", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer></s>", "SNEG"),
    ("<think>§en</think>SNEG<|endoftext|>", "SNEG"),
    ("<think>§en</think>SNEG<｜end▁of▁sentence｜>", "SNEG"),
    ("<think>§en</think>SNEG<end_of_turn>", "SNEG"),
    ("<think>§en</think><|begin_of_box|>SNEG<|end_of_box|>", "SNEG"),
    ("<think>§en</think>**Answer:** SNEG", "SNEG"),
    ("<think>§en</think>\n**Answer:** SNEG", "SNEG"),
    ("<think>§en</think>\n**Answer**: SNEG", "SNEG"),
    ("<think>§en</think>\nAnswer: SNEG.", "SNEG"),
    ("<think>§en</think>\nFinal Answer: **SNEG**", "SNEG"),
    ("<think>§en</think>\n### Answer\nSNEG", "SNEG"),
    ("<think>§en</think>\n## Final answer\n\n**SNEG**", "SNEG"),
    ("<think>§en</think>\nThe answer is SNEG.", "SNEG"),
    ('<think>§en</think>\nSo the final label is "SNEG".', "SNEG"),
    ("<think>§en</think>\nLabel = SNEG", "SNEG"),
    ("<think>§en</think>\nSentiment: weakly negative", "WNEG"),
    ("<think>§en</think>\nThe overall sentiment is strongly positive.", "SPOS"),
    ("<think>§en</think>\nPrediction: `WPOS`", "WPOS"),
    ("<think>§zh</think>\n最终答案：SNEG", "SNEG"),
    ("<think>§zh</think>\n**最终答案**：强烈负面", "SNEG"),
    ("<think>§zh</think>\n答案是弱负面。", "WNEG"),
    ("<think>§zh</think>\n情感标签：SPOS", "SPOS"),
    ("<think>§zh</think>\n因此，该片段的情感倾向为略微积极。", "WPOS"),
    ("<think>§zh</think>\n结论：中性", "NEUT"),
    ('<think>§en</think>\n```json\n{"label": "SNEG"}\n```', "SNEG"),
    ('<think>§en</think>{"answer": "SNEG"}', "SNEG"),
    ('<think>§en</think>{"answer": "<answer>SNEG</answer>"}', "SNEG"),
    ("<think>§en</think>{'label': 'SNEG', 'confidence': 0.9}", "SNEG"),
    ('<think>§en</think>{"sentiment": "strongly negative"}', "SNEG"),
    ('<think>§en</think>{"reasoning": "The sentiment is positive at first", "answer": "WNEG"}', "WNEG"),
    ('<think>§en</think>{"answer": ["SNEG"]}', "SNEG"),
    ('<think>§en</think>{"result": {"label": "SNEG"}}', "SNEG"),
    ('<think>§zh</think>{"答案": "强烈负面"}', "SNEG"),
    ('<think>§zh</think>{"情感标签": "弱负面"}', "WNEG"),
    ('<answer>{"label": "SNEG"}</answer>', "SNEG"),
    ("<think>§en</think>\n\\boxed{SNEG}", "SNEG"),
    ("<think>§en</think>\nThe answer is \\boxed{\\text{SNEG}}.", "SNEG"),
    ("<think>§en</think>\n$\\boxed{\\textbf{WPOS}}$", "WPOS"),
    ("<think>§en</think><answer>\\boxed{SNEG}</answer>", "SNEG"),
    ("<think>§en</think>SNEG", "SNEG"),
    ("<think>§en</think>\n\nSNEG\n", "SNEG"),
    ("<think>§en</think>**SNEG**", "SNEG"),
    ("<think>§en</think>`SNEG`", "SNEG"),
    ('<think>§en</think>"SNEG"', "SNEG"),
    ("<think>§en</think>SNEG.", "SNEG"),
    ("<think>§en</think>sneg", "SNEG"),
    ("<think>§en</think>strongly negative", "SNEG"),
    ("<think>§en</think>Strongly Negative.", "SNEG"),
    ("<think>§zh</think>强烈负面。", "SNEG"),
    ("<think>§zh</think>弱正", "WPOS"),
    ("SNEG", "SNEG"),
    ("  neutral ", "NEUT"),
    ("强负面", "SNEG"),
    ("<answer>NEUT</answer>", "NEUT"),
    ("<think>§en</think><answer>positive</answer>", "WPOS"),
    ("<think>§en</think><answer>Negative.</answer>", "WNEG"),
    ("<think>§en</think><answer>负面</answer>", "WNEG"),
    ("<think>§en</think><answer>正面情绪</answer>", "WPOS"),
    ("<think>§en</think><answer>强负</answer>", "SNEG"),
    ("<think>§en</think><answer>弱负</answer>", "WNEG"),
    ("<think>§en</think><answer>强正</answer>", "SPOS"),
    ("<think>§en</think><answer>weakly negative sentiment</answer>", "WNEG"),
    ("<think>§en</think><answer>The person is strongly negative.</answer>", "SNEG"),
    ("<think>§en</think><answer>The speaker sounds slightly positive</answer>", "WPOS"),
    ("<think>§en</think><answer>very negative emotion</answer>", "SNEG"),
    ("<think>§en</think><answer>extremely positive sentiment</answer>", "SPOS"),
    ("<think>§en</think><answer>a bit negative</answer>", "WNEG"),
    ("<think>§en</think><answer>neutral sentiment</answer>", "NEUT"),
    ("<think>§en</think><answer>The sentiment is neutral</answer>", "NEUT"),
    ("<think>§en</think><answer>Strongly-Negative</answer>", "SNEG"),
    ("<think>§en</think><answer>strong_negative</answer>", "SNEG"),
    ("<think>§zh</think><answer>强烈的负面情绪</answer>", "SNEG"),
    ("<think>§zh</think><answer>说话人非常消极</answer>", "SNEG"),
    ("<think>§zh</think><answer>略微积极的情感</answer>", "WPOS"),
    ("<think>§zh</think><answer>偏消极</answer>", "WNEG"),
    ("<think>§zh</think><answer>有点负面</answer>", "WNEG"),
    ("<think>§zh</think><answer>情感为中性</answer>", "NEUT"),
    ("<think>§zh</think><answer>强烈正向</answer>", "SPOS"),
    ("<think>§en</think><answer>SNEG (strongly negative)</answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG（强烈负面）</answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG: the person is negative</answer>", "SNEG"),
    ("<think>§en</think><answer>A. SNEG</answer>", "SNEG"),
    ("<think>§en</think><answer>The label is WNEG</answer>", "WNEG"),
    ("<think>§en</think><answer><label>SNEG</label></answer>", "SNEG"),
    ("<think>§en</think><answer>**SNEG**</answer>", "SNEG"),
    ("<think>§en</think><answer>ＳＮＥＧ</answer>", "SNEG"),
    ("<think>§en</think><answer>not SPOS but SNEG</answer>", "SNEG"),
    ("<think>§en</think><answer>not positive, but strongly negative</answer>", "SNEG"),
    ("<think>§zh</think><answer>不是强烈负面，而是弱负面</answer>", "WNEG"),
    ("<think>§zh</think><answer>弱负面而非强烈负面</answer>", "WNEG"),
    ("<think>§en</think><answer>WNEG rather than SNEG</answer>", "WNEG"),
    ("<think>§en</think><answer>not only negative but strongly negative</answer>", "SNEG"),
    ("<think>§en</think><answer>愤怒、悲伤</answer>", "WNEG"),
    ("<think>§en</think><answer>happy</answer>", "WPOS"),
    (
        "<think>§en</think><answer>SNEG</answer>\nOne could also say <answer>SPOS</answer> if the voice is ignored.",
        "SNEG",
    ),
    ("<think>§en</think>The format is <answer>LABEL</answer>, so: <answer>SNEG</answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer><answer>SPOS</answer>", "SPOS"),
    ("<think>§en</think><answer>WPOS</answer> Wait. <answer>SNEG</answer>", "SNEG"),
    ("<think>§en</think><answer><answer>SNEG</answer></answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer><answer></answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer></think>", "SNEG"),
    ("<think>§en The reply format is <think>…</think>.</think><answer>SNEG</answer>", "SNEG"),
    ("<think>a</think> b <think>c</think><answer>SNEG</answer>", "SNEG"),
    ("Answer: SNEG", "SNEG"),
    ("<think>§en</think>\n\n**SNEG** (strongly negative)", "SNEG"),
    ("答案：SNEG<|im_end|>", "SNEG"),
    ("<think>§en</think>Final Answer: $\\boxed{SNEG}$", "SNEG"),
    ("<think>§en</think>### Final Answer: The person is *strongly negative*.", "SNEG"),
    ("<think>§en</think>The correct sentiment label would be SNEG.", "SNEG"),
    ("<think>§zh</think><answer>強烈負面</answer>", "SNEG"),
    ("<think>§zh</think>最終答案：輕微積極", "WPOS"),
    ('<think>§en</think>\n{\n  "label": "WNEG",\n  "probability": 0.7\n}\n', "WNEG"),
    ("<think>§en</think><answer>weakly-positive</answer>", "WPOS"),
    ("<think>§en</think>Sentiment label: WEAK NEGATIVE", "WNEG"),
    ("<think>§en</think>Answer: (B) WNEG", "WNEG"),
    ("<think>§en</think>The emotion is anger, so the answer is: SNEG", "SNEG"),
    ("<think>§zh</think><answer>无明显情感</answer>", "NEUT"),
    ("<think>§en</think><answer>SNEG</answer", "SNEG"),
    ("<think>§en</think><answer>: SNEG</answer>", "SNEG"),
    ("<think>§en</think><answer>'SNEG'</answer>", "SNEG"),
    ("<think>§en</think><Answer>Strong negative sentiment</Answer>", "SNEG"),
    ("<think>§en</think><answer>WNEG, not SNEG</answer>", "WNEG"),
    ("<think>§en</think><answer>SNEG not WNEG</answer>", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer> not <answer>SPOS</answer>", "SNEG"),
    ("<think>§en</think>negative", "WNEG"),
    ("<think>§en</think>消极", "WNEG"),
    ("<think>§en</think>The answer: strongly negative.\nThis is because the voice is not positive.", "SNEG"),
    ("§en Therefore the answer is <answer>SNEG</answer>.", "SNEG"),
    ("<think>§en</think>\n<output>SNEG</output>", "SNEG"),
    ("<think>§en</think>\n<label>SNEG</label>", "SNEG"),
    ("<think>§en</think>\n<sentiment>SNEG</sentiment>", "SNEG"),
    ("<think>§en</think>\n- SNEG", "SNEG"),
    ("<think>§en</think>\n> **SNEG**", "SNEG"),
    ("<think>§en</think>\n\\text{SNEG}", "SNEG"),
    ("<think>§en</think><answer>SNEG</answer>\n<think>hm</think>", "SNEG"),
]
UNREADABLE = [
    ("<think>§en</think><answer>not SPOS</answer>", "says only what it is not: not spos"),
    ("<think>§en</think><answer>not positive</answer>", "says only what it is not: not positive"),
    ("<think>§en</think><answer>This isn't negative</answer>", "says only what it is not: this isn't negative"),
    (
        "<think>§en</think><answer>not a strongly negative clip</answer>",
        "says only what it is not: not a strongly negative clip",
    ),
    (
        "<think>§en</think><answer>neither positive nor negative</answer>",
        "says only what it is not: neither positive nor negative",
    ),
    ("<think>§zh</think><answer>不是正面</answer>", "says only what it is not: 不是正面"),
    ("<think>§zh</think><answer>并非强烈负面</answer>", "says only what it is not: 并非强烈负面"),
    ("<think>§zh</think><answer>不太积极</answer>", "says only what it is not: 不太积极"),
    ("<think>§zh</think>最终答案不是强烈负面", "no answer"),
    ("<think>§en</think>\nThe answer is not SPOS.", "no answer"),
    ("<think>§en</think>not SNEG", "no answer"),
    ("<think>§en</think><answer>SNEG / WNEG</answer>", "several labels: SNEG, WNEG"),
    ("<think>§en</think><answer>WNEG or SNEG</answer>", "several labels: SNEG, WNEG"),
    ("<think>§en</think><answer>positive and negative</answer>", "several labels: WNEG, WPOS"),
    ("<think>§en</think><answer>强烈负面或弱负面</answer>", "several labels: SNEG, WNEG"),
    ("<think>§en</think><answer>mixed</answer>", "not in the label set: mixed"),
    ("<think>§en</think><answer>banana</answer>", "not in the label set: banana"),
    ("<think>§en</think><answer></answer>", "empty answer"),
    ("<think>§en</think><answer>LABEL</answer>", "not in the label set: label"),
    ("<think>§en</think><answer>XSPOSX</answer>", "not in the label set: xsposx"),
    ("<think>x <answer>SPOS</answer></think>", "no answer"),
    ("<think>§en", "truncated"),
    ("<think>§en</think>", "no answer"),
    ("I'm sorry, but I can't help with identifying emotions of real people.", "refused: the model declines to answer"),
    ("抱歉，我无法识别真实人物的情绪。", "refused: the model declines to answer"),
    ("It is SNEG.", "no answer"),
    ("", "empty"),
    ("<|im_end|>", "empty"),
    ("<think>§en</think><answer>surprise</answer>", "surprise has no polarity of its own"),
    (
        "<think>§en</think>The voice is positive in the first part, and the face is negative later, so it depends.",
        "no answer",
    ),
    ("<think>§en</think><answer>1</answer>", "not in the label set: 1"),
    ("<think>§en</think><answer>happy and sad</answer>", "emotions of different polarity"),
    ("<think>§en</think>Label: not SPOS", "no answer"),
    ("<think>§en</think>答案：不是SNEG", "no answer"),
    ("<think>§zh</think><answer>没有负面情绪</answer>", "says only what it is not: 没有负面情绪"),
    ("<think>§en</think><answer>no negative emotion</answer>", "says only what it is not: no negative emotion"),
    ("<think>§en</think><answer>I'm not sure</answer>", "not in the label set: i'm not sure"),
]


def written(form: str) -> str:
    """The reply that a form of the table stands for."""
    for mark, think in THINK.items():
        form = form.replace(mark, think)
    return form


@pytest.mark.parametrize(("form", "label"), READABLE)
def test_readable(form: str, label: str) -> None:
    read = read_answer(written(form))
    assert (read.label, read.problem) == (label, "")


@pytest.mark.parametrize(("form", "problem"), UNREADABLE)
def test_unreadable(form: str, problem: str) -> None:
    read = read_answer(written(form))
    assert (read.label, read.problem) == (None, problem)


def test_the_table_is_large_and_of_both_languages() -> None:
    forms = {form for form, _ in (*READABLE, *UNREADABLE)}
    assert len(forms) == len(READABLE) + len(UNREADABLE) >= 180
    assert sum("§zh" in form for form in forms) >= 30


@pytest.mark.parametrize("mark", list(THINK))
def test_the_reasoning_comes_back_letter_for_letter(mark: str) -> None:
    for form in ("<think>§</think><answer>SNEG</answer>", "§</think>SNEG", "＜think＞§＜／think＞\\boxed{SNEG}"):
        assert read_answer(form.replace("§", THINK[mark])).think == THINK[mark]
    assert read_answer("<think>強負：＜a＞</think>SNEG").think == "強負：＜a＞"


def test_a_reply_that_was_cut() -> None:
    assert read_answer("<think>a</think><answer>SP", "length").problem == "truncated"
    assert read_answer("<think>a</think>The voice and", "length").problem == "truncated"
    assert read_answer("<think>a</think><answer>SPOS</answer>", "length").label == "SPOS"
    assert read_answer("<think>a", "length").problem == "truncated"


@pytest.mark.parametrize("label", ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"])
def test_every_label_is_read_where_one_is(label: str) -> None:
    alone = [form for form, read in READABLE if read == "SNEG" and form.count("SNEG") == 1]
    alone = [form for form in alone if not any(word in form for word in ("negative", "负", "SPOS", "WNEG"))]
    assert len(alone) >= 60
    for form in alone:
        assert read_answer(written(form).replace("SNEG", label)).label == label, form


@pytest.mark.parametrize(
    "piece",
    [
        "<answer>",
        "</answer>",
        "<think>",
        "</think>",
        "[answer]",
        "answer:",
        "\\boxed{",
        '{"answer":',
        "< ",
        "<",
        "*",
        " ",
    ]
    + [
        "&lt;",
        "not ",
        "强烈",
        "很",
        "sentiment \n",
        "a bit ",
        "very ",
        '"',
        "答案：",
        "<|",
        "sentiment is ",
        "不是",
        "[",
        "\\",
    ]
    + ["<answer>x", "(", "（", "-", "not-", "a-", "`", "#", "{", "i can't ", "SNEG ", "negative "],
)
def test_time_is_in_proportion_to_the_text(piece: str) -> None:
    """'<answer>' * 8000 took 11 s. CPU seconds, so that a busy machine does not matter."""
    for before, behind in (("", ""), ("<think>x</think><answer>", "</answer>"), ("<think>x</think>", "SNEG")):
        raw = before + piece * (400_000 // len(piece)) + behind
        started = time.process_time()
        read_answer(raw)
        assert time.process_time() - started < 2


def test_of_a_long_reply_the_end_is_read_and_the_loss_is_said() -> None:
    raw = "<think>" + "x" * (3 * LONGEST) + "</think><answer>SNEG</answer>"
    assert read_answer(raw).label == "SNEG"
    assert f"[{len(raw) - LONGEST} characters left out]" in read_answer(raw).think
    assert capped("x" * LONGEST) == "x" * LONGEST


def test_a_label_by_itself() -> None:
    for text in ("SNEG", "strongly negative", "强负", "WPOS (weakly positive)", "negative sentiment", "消极的情绪"):
        assert is_label(text), text
    for text in ("It is SNEG.", "positive things happen", "SNEG SPOS", "not SNEG", "banana", ""):
        assert not is_label(text), text


def test_negation_ends_with_its_clause() -> None:
    assert label_of("It is not clear. Strongly negative.")[0] == "SNEG"
    assert label_of("no doubt strongly negative")[0] == "SNEG"
    assert label_of("毫无疑问是强烈负面")[0] == "SNEG"
    assert label_of("不，是弱负面")[0] == "WNEG"
