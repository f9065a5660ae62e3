"""What is speech in a subtitle, what is a sound, and what is neither."""

from __future__ import annotations

import time

import pytest

from harness.inputs.spoken import all_spoken, spoken, without_markup, without_names


@pytest.mark.parametrize(
    ("line", "words", "sounds"),
    [
        (r"{\an7\pos(0,0)\p1}m 0 0 l 672 0 672 40{\p0}", "", ()),
        (r"{\p1}m 0 0 l 9 9{\p0}我很高兴", "我很高兴", ()),
        (r"{\p1}m 0 0 l 9 9", "", ()),
        (r"{\fad(200,200)}我今天很高兴", "我今天很高兴", ()),
        (r"{\pos(10,20)}Hello", "Hello", ()),
        (r"{\k20}我{\k30}们{\kf20}走\N吧", "我们走 吧", ()),
        ("<|zh|><|SAD|><|Speech|><|woitn|>我们明天去吃饭", "我们明天去吃饭", ()),
        ("<|en|><|HAPPY|><|Laughter|><|woitn|>ha", "ha", ("laughter",)),
        ("<|0.00|> Hello<|2.40|>", "Hello", ()),
        ("[SPEAKER_00]: 我们", "我们", ()),
        ("[SPEAKER_00] 我们", "我们", ()),
        ("SPEAKER_01: hi", "hi", ()),
        ("Speaker 2: hi there", "hi there", ()),
        ("发言人1：你好", "你好", ()),
        ("说话人 2: 你好", "你好", ()),
        ("JOHN: Hello", "Hello", ()),
        ("- JOHN: Hello", "Hello", ()),
        ("&gt;&gt; JOHN: hi", "hi", ()),
        ("<v Ann>Hi", "Hi", ()),
        ("[掌声] ♪♪", "", ("♪", "掌声")),
        ('<font color="#ffff00">(哭泣声)</font>', "", ("哭泣声",)),
        ("（笑）好的", "好的", ("笑",)),
        ("【音乐】", "", ("音乐",)),
        ("[laughs] no", "no", ("laughs",)),
        ("(sighs)", "", ("sighs",)),
        ("(WHISPERING) I'm scared", "I'm scared", ("WHISPERING",)),
        ("*sighs* Fine.", "Fine.", ("sighs",)),
        ("♪ la la la ♪", "", ("♪ la la la",)),
        ("♪ la la", "", ("♪ la la",)),
        ("la la ♪", "", ("♪ la la",)),
        ("我爱你 ♪ 啦啦 ♪", "我爱你", ("♪ 啦啦",)),
        ("# la la #", "", ("la la",)),
        ("<unk>我们", "我们", ()),
        ("[BLANK_AUDIO]", "", ()),
        ("😊我很开心👏", "我很开心", ("applause",)),
        # speech that only looks like something else
        ("I (really) like it", "I (really) like it", ()),
        ("我(很)高兴", "我(很)高兴", ()),
        ("(我不去)", "(我不去)", ()),
        ("(He is here)", "(He is here)", ()),
        ("【独家】今天", "【独家】今天", ()),
        ("我说：我不去", "我说：我不去", ()),
        ("a < b and I <3 you", "a < b and I <3 you", ()),
        ("<i>Hi</i> &amp; bye", "Hi & bye", ()),
        ("It costs 5 # or 6", "It costs 5 # or 6", ()),
        ("...", "", ()),
    ],
)
def test_lines(line: str, words: str, sounds: tuple[str, ...]) -> None:
    told = spoken(without_markup(line))
    assert (told.words, told.sounds) == (words, sounds)


def test_names_are_taken_off_where_the_whole_is_a_dialogue() -> None:
    assert without_names(["Ross: Hi", "Rachel: Hello", "Ross: bye"]) == ["Hi", "Hello", "bye"]
    assert without_names(["小明：你好", "小红：你也好"]) == ["你好", "你也好"]
    for kept in (["我说：我不去", "他说：好"], ["结果：他来了", "你好"], ["小明：你好", "今天", "很好", "再见"]):
        assert without_names(kept) == kept


@pytest.mark.parametrize(
    "piece",
    [
        "{\\",
        "{",
        "(",
        "[",
        "♪",
        "<a",
        "<|",
        "{\\p1",
        "A",
        "- ",
        "*",
        "#",
        "你：",
        "A ",
        "&lt;",
        "<",
        "{\\p1}",
        ">>",
        "[a]:",
    ],
)
def test_no_line_takes_long(piece: str) -> None:
    before = time.process_time()
    all_spoken([without_markup(piece * 40_000)])
    spoken(piece * 20_000)
    assert time.process_time() - before < 1.0


def test_a_dialogue_of_many_lines_is_read_in_linear_time() -> None:
    lines = ["Ann: it rains", "no name here"] * 20_000
    started = time.process_time()
    assert without_names(lines)[:2] == ["it rains", "no name here"]
    assert time.process_time() - started < 3, "no name is looked for among all others"
