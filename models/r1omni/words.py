"""The question as token ids, with a place for each medium, and the same question as BERT's ids for the gate.

Source: the published `mm_infer`: the media's marks, a line break, the question; the chat template is the checkpoint's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.omni.protocol.types import Messages
from models.r1omni.checkpoint.config import FETCH, read_json
from models.r1omni.checkpoint.parts import Parts

PLACES: Mapping[str, int] = {"image": -200, "video": -201, "audio": -202}
"""Medium → the id that stands for all of its tokens, as published."""
_MARKS: Mapping[str, tuple[str, str]] = {
    "image": ("<im_start>", "<im_end>"),
    "video": ("<vi_start>", "<vi_end>"),
    "audio": ("<au_start>", "<au_end>"),
}
_PRIVATE: Mapping[str, str] = {"image": "\ue000", "video": "\ue001", "audio": "\ue002"}
"""Private-use characters hold the places while the template is filled, so that a literal `<video>` stays text."""
MOST_BERT = 512


def asked(question: str) -> Messages:
    """A question as the published inference puts it: one message of the user's."""
    return ({"role": "user", "content": question},)


def question_of(messages: Messages) -> str:
    """The raw question, which sets the gate: the last text of the user's."""
    return [message["content"] for message in messages if message["role"] == "user"][-1]


class Words:
    """The tokenisers of the checkpoint and of the gate's BERT.

    Args:
        parts: where they lie.
        start_end: whether media stand between marks.

    Raises:
        ConfigError: a tokeniser that cannot be read, or a checkpoint without a chat template.
    """

    def __init__(self, parts: Parts, start_end: bool) -> None:
        from transformers import BertTokenizer, Qwen2TokenizerFast

        try:
            self._words: Any = Qwen2TokenizerFast.from_pretrained(str(parts.model))
            self._gate: Any = BertTokenizer.from_pretrained(str(parts.bert))
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(f"a tokeniser of R1-Omni cannot be read: {error}", FETCH) from error
        if not self._words.chat_template:
            raise ConfigError(f"{parts.model} has no chat template", FETCH)
        self._start_end = start_end
        self._most_bert = min(MOST_BERT, int(read_json(parts.bert / "config.json")["max_position_embeddings"]))
        self._special = tuple(self._words.all_special_tokens)
        self.special = frozenset(self._words.all_special_ids)
        self._pieces: list[str] = []
        self._raw: dict[int, bytes] = {}

    def ids(self, messages: Messages, media: Sequence[str]) -> list[int]:
        """Token ids of a whole prompt, with ids of `PLACES` for the media.

        Args:
            messages: roles and texts; special tokens and media marks in them are text. A last one of the assistant's
                is the beginning of the reply, to go on from.
            media: of `PLACES`, in the order video, audio; they stand before the text of the last user message.
        """
        told = [{"role": message["role"], "content": self.plain(message["content"])} for message in messages]
        begun = told.pop()["content"] if told[-1]["role"] == "assistant" else ""
        last = max(number for number, message in enumerate(told) if message["role"] == "user")
        held = [_PRIVATE[medium] for medium in media]
        told[last]["content"] = "\n".join(held) + "\n" + told[last]["content"]
        text = self._words.apply_chat_template(told, tokenize=False, add_generation_prompt=True) + begun
        ids: list[int] = []
        for medium, holder in zip(media, held, strict=True):
            before, _, text = text.partition(holder)
            start, end = _MARKS[medium] if self._start_end else ("", "")
            ids += [*self._encoded(before + start), PLACES[medium]]
            text = end + text
        return ids + self._encoded(text)

    def plain(self, text: str) -> str:
        """The text with the tokeniser's special tokens broken up, and without the characters that hold places."""
        for holder in _PRIVATE.values():
            text = text.replace(holder, "")
        for token in self._special:
            text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    def gate_ids(self, question: str) -> list[int]:
        """BERT's ids of the raw question, cut at BERT's own length."""
        found: list[int] = self._gate(question, truncation=True, max_length=self._most_bert).input_ids
        return found

    def text(self, ids: Sequence[int]) -> str:
        """Token ids of a reply as text, without special tokens."""
        return str(self._words.decode(list(ids), skip_special_tokens=True))

    def raw(self, ids: Sequence[int]) -> bytes:
        """The bytes of a reply's tokens; special tokens have none. A character may be spread over several tokens."""
        return b"".join(self._bytes_of(number) for number in ids)

    def _bytes_of(self, number: int) -> bytes:
        if number not in self._raw:
            token = "" if number in self.special else str(self._words.convert_ids_to_tokens(number) or "")
            table = _byte_table()
            # Tokens that were added as whole words are written as they are.
            known = all(character in table for character in token)
            self._raw[number] = bytes(table[character] for character in token) if known else token.encode()
        return self._raw[number]

    def pieces(self) -> list[str]:
        """Every token's own text, by id; a part of a character reads as U+FFFD."""
        if not self._pieces:
            self._pieces = [str(self._words.decode([number])) for number in range(len(self._words))]
        return self._pieces

    def _encoded(self, text: str) -> list[int]:
        found: list[int] = self._words(text, add_special_tokens=False).input_ids
        return found


@cache
def _byte_table() -> dict[str, int]:
    """Character → byte, as byte-level BPE writes bytes that cannot be printed (Radford et al., 2019, GPT-2)."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(256 + n): byte for n, byte in enumerate(others)}


def tokenizer_files(folder: Path) -> list[Path]:
    """The files of the checkpoint's tokeniser and template."""
    names = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "chat_template.jinja",
             "added_tokens.json", "special_tokens_map.json", "generation_config.json")  # fmt: skip
    return [folder / name for name in names if (folder / name).is_file()]
