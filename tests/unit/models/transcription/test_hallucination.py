from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.transcription.hallucination import Heard, compression, doubt, longest_loop, units


def heard(text: str, seconds: float = 4.0, no_speech: float = 0.1, logprob: float = -0.3, sure: float = 0.9) -> Heard:
    return Heard(text, seconds, no_speech, logprob, sure)


@pytest.mark.parametrize(
    "text",
    [
        "No, no, no, no! I told you.",
        "哈哈哈哈哈哈",
        "今天天气真好，我们一起去开会。",
        "Thanks for watching!",
        "Hm.",
        "不不不不不",
        "谢谢大家",
        "Nooooo!",
        "请你把镜子给我",
    ],
)
def test_what_people_say_is_believed(text: str) -> None:
    assert doubt(heard(text)) == ""


@pytest.mark.parametrize(
    ("made_up", "why"),
    [
        (heard("好的 " * 60, 30), "compresses"),
        (heard("no " * 9), "'no' 9 times"),
        (heard("我们 我们 我们 我们 我们", sure=0.3), "5 times"),
        (heard("Well, that is it.", no_speech=0.8, logprob=-1.4), "no speech"),
        (heard("请大家记得关注我们的频道还有其他视频", 0.5), "18 words in 0.5 s"),
        (heard("KEEEEEEEEEEEEEEE"), "'e' 15 times"),
        (heard("Thanks for watching!", sure=0.3), "closing line"),
        (heard("谢谢大家收看", no_speech=0.55), "closing line"),
        (heard("Thanks for watching, and I'll see you next time", sure=0.3), "closing line"),
        (heard("謝謝觀看", sure=0.3), "closing line"),
        (heard("字幕由 Amara.org 社群提供"), "channel signs"),
        (heard("請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目"), "channel signs"),
        (heard("优优独播剧场——YoYo Television Series Exclusive"), "channel signs"),
        (heard("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目"), "channel signs"),
        (heard("中文字幕志愿者 杨茜茜"), "channel signs"),
    ],
)
def test_what_is_made_up_is_not(made_up: Heard, why: str) -> None:
    assert why in doubt(made_up)


def test_one_sign_alone_is_not_silence() -> None:
    assert doubt(heard("Well, that is it.", no_speech=0.8)) == ""
    assert doubt(heard("Well, that is it.", logprob=-1.4)) == ""


def test_loops_are_counted() -> None:
    assert longest_loop(units("one two, one two, one two! three")) == (("one", "two"), 3)
    assert longest_loop(units("谢谢谢谢")) == (("谢",), 4)
    assert longest_loop(units("")) == ((), 0)
    assert longest_loop(units("don't stop")) == (("don't",), 1)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.integers(2, 9))
def test_a_repeated_unit_is_found_however_long(unit: list[str], times: int) -> None:
    assert longest_loop(unit * times)[1] >= times


@given(st.text(max_size=60), st.floats(0, 30), st.floats(0, 1), st.floats(-5, 0))
def test_no_text_breaks_the_judgement(text: str, seconds: float, no_speech: float, logprob: float) -> None:
    assert isinstance(doubt(Heard(text, seconds, no_speech, logprob)), str)
    assert compression(text) >= 0
