"""The model card of an adapter: what a reader of its folder or of its Hub page wants to know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any
from uuid import UUID

from recdial import __version__
from recdial.contracts import Canary
from recdial.domain import AdapterRef

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def adapter_card(
    adapter: AdapterRef,
    run_id: UUID,
    training: Mapping[str, Any],
    stereotypes: Sequence[str],
    canary: Canary | None,
) -> str:
    """The card in Markdown, with the Hub's front matter.

    `training` is what the trainer's `TrainingResult` holds, by its names. The canary's prompt is
    left out: it is that of a real user's history.
    """
    parts = [
        _front_matter(adapter),
        f"# {adapter.adapter_id}",
        "A LoRA adapter (peft) that writes conversational-recommendation dialogues, fine-tuned on "
        "the accepted dialogues of a teacher model by recdial.",
        _table(
            {
                "base model": adapter.base_model,
                "SHA-256 (`recdial adapters verify`)": adapter.sha256,
                "run": run_id,
                "recdial": __version__,
                "stereotypes of the simulated users": ", ".join(stereotypes),
                **{meaning: training[key] for key, meaning in _TRAINING.items() if key in training},
            }
        ),
        "## Hyper-parameters and versions",
        _block(training.get("hyperparameters", {})),
        _block(training.get("versions", {})),
        "## Losses on validation examples (step, loss)",
        _block(training.get("validation_curve", ())),
        "## Canary",
        _canary(canary),
        _SERVING.format(adapter=adapter.adapter_id, base=adapter.base_model),
    ]
    return "\n\n".join(parts) + "\n"


_TRAINING = {
    "examples_used": "dialogues trained on",
    "examples_validation": "dialogues for validation",
    "examples_too_long": "dialogues left out for their length",
    "tokens": "tokens trained on",
    "steps": "steps",
    "published_step": "published step",
    "final_loss": "final loss (nats a token)",
    "precision": "precision",
    "seed": "seed",
}

_SERVING = """## Serving it

- vLLM: `vllm serve {base} --enable-lora --lora-modules {adapter}=FOLDER`
- TGI: `LORA_ADAPTERS={adapter}=FOLDER text-generation-launcher --model-id {base}`

It is then asked for with `{adapter}` as the model's name."""


def _front_matter(adapter: AdapterRef) -> str:
    lines = ["---", "library_name: peft", "tags: [lora, conversational-recommendation]"]
    if _HUB_ID.fullmatch(adapter.base_model):
        lines.append(f"base_model: {adapter.base_model}")
    lines += ["# license: fill in what the base model's licence and your data allow", "---"]
    return "\n".join(lines)


def _table(rows: Mapping[str, object]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {key} | {rows[key]} |" for key in rows)])


def _block(value: object) -> str:
    return _verbatim(json.dumps(value, default=str, indent=2 if isinstance(value, dict) else None))


def _canary(canary: Canary | None) -> str:
    if canary is None:
        return "None was recorded."
    return "\n\n".join(
        [
            f"Greedy output for a prompt of the training, {canary.max_tokens} tokens at most, with "
            "the adapter:",
            _verbatim(canary.adapter_output),
            "and of the base model alone:",
            _verbatim(canary.base_output),
        ]
    )


def _verbatim(text: str) -> str:
    """A block no text can end: indented, and not between fences."""
    return indent(text, "    ", lambda _line: True)
