"""A random Whisper, built on the spot: for wiring and timing, its words mean nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("en", "zh")
TEXTS = ["what a lovely day it is", "I do not like this film at all", "今天天气真好", "我不喜欢这部电影"] * 20


TINY: Mapping[str, int] = {
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
}


def geometry(width: int, heads: int, encoder_layers: int, decoder_layers: int) -> dict[str, int]:
    """The sizes of one of Whisper's own models, whose inner layers are four times as wide."""
    return {
        "d_model": width,
        "encoder_layers": encoder_layers,
        "decoder_layers": decoder_layers,
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": 4 * width,
        "decoder_ffn_dim": 4 * width,
    }


BASE = geometry(512, 8, 6, 6)
TURBO = geometry(1280, 20, 32, 4)
"""Of large-v3-turbo, which hears 128 mel bands."""


def build(
    folder: Path,
    empty_token: bool = True,
    mels: int = 80,
    sizes: Mapping[str, int] = TINY,
    quantization: str = "float32",
    wordless: bool = False,
) -> Path:
    """A converted model folder for faster-whisper, in about ten seconds where it is tiny.

    Args:
        folder: where to build; `folder/ct2` is returned.
        empty_token: whether the vocabulary holds the empty string, by which CTranslate2 knows a multilingual model.
        mels: number of mel bands.
        sizes: of the layers; the vocabulary is small in any case.
        quantization: of the stored weights.
        wordless: whether the decoder ends every text at once; random weights ramble otherwise.
    """
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    source = folder / "source"
    source.mkdir(parents=True)
    ids = _write_tokenizer(source, empty_token)
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=max(ids.values()) + 1,
        num_mel_bins=mels,
        **sizes,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        begin_suppress_tokens=None,
        suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config)
    if wordless:
        with torch.no_grad():  # a decoder that always ends in one vector, to which only the last token answers
            decoder = model.model.decoder
            decoder.layer_norm.weight.zero_()
            decoder.layer_norm.bias.fill_(0.1)
            decoder.embed_tokens.weight[ids["<|endoftext|>"]] = 1.0
    model.generation_config.alignment_heads = [[1, 0], [1, 1]]
    model.save_pretrained(source)
    WhisperFeatureExtractor(feature_size=mels).save_pretrained(source)
    converter = TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"])
    converter.convert(str(folder / "ct2"), quantization=quantization)
    written = folder / "ct2" / "config.json"
    settings = json.loads(written.read_text(encoding="utf-8"))
    settings["lang_ids"] = [ids[f"<|{code}|>"] for code in LANGUAGES]
    written.write_text(json.dumps(settings), encoding="utf-8")
    return folder / "ct2"


def _write_tokenizer(folder: Path, empty_token: bool) -> dict[str, int]:
    """A byte-level tokenizer with Whisper's special tokens in Whisper's order; token → id."""
    from tokenizers import AddedToken, ByteLevelBPETokenizer, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(TEXTS, vocab_size=360)
    parts = json.loads(trained.to_str())["model"]
    vocabulary: dict[str, int] = parts["vocab"]
    if empty_token:
        vocabulary[""] = len(vocabulary)
    merges = [tuple(merge) for merge in parts["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES)]
    special += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    special += ["<|notimestamps|>", *(f"<|{i * 0.02:.2f}|>" for i in range(1501))]
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>"
    )
    wrapped.save_pretrained(folder)
    return {str(name): int(number) for name, number in wrapped.get_vocab().items()}
