"""A tiny random Qwen2.5-Omni of the true architecture, as a checkpoint folder that vLLM serves.

Run by the server environment's interpreter: `python tests/support/tiny_omni.py FOLDER`. Its weights are random, so its
answers are worth nothing as opinions; every path through the harness is the real one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SPECIALS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|AUDIO|>",
    "<|audio_bos|>",
    "<|audio_eos|>",
    "<|IMAGE|>",
    "<|VIDEO|>",
    "<|vision_bos|>",
    "<|vision_eos|>",
    "<|vision_pad|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
)
NAMED = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}
# One message after another; a media part is written as its placeholder between its begin and end tokens.
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if 'image' in part['type'] %}<|vision_bos|><|IMAGE|><|vision_eos|>"
    "{% elif 'video' in part['type'] %}<|vision_bos|><|VIDEO|><|vision_eos|>"
    "{% elif 'audio' in part['type'] %}<|audio_bos|><|AUDIO|><|audio_eos|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CORPUS = (
    "<think>Words: fine. Voice: louder at 1.2 s. Face: a smile at 2.0–3.1 s. Weighing: the voice decides.</think>",
    "<answer>SNEG</answer><answer>WNEG</answer><answer>NEUT</answer><answer>WPOS</answer><answer>SPOS</answer>",
    "You judge what the speaker feels, not what is talked about. system user assistant",
    "话语：我很生气。声音：音量升高。面部：嘴角上扬。权衡：由声音决定。说话人的情感属于以下五个有序类别中的哪一个？",
)


def build_tokenizer() -> Any:
    """Byte-level BPE trained on the spot, about 520 tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import Qwen2TokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=520, special_tokens=list(SPECIALS), initial_alphabet=alphabet)
    raw.train_from_iterator(CORPUS, trainer)
    return Qwen2TokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        bos_token=None,
        extra_special_tokens=NAMED,
        chat_template=TEMPLATE,
    )


def build_config(tokenizer: Any) -> Any:
    """The true configuration class with tiny sizes; no talker."""
    from transformers import Qwen2_5OmniConfig

    ids = tokenizer.get_vocab()
    vocabulary = (len(tokenizer) + 63) // 64 * 64
    text = {
        "vocab_size": vocabulary,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
        "rope_theta": 1e6,
        "rope_scaling": {"type": "default", "rope_type": "default", "mrope_section": [4, 6, 6]},
        "tie_word_embeddings": False,
    }
    vision = {
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 2,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "window_size": 112,
        "out_hidden_size": 128,
        "fullatt_block_indexes": [1],
        "tokens_per_second": 25,
    }
    audio = {
        "num_mel_bins": 128,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 128,
        "d_model": 64,
        "max_source_positions": 1500,
        "n_window": 100,
        "output_dim": 128,
    }
    thinker = {
        "text_config": text,
        "vision_config": vision,
        "audio_config": audio,
        "audio_token_index": ids["<|AUDIO|>"],
        "image_token_index": ids["<|IMAGE|>"],
        "video_token_index": ids["<|VIDEO|>"],
        "audio_start_token_id": ids["<|audio_bos|>"],
        "audio_end_token_id": ids["<|audio_eos|>"],
        "vision_start_token_id": ids["<|vision_bos|>"],
        "vision_end_token_id": ids["<|vision_eos|>"],
        "position_id_per_seconds": 25,
        "seconds_per_chunk": 2,
        "pad_token_id": ids["<|endoftext|>"],
        "bos_token_id": ids["<|im_start|>"],
        "eos_token_id": ids["<|im_end|>"],
    }
    return Qwen2_5OmniConfig(thinker_config=thinker, enable_audio_output=False)


def save_processor(tokenizer: Any, folder: Path) -> None:
    """The true processor classes at their usual settings."""
    from transformers import Qwen2_5OmniProcessor, Qwen2VLImageProcessor, Qwen2VLVideoProcessor, WhisperFeatureExtractor

    patches = {"patch_size": 14, "temporal_patch_size": 2, "merge_size": 2}
    Qwen2_5OmniProcessor(
        image_processor=Qwen2VLImageProcessor(**patches),
        video_processor=Qwen2VLVideoProcessor(**patches),
        feature_extractor=WhisperFeatureExtractor(feature_size=128, chunk_length=30, return_attention_mask=True),
        tokenizer=tokenizer,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)


def build(folder: Path) -> None:
    """Write the checkpoint: config, safetensors with `thinker.` keys, tokenizer, processor."""
    import torch
    from safetensors.torch import save_file
    from transformers import Qwen2_5OmniThinkerForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer()
    config = build_config(tokenizer)
    torch.manual_seed(0)
    model = Qwen2_5OmniThinkerForConditionalGeneration(config.thinker_config).to(torch.bfloat16)
    weights = {f"thinker.{name}": value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config.architectures = ["Qwen2_5OmniForConditionalGeneration"]
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    save_processor(tokenizer, folder)
    generation = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    (folder / "generation_config.json").write_text(json.dumps(generation), encoding="utf-8")
    count = sum(value.numel() for value in weights.values())
    print(f"{count} parameters, {len(tokenizer)} tokens, written to {folder}")


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
