"""What the trainer records of an adapter, with a tiny real model."""

from __future__ import annotations

from pathlib import Path

import pytest

from recdial.domain import ChatMessage

pytest.importorskip("peft")

from services.trainer.canary import record_canary
from tests.tiny_llama import save_random_adapter, save_tiny_llama


def chat(text: str) -> tuple[ChatMessage, ...]:
    return (ChatMessage(role="user", content=text),)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("model"))


def test_both_outputs_are_recorded_for_one_of_the_prompts(base: Path, tmp_path: Path) -> None:
    adapter = save_random_adapter(base, tmp_path / "adapter", seed=1)
    prompts = [chat("a longer question"), chat("short")]

    canary = record_canary(str(base), adapter, prompts, max_tokens=12)

    assert canary.messages in prompts
    assert canary.max_tokens == 12
    assert canary.distinct
    assert record_canary(str(base), adapter, prompts, max_tokens=12) == canary


def test_an_adapter_that_changes_nothing_is_recorded_as_such(base: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    # peft's own initial weights: their product is zero.
    config = LoraConfig(r=4, target_modules="all-linear")
    get_peft_model(model, config).save_pretrained(str(tmp_path / "adapter"))

    canary = record_canary(str(base), tmp_path / "adapter", [chat("a")], max_tokens=8)

    assert not canary.distinct


def test_without_prompts_there_is_none(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a prompt"):
        record_canary(str(base), tmp_path, [])
