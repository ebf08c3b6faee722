"""The number format models are loaded in: bfloat16 wherever the machine can multiply it."""

from __future__ import annotations

from typing import Literal


def fitting_precision() -> Literal["bfloat16", "float32"]:
    """float32 only on CPUs without instructions for bfloat16 (AVX2 alone).

    There a product of bfloat16 matrices takes thirty times as long as one of float32 (measured),
    and twice the memory is the better deal. Needs torch.
    """
    import torch

    if torch.cuda.is_available() or torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return "bfloat16"
    return "float32"
