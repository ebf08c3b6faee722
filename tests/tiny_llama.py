"""A real but tiny Llama with random weights and a byte tokenizer: it runs in milliseconds."""

from __future__ import annotations

from pathlib import Path

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_tiny_llama(folder: Path, *, context: int = 8192, ends: int = 0) -> Path:
    """Write the model to `folder`.

    `ends` is how many of its 258 tokens end a text. With none it goes on for ever: the tokenizer's
    own end token gets a score that greedy decoding never picks.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {
        token: place for place, token in enumerate(["<|im_end|>", "<|im_start|>", *letters])
    }
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", bos_token="<|im_start|>"
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(vocabulary),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=context,
                initializer_range=0.3,
                bos_token_id=1,
                eos_token_id=0,
            )
        )
    model.lm_head.weight.data[0].zero_()
    model.generation_config.eos_token_id = list(range(ends)) or None
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


def save_random_adapter(base: Path, folder: Path, seed: int) -> Path:
    """Write a LoRA adapter with random weights for the model at `base`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, lora_alpha=64, target_modules="all-linear", init_lora_weights=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        get_peft_model(model, config).save_pretrained(folder)
    return folder
