"""Loads a causal language model with `transformers`, the same way wherever one is needed.

The trainer and the local backend must start from identical weights in the same precision.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from recdial.llm.local_models import ModelNotInstalled
from recdial.llm.precision import fitting_precision

# GNU OpenMP's threads wait for each other by spinning. Where anything else wants a core, that makes
# torch five to ten times slower on two cores; a short spin before sleeping costs nothing where
# nothing does (measured). It is read once, when torch is imported, hence not in a function.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Precision: TypeAlias = Literal["bfloat16", "float32"]
Quantization: TypeAlias = Literal["none", "4bit"]


def load_causal_lm(
    source: str, precision: Precision | None = None, quantization: Quantization = "none"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model of a folder or a Hub id, on the GPU if there is one, and its tokenizer.

    It is in the number format that fits the machine (`fitting_precision`) unless one is named.
    Quantised to 4 bits it is in NF4 with double quantisation, and `precision` is what it computes
    in (QLoRA). One of several processes takes the GPU of its `LOCAL_RANK`. The tokenizer has a chat
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
    precision = precision or fitting_precision()
    device = own_device()
    if quantization == "4bit":
        _require_bitsandbytes()
    options: dict[str, Any] = {"dtype": precision}
    if quantization == "4bit":
        options |= {"quantization_config": _nf4(precision), "device_map": {"": device}}
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(source)
        model: Any = AutoModelForCausalLM.from_pretrained(source, **options)
    except (OSError, ValueError) as error:
        raise ModelNotInstalled(
            f"cannot load {source!r} (a folder or a Hub id, see `recdial doctor`): {error}"
        ) from error
    if tokenizer.chat_template is None:
        raise ModelNotInstalled(f"model {source!r} has no chat template: use an instruct model")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    if quantization == "none" and not _sharded():
        model = model.to(torch.device(device))
    return model, tokenizer


def own_device() -> str:
    """The device of this process: its own GPU (`LOCAL_RANK`, 0 where it is alone), or the CPU."""
    import torch

    return f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"


def _sharded() -> bool:
    """Whether `accelerate launch` will spread the model over GPUs: it need not fit into one."""
    return os.environ.get("ACCELERATE_USE_FSDP") == "true"


def _require_bitsandbytes() -> None:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise ModelNotInstalled(
            f"distillation.quantization 4bit needs bitsandbytes ({error}): "
            "pip install 'distillrecdial[trainer]', or set it to none"
        ) from error
    if _sharded():
        raise ModelNotInstalled(
            "distillation.quantization 4bit cannot be spread over GPUs by FSDP: use a "
            "configuration of accelerate that keeps the model whole on each "
            "(deploy/accelerate/multi-gpu.yaml)"
        )


def _nf4(compute: Precision) -> Any:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
