"""Loads a causal language model with `transformers`, the same way wherever one is needed.

The trainer and the local backend must start from identical weights in the same precision.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from recdial.llm.local_models import ModelNotInstalled
from recdial.llm.precision import fitting_precision

# GNU OpenMP's threads wait for each other by spinning. Where anything else wants a core, that makes
# torch five to ten times slower on two cores; a short spin before sleeping costs nothing where
# nothing does (measured). It is read once, when torch is imported, hence not in a function.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_causal_lm(source: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model of a folder or a Hub id, on the GPU if there is one, and its tokenizer.

    It is in the number format that fits the machine (`fitting_precision`). The tokenizer has a chat
    template, a padding token and pads on the left.
    Raises ModelNotInstalled where a library or the model is missing or the model cannot chat.
    """
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise ModelNotInstalled(
            f"local models need {error.name}: pip install 'distillrecdial[local]'"
        ) from error

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Renamings between these libraries, of no use to who runs us.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|trl|peft)\.")
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(source)
        model: Any = AutoModelForCausalLM.from_pretrained(source, dtype=fitting_precision())
    except (OSError, ValueError) as error:
        raise ModelNotInstalled(
            f"cannot load {source!r} (a folder or a Hub id, see `recdial doctor`): {error}"
        ) from error
    if tokenizer.chat_template is None:
        raise ModelNotInstalled(f"model {source!r} has no chat template: use an instruct model")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer
