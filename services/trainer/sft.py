"""Supervised fine-tuning of the student with trl and peft: a LoRA adapter (paper, §3.3)."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from recdial.llm.adapters import ADAPTER_FILES
from recdial.llm.loading import Precision, load_causal_lm
from recdial.llm.precision import fitting_precision
from recdial.settings import DistillationConfig
from services.trainer import checkpoints as saved
from services.trainer.examples import Example, require_enough
from services.trainer.following import (
    best_step,
    follow,
    losses,
    out_of_patience,
    validation_losses,
)
from services.trainer.order import training_order
from services.trainer.outcome import (
    TrainingProgress,
    TrainingRefused,
    TrainingResult,
    TrainingStopped,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerState
    from trl import SFTTrainer  # type: ignore[attr-defined]

_LIBRARIES = ("torch", "transformers", "peft", "trl", "accelerate")


def fine_tune(
    base_model: str,
    examples: Sequence[Example],
    config: DistillationConfig,
    seed: int,
    output: Path,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
    *,
    validation: Sequence[Example] = (),
    checkpoints: Path | None = None,
) -> TrainingResult:
    """Train a LoRA adapter for `base_model` (a folder or a Hub id) and write it to `output`.

    The loss is on the dialogue only. Examples longer than `config.max_length` tokens are left out,
    not cut: a dialogue without its end teaches not to end. With `validation` the adapter is the one
    of the lowest loss on those, else the last.

    `checkpoints` is a folder of this run's: training goes on from what another attempt left there,
    and comes to the same adapter as if it had never been interrupted. It is the caller's to remove.
    Without it nothing outlives this call.

    Blocks for minutes to hours, so call it in a thread; `on_progress` and `should_stop` are called
    in that thread, after each step. Started by `accelerate launch` every process calls this, and
    the first one reports, is asked, and writes.

    Raises TooFewExamples, TrainingRefused, TrainingStopped, and ModelNotInstalled.
    """
    with TemporaryDirectory(prefix="recdial-sft-") as scratch:
        return _fine_tune(
            base_model,
            examples,
            validation,
            config,
            seed,
            output,
            on_progress,
            should_stop,
            checkpoints or Path(scratch),
        )


def _fine_tune(
    base_model: str,
    examples: Sequence[Example],
    validation: Sequence[Example],
    config: DistillationConfig,
    seed: int,
    output: Path,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
    shelf: Path,
) -> TrainingResult:
    started = time.monotonic()
    require_enough(len(examples), config.min_examples)
    precision = _precision(config)
    model, tokenizer = load_causal_lm(base_model, precision, config.quantization)
    _require_layers(model, config)
    used, validating = (
        [example for example in given if _tokens(example, tokenizer) <= config.max_length]
        for given in (examples, validation)
    )
    too_long = len(examples) + len(validation) - len(used) - len(validating)
    require_enough(len(used), config.min_examples, len(examples) - len(used))

    import datasets
    import torch
    from transformers import TrainerState

    if config.threads is not None:
        torch.set_num_threads(config.threads)
    datasets.disable_progress_bars()
    trainer = _trainer(model, tokenizer, used, validating, config, seed, precision, shelf)
    processes = trainer.args.world_size
    steps = _arrange(trainer, config, seed)

    digest = saved.training_digest(
        [example.conversation() for example in (*used, *validating)],
        len(used),
        config.model_dump(),
        seed,
        precision,
        processes,
    )
    # The first process looks and the others believe it: a folder may change between two looks.
    found: saved.Checkpoint | None
    found, attempt = _agreed(lambda: (saved.latest(shelf, digest), saved.new_attempt(shelf)))
    trainer.args.output_dir = str(attempt)

    def seal(step: int, seconds: float) -> None:
        trainer.accelerator.wait_for_everyone()  # each process writes its part of a checkpoint
        if trainer.is_world_process_zero():
            saved.seal(attempt / f"checkpoint-{step}", digest, step, seconds)

    trainer.add_callback(
        follow(
            on_progress,
            lambda: _agreed(should_stop),
            seal,
            patience=config.patience,
            resumed_at=found.step if found else None,
            seconds_before=found.seconds if found else 0.0,
        )
    )
    state = TrainerState()
    if found is not None:
        state = TrainerState.load_from_json(str(found.folder / "trainer_state.json"))
    if not _finished(state, steps, config):
        if _agreed(should_stop):
            raise TrainingStopped(f"stopped after {state.global_step} of {steps} steps")
        trainer.train(resume_from_checkpoint=str(found.folder) if found else None)
        state = trainer.state
    if not _finished(state, steps, config):
        raise TrainingStopped(f"stopped after {state.global_step} of {steps} steps")

    validations = validation_losses(state.log_history)
    published = best_step(validations) if validations else state.global_step
    if trainer.is_world_process_zero():
        _take_adapter(shelf, digest, published, output)
    trainer.accelerator.wait_for_everyone()
    curve = tuple(loss for _, loss in losses(state.log_history))
    return TrainingResult(
        steps=state.global_step,
        final_loss=curve[-1],
        loss_curve=curve,
        validation_curve=tuple(validations),
        published_step=published,
        stopped_early=state.global_step < steps,
        resumed_at=found.step if found else None,
        examples_used=len(used),
        examples_validation=len(validating),
        examples_too_long=too_long,
        tokens=int(state.num_input_tokens_seen),
        seconds=(found.seconds if found else 0.0) + time.monotonic() - started,
        seed=seed,
        processes=processes,
        precision=precision,
        hyperparameters=config.model_dump(mode="json"),
        versions={name: version(name) for name in _LIBRARIES},
    )


def _precision(config: DistillationConfig) -> Precision:
    """The number format to train in. Raises TrainingRefused if this machine's GPU lacks it."""
    import torch

    gpu = torch.cuda.is_available()
    able = not gpu or torch.cuda.is_bf16_supported(including_emulation=False)
    if config.precision == "auto":
        return fitting_precision() if able else "float32"
    if config.precision == "bfloat16" and not able:
        raise TrainingRefused(
            f"{torch.cuda.get_device_name()} has no bfloat16: set distillation.precision to "
            "float32 or auto"
        )
    return config.precision


