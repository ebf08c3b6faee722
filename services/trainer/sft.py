"""Supervised fine-tuning of the student with trl and peft: a LoRA adapter (paper, §3.3)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from recdial.llm.adapters import ADAPTER_FILES
from recdial.llm.loading import load_causal_lm
from recdial.settings import DistillationConfig
from services.trainer.examples import Example, require_enough

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainerCallback


class TrainingStopped(Exception):
    """Training was asked to stop; nothing was written."""


@dataclass(frozen=True)
class TrainingProgress:
    """Where training stands after a step."""

    step: int
    steps: int
    loss: float
    seconds: float
    """Since the first step began."""


@dataclass(frozen=True)
class TrainingResult:
    """What training did."""

    steps: int
    final_loss: float
    loss_curve: tuple[float, ...]
    """The loss of every step: mean negative log-likelihood of a dialogue's tokens, in nats."""
    examples_used: int
    examples_too_long: int
    seconds: float
    """From loading the model to writing the adapter."""


def fine_tune(
    base_model: str,
    examples: Sequence[Example],
    config: DistillationConfig,
    seed: int,
    output: Path,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
) -> TrainingResult:
    """Train a LoRA adapter for `base_model` (a folder or a Hub id) and write it to `output`.

    The loss is on the dialogue only. Examples longer than `config.max_length` tokens are left out,
    not cut: a dialogue without its end teaches not to end. Blocks for minutes to hours, so call it
    in a thread; `on_progress` and `should_stop` are called in that thread, after and before a step.

    Raises TooFewExamples, TrainingStopped, and ModelNotInstalled.
    """
    started = time.monotonic()
    require_enough(len(examples), config.min_examples)
    model, tokenizer = load_causal_lm(base_model)
    used = [example for example in examples if _tokens(example, tokenizer) <= config.max_length]
    too_long = len(examples) - len(used)
    require_enough(len(used), config.min_examples, too_long)

    import datasets
    import torch
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]

    if config.threads is not None:
        torch.set_num_threads(config.threads)
    datasets.disable_progress_bars()
    gpu = torch.cuda.is_available()
    losses: list[float] = []
    with TemporaryDirectory(prefix="recdial-sft-") as scratch:
        trainer = SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=datasets.Dataset.from_list([example.row() for example in used]),
            peft_config=LoraConfig(
                r=config.lora_rank,
                lora_alpha=config.lora_alpha,
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
            args=SFTConfig(
                output_dir=scratch,
                seed=seed % 2**32,
                max_steps=config.max_steps,
                per_device_train_batch_size=config.batch_size,
                learning_rate=config.learning_rate,
                lr_scheduler_type="cosine",
                completion_only_loss=True,
                max_length=None,
                # Sequences of like length together: less padding, fewer wasted tokens.
                train_sampling_strategy="group_by_length",
                bf16=gpu,
                use_cpu=not gpu,
                # Memory is what a GPU lacks and time is what a CPU lacks.
                gradient_checkpointing=gpu,
                dataloader_pin_memory=gpu,
                save_strategy="no",
                report_to="none",
                logging_steps=1,
                disable_tqdm=True,
            ),
            callbacks=[_callback(losses, config.max_steps, on_progress, should_stop)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        trainer.save_model(scratch)
        output.mkdir(parents=True, exist_ok=True)
        for name in ADAPTER_FILES:
            shutil.copyfile(Path(scratch) / name, output / name)
    return TrainingResult(
        steps=len(losses),
        final_loss=losses[-1],
        loss_curve=tuple(losses),
        examples_used=len(used),
        examples_too_long=too_long,
        seconds=time.monotonic() - started,
    )


def _tokens(example: Example, tokenizer: PreTrainedTokenizerBase) -> int:
    text: Any = tokenizer.apply_chat_template(example.conversation(), tokenize=False)
    return len(tokenizer.encode(text, add_special_tokens=False))


def _callback(
    losses: list[float],
    steps: int,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
) -> TrainerCallback:
    from transformers import TrainerCallback

    class Steps(TrainerCallback):
        began = time.monotonic()

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            if should_stop():
                raise TrainingStopped(f"stopped after {len(losses)} of {steps} steps")

        def on_log(self, *_: Any, **event: Any) -> None:
            logs = event["logs"]
            if "loss" in logs:
                losses.append(logs["loss"])
                seconds = time.monotonic() - self.began
                on_progress(TrainingProgress(len(losses), steps, losses[-1], seconds))

    return Steps()
