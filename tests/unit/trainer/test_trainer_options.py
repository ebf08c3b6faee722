"""What the configuration says about a training, done with a real but tiny model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from recdial.domain import ChatMessage
from recdial.llm import loading
from recdial.llm.adapters import directory_digest
from recdial.llm.local_models import ModelNotInstalled
from recdial.settings import DistillationConfig
from services.trainer.examples import Example
from services.trainer.outcome import TrainingRefused, TrainingResult
from services.trainer.sft import fine_tune

BASE = DistillationConfig(
    max_steps=4, min_examples=2, batch_size=2, lora_rank=4, max_length=200, threads=1
)


def example(text: str) -> Example:
    return Example((ChatMessage(role="user", content="Write."),), f"[USR] {text}\n[AI] {text}")


EXAMPLES = [example(text) for text in ("one", "twenty", "three hundred")]
HELD_OUT = [example(text) for text in ("six", "seventy")]


class Bench:
    def __init__(self, base: Path, folder: Path) -> None:
        self.base, self.output = base, folder / "out"

    def train(
        self,
        validation: list[Example] | None = None,
        checkpoints: Path | None = None,
        **changes: Any,
    ) -> TrainingResult:
        return fine_tune(
            str(self.base),
            EXAMPLES,
            DistillationConfig.model_validate(BASE.model_dump() | changes),
            seed=7,
            output=self.output,
            on_progress=lambda progress: None,
            should_stop=lambda: False,
            validation=validation or (),
            checkpoints=checkpoints,
        )

    def adapter_config(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "adapter_config.json").read_text())
        return found


@pytest.fixture
def bench(tiny: Path, tmp_path: Path) -> Bench:
    return Bench(tiny, tmp_path)


def test_packed_examples_do_not_see_each_other(bench: Bench) -> None:
    # One sequence that holds all, or one batch of all: where each example sees only itself, and
    # the mean is over the same tokens, the first loss is the same.
    packed = bench.train(packing=True, batch_size=1, max_steps=2, max_length=1000)
    apart = bench.train(batch_size=3, max_steps=2, max_length=1000)

    assert packed.loss_curve[0] == pytest.approx(apart.loss_curve[0], rel=1e-5)
    assert packed.tokens == apart.tokens


def test_accumulated_gradients_are_those_of_the_bigger_batch(bench: Bench) -> None:
    # In float32: bfloat16, which some CPUs have, rounds a sum of three otherwise than three sums.
    accumulated = bench.train(batch_size=1, gradient_accumulation=3, precision="float32")
    at_once = bench.train(batch_size=3, precision="float32")

    assert accumulated.loss_curve == pytest.approx(at_once.loss_curve, rel=1e-4)
    assert accumulated.tokens == at_once.tokens


def test_recomputed_activations_change_nothing(bench: Bench) -> None:
    kept = bench.train(gradient_checkpointing=False)
    recomputed = bench.train(gradient_checkpointing=True)

    assert recomputed.loss_curve == pytest.approx(kept.loss_curve, rel=1e-6)


@pytest.mark.parametrize(("epochs", "steps"), [(1.0, 2), (2.0, 3), (0.5, 1), (100.0, 4)])
def test_training_ends_with_its_passes_or_its_steps(
    bench: Bench, epochs: float, steps: int
) -> None:
    assert bench.train(epochs=epochs).steps == steps


def test_a_4_bit_base_model_is_trained_on(bench: Bench) -> None:
    pytest.importorskip("bitsandbytes", reason="QLoRA needs bitsandbytes")

    quantised = bench.train(quantization="4bit", max_steps=12)
    digest = directory_digest(bench.output)
    whole = bench.train(max_steps=12)

    assert quantised.final_loss < quantised.loss_curve[0]
    assert quantised.loss_curve[0] != whole.loss_curve[0], "the base model is another"
    assert quantised.loss_curve[0] == pytest.approx(whole.loss_curve[0], rel=0.2)
    assert directory_digest(bench.output) != digest


def test_4_bits_without_bitsandbytes_is_a_clear_error(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)

    with pytest.raises(ModelNotInstalled, match="4bit needs bitsandbytes"):
        bench.train(quantization="4bit")


def test_4_bits_cannot_be_sharded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("bitsandbytes", reason="QLoRA needs bitsandbytes")
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")

    with pytest.raises(ModelNotInstalled, match="cannot be spread over GPUs"):
        loading.load_causal_lm(str(bench.base), quantization="4bit")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_precision_is_the_one_asked_for(bench: Bench, precision: str) -> None:
    result = bench.train(precision=precision)

    assert result.precision == precision
    assert result.final_loss < result.loss_curve[0]


def test_only_the_named_layers_are_adapted(bench: Bench) -> None:
    bench.train(target_modules=["q_proj", "v_proj"], lora_dropout=0.1, lora_alpha=8)

    config = bench.adapter_config()
    assert sorted(config["target_modules"]) == ["q_proj", "v_proj"]
    assert (config["lora_dropout"], config["lora_alpha"], config["r"]) == (0.1, 8, 4)


def test_a_layer_the_model_does_not_have_is_named(bench: Bench) -> None:
    with pytest.raises(TrainingRefused, match=r"no query_key_value; .* q_proj"):
        bench.train(target_modules=["query_key_value"])


def test_a_training_that_diverges_is_refused(bench: Bench) -> None:
    with pytest.raises(TrainingRefused, match=r"loss of step \d+ is nan: lower distillation"):
        bench.train(learning_rate=1e30, max_steps=40)


def test_the_adapter_of_the_lowest_validation_loss_is_published(
    bench: Bench, tmp_path: Path
) -> None:
    # So high a rate that it gets worse after a few steps.
    result = bench.train(
        HELD_OUT,
        checkpoints=tmp_path / "checkpoints",
        validation_share=0.4,
        eval_every=1,
        patience=2,
        learning_rate=0.5,
        max_steps=40,
    )

    losses = dict(result.validation_curve)
    assert losses[result.published_step] == min(losses.values())
    assert result.stopped_early
    assert result.steps == result.published_step + 2, "patience was 2"
    [best] = (tmp_path / "checkpoints").glob(f"attempt-*/checkpoint-{result.published_step}")
    [last] = (tmp_path / "checkpoints").glob(f"attempt-*/checkpoint-{result.steps}")
    weights = "adapter_model.safetensors"
    published = (bench.output / weights).read_bytes()
    assert published == (best / weights).read_bytes()
    assert published != (last / weights).read_bytes()


def test_the_result_says_how_it_was_made(bench: Bench) -> None:
    result = bench.train(HELD_OUT, validation_share=0.4, eval_every=2)

    assert (result.examples_used, result.examples_validation) == (3, 2)
    assert (result.seed, result.processes) == (7, 1)
    assert result.hyperparameters["lora_rank"] == 4
    assert result.hyperparameters["eval_every"] == 2
    assert set(result.versions) == {"torch", "transformers", "peft", "trl", "accelerate"}
    assert result.tokens > 0
    assert not result.stopped_early


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patience": 2}, "patience needs validation_share"),
        ({"target_modules": ["lm_head"]}, "lm_head cannot be adapted"),
        ({"target_modules": []}, "name one layer at least"),
        ({"validation_share": 1.0}, "less than 1"),
        ({"quantization": "8bit"}, "4bit"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DistillationConfig.model_validate(changes)
