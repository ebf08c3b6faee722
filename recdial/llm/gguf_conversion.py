"""Turns a GGUF file into a bfloat16 folder `transformers` loads: `python -m … FILE FOLDER`.

It runs as a process of its own, so that the memory it takes is returned and the noise of the
libraries stays out of the caller's terminal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def convert(gguf: Path, folder: Path) -> None:
    """Write the model, its tokenizer and its chat template to `folder`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16
    )
    # The weights are dequantised now, but the model still says it is quantised and would not save.
    del model.hf_quantizer, model.config.quantization_config
    model.is_quantized = False
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
