"""Merges a published adapter into its base model: `python -m … ADAPTER MODELS SERVED`.

For servers that load no adapters beside a model. It runs as a process of its own, so that the
memory it takes is returned.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shutil import rmtree
from typing import Any

from recdial.llm.adapters import directory_digest


class AdapterUnusable(Exception):
    """A folder that is not the adapter its name says."""


def merge_adapter(adapter: Path, models_dir: Path, served: Path) -> Path:
    """Write the base model with the adapter merged to `served/<adapter>`; returns the folder.

    The folder appears complete or not at all. The base model is the one `adapter_config.json`
    names: one that is installed in `models_dir`, a folder, or a Hub id.

    Raises AdapterUnusable where the files are not those the adapter is named for (`<run>-<first 12
    digits of their SHA-256>`), and ModelNotInstalled where the base model is not to be had.
    """
    from recdial.llm.loading import load_causal_lm
    from recdial.llm.local_models import resolve_model

    digest = directory_digest(adapter)
    if not adapter.name.endswith(f"-{digest[:12]}"):
        raise AdapterUnusable(f"{adapter} is not what was published: its SHA-256 is {digest}")
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    model, tokenizer = load_causal_lm(resolve_model(config["base_model_name_or_path"], models_dir))

    from peft import PeftModel

    merged: Any = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    merged.generation_config.do_sample = True  # where a request has a temperature above 0
    partial = served / f".{adapter.name}.partial"
    rmtree(partial, ignore_errors=True)
    merged.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    return partial.rename(served / adapter.name)


if __name__ == "__main__":
    print(merge_adapter(*(Path(argument) for argument in sys.argv[1:4])))
