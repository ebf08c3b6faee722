"""Records what an adapter writes, and what its base model does, so that servers can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recdial.contracts import Canary
from recdial.domain import ChatMessage
from recdial.llm.likeness import likeness
from recdial.llm.loading import Precision, Quantization, load_causal_lm

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MAX_TOKENS = 64
"""Enough to tell two styles apart, and a second of a GPU's time."""

_PROMPTS = 4
_CLEAR = 0.5
"""Outputs less alike than this need no better prompt."""


def record_canary(
    base_model: str,
    adapter: Path,
    prompts: Sequence[Sequence[ChatMessage]],
    *,
    max_tokens: int = MAX_TOKENS,
    precision: Precision | None = None,
    quantization: Quantization = "none",
) -> Canary:
    """Let the adapter in a folder, and then the base model alone, write greedily for a prompt.

    The prompt is the one of the four shortest for which the two outputs differ most; the first that
    sets them clearly apart is taken at once. The adapter is read from its files, so what is
    recorded is what the published bytes do. Blocks for seconds, so call it in a thread.

    Raises ValueError without prompts, and ModelNotInstalled.
    """
    if not prompts:
        raise ValueError("a canary needs a prompt")
    model, tokenizer = load_causal_lm(base_model, precision, quantization)

    from peft import PeftModel

    tuned: Any = PeftModel.from_pretrained(model, adapter).eval()
    found: list[tuple[float, Canary]] = []
    for messages in sorted(prompts, key=_length)[:_PROMPTS]:
        with_adapter = _greedy(tuned, tokenizer, messages, max_tokens)
        with tuned.disable_adapter():
            alone = _greedy(tuned, tokenizer, messages, max_tokens)
        canary = Canary(
            messages=tuple(messages),
            max_tokens=max_tokens,
            adapter_output=with_adapter,
            base_output=alone,
        )
        found.append((likeness(with_adapter, alone), canary))
        if found[-1][0] < _CLEAR:
            break
    return min(found, key=lambda pair: pair[0])[1]


def _length(messages: Sequence[ChatMessage]) -> int:
    return sum(len(message.content) for message in messages)


def _greedy(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[ChatMessage],
    max_tokens: int,
) -> str:
    import torch

    encoded: Any = tokenizer.apply_chat_template(
        [message.model_dump() for message in messages],
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
    )
    encoded = encoded.to(model.device)
    with torch.inference_mode():
        output = model.generate(
            **encoded,
            max_new_tokens=max_tokens,
            do_sample=False,
            # Sampling defaults of the model's own, which greedy decoding would warn of.
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=tokenizer.pad_token_id,
        )
    written = output[0, encoded["input_ids"].shape[1] :]
    return str(tokenizer.decode(written, skip_special_tokens=True))
