"""The published rewards with their quirks, and ours beside them."""

from __future__ import annotations

import inspect

import pytest

from eval.reasoning import rewards

NORMAL = "<think>She smiles.</think><answer>happy</answer>"

# completion, R1-Omni accuracy, R1-Omni format, our format, our label reward; the truth is `happy` in dfew7
TABLE = {
    "normal": (NORMAL, 1, 1, 1, 1),
    "other label": ("<think>a</think><answer>sad</answer>", 0, 1, 1, 0),
    "capital": ("<think>a</think><answer>Happy</answer>", 0, 1, 1, 1),
    "newline inside answer": ("<think>a</think><answer>\nhappy\n</answer>", 0, 1, 1, 1),
    "trailing newline": (NORMAL + "\n", 1, 0, 1, 1),
    "leading space": (" " + NORMAL, 1, 0, 1, 1),
    "text between tags": ("<think>a</think> so <answer>happy</answer>", 1, 0, 0, 1),
    "line break between tags": ("<think>a\nb</think>\n<answer>happy</answer>", 1, 1, 1, 1),
    "full-width space between tags": ("<think>a</think>\u3000<answer>happy</answer>", 1, 1, 1, 1),
    "two labels in the answer": ("<think>a</think><answer>happy, surprise</answer>", 0, 1, 0, 0),
    "two answer blocks": ("<think>a</think><answer>happy</answer><answer>sad</answer>", 1, 1, 0, 0),
    "two equal answer blocks": ("<think>a</think><answer>happy</answer><answer>happy</answer>", 1, 1, 0, 0),
    "answer inside think first": (
        "<think>maybe <answer>sad</answer> or</think><answer>happy</answer>",
        0,
        1,
        0,
        1,
    ),
    "bare label": ("happy", 1, 0, 0, 0),
    "empty answer": ("<think>a</think><answer></answer>", 0, 1, 0, 0),
    "empty think": ("<think></think><answer>happy</answer>", 1, 1, 0, 1),
    "both empty": ("<think></think><answer></answer>", 0, 1, 0, 0),
    "nested think": ("<think>a<think>b</think><answer>happy</answer>", 1, 1, 0, 1),
    "Chinese": ("<think>她笑了</think><answer>高兴</answer>", 0, 1, 0, 1),
    "full stop": ("<think>a</think><answer>happy.</answer>", 0, 1, 0, 1),
    "no opening think": ("a</think><answer>happy</answer>", 1, 0, 0, 1),
    "unclosed answer": ("<think>a</think><answer>happy", 0, 0, 0, 0),
    "capital tags": ("<Think>a</Think><Answer>happy</Answer>", 0, 0, 1, 1),
    "reversed": ("<answer>happy</answer><think>a</think>", 1, 0, 0, 0),
    "text": ("", 0, 0, 0, 0),
}


@pytest.mark.parametrize("name", TABLE)
def test_table_of_strict_and_robust(name: str) -> None:
    text, strict_accuracy, strict_format, our_format, our_label = TABLE[name]
    assert rewards.r1omni_accuracy([text], solution=["happy"]) == [strict_accuracy]
    assert rewards.r1omni_format([text]) == [strict_format]
    assert rewards.format_reward([text], label_space="dfew7") == [our_format]
    assert rewards.label_reward([text], solution=["happy"], label_space="dfew7") == [our_label]


@pytest.mark.parametrize(
    ("completion", "truth", "expected"),
    [
        ("WPOS", "WPOS", 1.0),
        ("<answer>3.0</answer>", "3", 0.0),
        ("<answer> WPOS </answer>", "<answer>WPOS</answer>", 1.0),
        ("text with WPOS in it", "WPOS", 0.0),
        ("<answer>a\nb</answer> <answer>WPOS</answer>", "WPOS", 1.0),
    ],
)
def test_strict_accuracy_on_other_answers(completion: str, truth: str, expected: float) -> None:
    assert rewards.r1omni_accuracy([completion], solution=[truth]) == [expected]


def test_conversations_and_trl_columns() -> None:
    conversation = [{"role": "assistant", "content": NORMAL}]
    parts = [{"role": "assistant", "content": [{"type": "text", "text": NORMAL}]}]
    columns = {"prompts": ["?", "?", "?"], "completion_ids": [[1], [2], [3]], "trainer_state": None}
    assert rewards.r1omni_accuracy([conversation, NORMAL, parts], solution=["happy"] * 3, **columns) == [1, 1, 1]
    assert rewards.r1omni_format([conversation, NORMAL, parts], **columns) == [1, 1, 1]
    assert rewards.label_reward([conversation] * 3, label=["happy", "sad", "happy"], label_space="dfew7") == [1, 0, 1]


def test_the_last_assistant_message_is_ours_and_the_first_is_upstreams() -> None:
    turns = [
        {"role": "assistant", "content": "<think>a</think><answer>sad</answer>"},
        {"role": "user", "content": "sure?"},
        {"role": "assistant", "content": NORMAL},
    ]
    assert rewards.r1omni_accuracy([turns], solution=["happy"]) == [0.0]
    assert rewards.label_reward([turns], solution=["happy"], label_space="dfew7") == [1.0]


def test_ordinal_reward_over_all_pairs() -> None:
    labels = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"]
    for i, answer in enumerate(labels):
        completions = [f"<think>x</think><answer>{answer.lower()}</answer>"] * 5
        assert rewards.ordinal_reward(completions, solution=labels) == [1 - abs(i - j) / 4 for j in range(5)]
    assert rewards.ordinal_reward(["<think>x</think><answer>hm</answer>"], solution=["NEUT"]) == [0.0]
    with pytest.raises(ValueError, match="no order"):
        rewards.ordinal_reward([NORMAL], solution=["happy"], label_space="dfew7")


def test_length_band() -> None:
    def reward(text: str) -> float:
        return rewards.length_reward([f"<think>{text}</think><answer>WPOS</answer>"], minimum=4, maximum=8)[0]

    assert reward("") == 0.0
    assert reward("one two") == 0.5
    assert reward("it's all one two") == 1.0
    assert reward("他笑了笑") == 1.0
    assert reward("字" * 12) == 0.5
    assert reward("word " * 16) == 0.0
    assert reward("word " * 99) == 0.0
    assert rewards.length_reward(["word word <answer>WPOS</answer>"], minimum=2, maximum=2) == [1.0]
    with pytest.raises(ValueError, match="minimum"):
        rewards.length_reward(["x"], minimum=9, maximum=3)


def test_bad_calls_are_errors() -> None:
    with pytest.raises(TypeError, match="solution"):
        rewards.r1omni_accuracy([NORMAL])
    with pytest.raises(ValueError, match="one true label per completion"):
        rewards.label_reward([NORMAL], solution=["SPOS", "SPOS"])
    with pytest.raises(ValueError, match="not in sentiment5"):
        rewards.label_reward([NORMAL], solution=["3"])
    with pytest.raises(KeyError, match="unknown label space"):
        rewards.format_reward([NORMAL], label_space="nothing")


@pytest.mark.parametrize("name", [n for n in dir(rewards) if n.endswith("_reward") or n.startswith("r1omni_")])
def test_trl_signature(name: str) -> None:
    function = getattr(rewards, name)
    parameters = inspect.signature(function).parameters
    assert next(iter(parameters)) == "completions"
    assert parameters["kwargs"].kind is inspect.Parameter.VAR_KEYWORD
    result = function(completions=[NORMAL], solution=["SPOS"], prompts=["?"], evidence=[{}])
    assert isinstance(result, list) and all(type(value) is float for value in result)