def _require_layers(model: PreTrainedModel, config: DistillationConfig) -> None:
    if config.target_modules == "all-linear":
        return
    layers = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    if unknown := sorted(set(config.target_modules) - layers):
        raise TrainingRefused(
            f"distillation.target_modules: the model has no {', '.join(unknown)}; among its layers "
            f"are {', '.join(sorted(name for name in layers if name.endswith('_proj')))}"
        )


def _trainer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    used: Sequence[Example],
    validating: Sequence[Example],
    config: DistillationConfig,
    seed: int,
    precision: Precision,
    folder: Path,
) -> SFTTrainer:
    import datasets
    import torch
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]

    gpu = torch.cuda.is_available()
    modules = config.target_modules
    folder.mkdir(parents=True, exist_ok=True)
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list([example.row() for example in used]),
        eval_dataset=(
            datasets.Dataset.from_list([example.row() for example in validating])
            if validating
            else None
        ),
        peft_config=LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules=modules if modules == "all-linear" else list(modules),
            task_type="CAUSAL_LM",
        ),
        args=SFTConfig(
            output_dir=str(folder),
            seed=seed % 2**32,
            per_device_train_batch_size=config.batch_size,
            per_device_eval_batch_size=config.batch_size,
            gradient_accumulation_steps=config.gradient_accumulation,
            learning_rate=config.learning_rate,
            lr_scheduler_type="cosine",
            weight_decay=config.weight_decay,
            completion_only_loss=True,
            packing=config.packing,
            eval_packing=False,
            # Unpacked, what is too long has been left out already.
            max_length=config.max_length if config.packing else None,
            train_sampling_strategy="sequential",  # `_arrange` says in which order
            bf16=gpu and precision == "bfloat16",
            use_cpu=not gpu,
            # Memory is what a GPU lacks and time is what a CPU lacks.
            gradient_checkpointing=(
                gpu if config.gradient_checkpointing == "auto" else config.gradient_checkpointing
            ),
            dataloader_pin_memory=gpu,
            ddp_find_unused_parameters=False,
            eval_strategy="steps" if validating else "no",
            eval_steps=config.eval_every,
            metric_for_best_model="eval_loss" if validating else None,
            greater_is_better=False,
            prediction_loss_only=True,
            save_strategy="steps",
            save_steps=config.checkpoint_every,
            # The best, the last, and the one before: while the last is written it is not sealed.
            save_total_limit=3,
            include_num_input_tokens_seen="all" if config.packing else "non_padding",
            report_to="none",
            logging_steps=1,
            logging_nan_inf_filter=False,
            disable_tqdm=True,
        ),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arrange(trainer: SFTTrainer, config: DistillationConfig, seed: int) -> int:
    """Lay out what is trained on, row by row, for all steps at once; how many steps there are.

    The sampler of `transformers` draws the order of each pass when the pass begins, from a state of
    the random numbers that a training resumed in its second pass does not have.
    """
    args = trainer.args
    rows_of_tokens: Any = trainer.train_dataset
    lengths = [len(tokens) for tokens in rows_of_tokens["input_ids"]]
    rows = config.batch_size * config.gradient_accumulation * args.world_size
    steps = config.max_steps
    if config.epochs is not None:
        steps = min(steps, math.ceil(config.epochs * len(lengths) / rows))
    order = training_order(lengths, rows, steps * rows, seed, by_length=not config.packing)
    trainer.train_dataset = rows_of_tokens.select(order, keep_in_memory=True)
    args.max_steps = steps
    args.warmup_steps = math.ceil(config.warmup_share * steps)
    return steps


def _finished(state: TrainerState, steps: int, config: DistillationConfig) -> bool:
    validations = validation_losses(state.log_history)
    return state.global_step >= steps or out_of_patience(validations, config.patience)


def _take_adapter(shelf: Path, digest: str, step: int, output: Path) -> None:
    checkpoint = saved.at_step(shelf, digest, step)
    if checkpoint is None:
        raise FileNotFoundError(
            f"the checkpoint of step {step} is gone from {shelf}: was it removed while training?"
        )
    output.mkdir(parents=True, exist_ok=True)
    for name in ADAPTER_FILES:
        shutil.copyfile(checkpoint.folder / name, output / name)


def _agreed(find: Callable[[], Any]) -> Any:
    """What the first of the processes finds, in all of them."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return find()
    from accelerate import PartialState  # type: ignore[import-untyped]
    from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]

    held = [find() if PartialState().is_main_process else None]
    broadcast_object_list(held)
    return held[0]


def _tokens(example: Example, tokenizer: PreTrainedTokenizerBase) -> int:
    text: Any = tokenizer.apply_chat_template(example.conversation(), tokenize=False)
    return len(tokenizer.encode(text, add_special_tokens=False))
