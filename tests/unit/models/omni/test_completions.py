from __future__ import annotations

from models.omni.labels import steps_of
from models.omni.protocol.completions import as_chat, body
from models.omni.protocol.dialect import DIALECTS
from models.omni.protocol.types import EncodedMedia, Messages, Question
from models.omni.reply import message_of


class Written:
    def encoded(self, messages: Messages) -> str:
        return "+".join(message["content"] for message in messages)


def test_embeddings_stand_in_place_of_the_messages() -> None:
    question = Question(({"role": "user", "content": "why"},), EncodedMedia(), "a|b", 16, seed=3, embeds=Written())
    sent = body(DIALECTS["vllm"], question, Written(), "m", structured=True, listed=20)
    assert sent == {
        "model": "m", "prompt_embeds": "why", "max_tokens": 16, "temperature": 0.0,
        "structured_outputs": {"regex": "a|b"}, "logprobs": 20,
    }  # fmt: skip
    plain = body(DIALECTS["vllm"], question, Written(), "m", structured=False, listed=0)
    assert "structured_outputs" not in plain and "logprobs" not in plain


def test_a_completion_is_read_as_a_chat() -> None:
    logprobs = {"tokens": ["S"], "token_logprobs": [-0.1], "top_logprobs": [{"S": 0.0, "N": -9999.0}]}
    reply = {"model": "m", "choices": [{"text": "S", "finish_reason": "stop", "logprobs": logprobs}]}
    chat = as_chat(reply)
    assert message_of(chat).text == "S" and message_of(chat).finish_reason == "stop"
    assert steps_of(chat) == [("S", {"S": 1.0, "N": 0.0})]
    assert message_of(as_chat({"choices": []})).why
    assert message_of(as_chat({"choices": [{"text": None, "finish_reason": "length"}]})).text == ""
