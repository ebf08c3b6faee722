"""Follows a training of `transformers` step by step: reports, stops, seals checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.trainer.outcome import TrainingProgress, TrainingRefused, thinned

if TYPE_CHECKING:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

LogHistory = list[dict[str, Any]]
"""What a trainer's state keeps of every step; it is part of a checkpoint."""


def losses(history: LogHistory) -> list[tuple[int, float]]:
    """Step and loss of every step."""
    return [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]


def validation_losses(history: LogHistory) -> list[tuple[int, float]]:
    """Step and validation loss of every validation."""
    return [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]


def best_step(validations: list[tuple[int, float]]) -> int:
    """The step of the lowest validation loss, the first of equals."""
    return min(validations, key=lambda point: point[1])[0]


def out_of_patience(validations: list[tuple[int, float]], patience: int | None) -> bool:
    """Whether the last `patience` validations brought no lower loss than those before."""
    if patience is None or not validations:
        return False
    return sum(step > best_step(validations) for step, _ in validations) >= patience


def follow(
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
    on_checkpoint: Callable[[int, float], None],
    *,
    patience: int | None,
    resumed_at: int | None,
    seconds_before: float,
) -> TrainerCallback:
    """The callback that does it.

    `should_stop` is asked after every step, in every process, and must say the same in all. If it
    says yes, a checkpoint is written and training ends. `on_checkpoint` gets its step and the
    training's seconds. A loss that is no number ends training with TrainingRefused.
    """
    from transformers import TrainerCallback

    class Following(TrainerCallback):
        began = time.monotonic()

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.monotonic()

        def on_log(
            self,
            args: TrainingArguments,
            state: TrainerState,
            control: TrainerControl,
            **kwargs: Any,
        ) -> None:
            logs = kwargs["logs"]
            if "loss" not in logs:
                return
            step = state.global_step
            if not math.isfinite(logs["loss"]):
                raise TrainingRefused(
                    f"the loss of step {step} is {logs['loss']}: lower distillation.learning_rate"
                )
            if state.is_world_process_zero:
                progress = TrainingProgress(
                    step,
                    state.max_steps,
                    logs["loss"],
                    self.seconds(),
                    thinned(losses(state.log_history)),
                    tuple(validation_losses(state.log_history)),
                    resumed_at,
                )
                on_progress(progress)
            if should_stop() and step < state.max_steps:
                control.should_save = control.should_training_stop = True

        def on_evaluate(
            self,
            args: TrainingArguments,
            state: TrainerState,
            control: TrainerControl,
            **kwargs: Any,
        ) -> None:
            control.should_save = True  # it may turn out to be the best
            if out_of_patience(validation_losses(state.log_history), patience):
                control.should_training_stop = True

        def on_save(
            self,
            args: TrainingArguments,
            state: TrainerState,
            control: TrainerControl,
            **kwargs: Any,
        ) -> None:
            on_checkpoint(state.global_step, self.seconds())

        def seconds(self) -> float:
            return seconds_before + time.monotonic() - self.began

    return Following()
