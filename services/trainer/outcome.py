"""What a training reports while it goes on, and what it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class TrainingStopped(Exception):
    """Training was asked to stop; no adapter was written."""


class TrainingRefused(Exception):
    """Trained like this it cannot be, however often it is tried: the configuration must change."""


@dataclass(frozen=True)
class TrainingProgress:
    """Where training stands after a step."""

    step: int
    steps: int
    loss: float
    seconds: float
    """Since the first step began, over all attempts."""
    loss_curve: tuple[tuple[int, float], ...] = ()
    """Step and loss, of every n-th step where there are many."""
    validation_curve: tuple[tuple[int, float], ...] = ()
    """Step and validation loss, of every validation so far."""
    resumed_at: int | None = None
    """The checkpoint's step this attempt went on from; None if it began at the beginning."""


@dataclass(frozen=True)
class TrainingResult:
    """What training did."""

    steps: int
    final_loss: float
    loss_curve: tuple[float, ...]
    """The loss of every step: mean negative log-likelihood of a dialogue's tokens, in nats."""
    validation_curve: tuple[tuple[int, float], ...]
    """Step and loss on the validation examples, of every validation."""
    published_step: int
    """The step the adapter is from: the one of the lowest validation loss, or the last."""
    stopped_early: bool
    """Whether it ended for want of a lower validation loss."""
    resumed_at: int | None
    """The checkpoint's step the last attempt went on from; None if there was but one attempt."""
    examples_used: int
    examples_validation: int
    examples_too_long: int
    """Left out for their length, of both kinds."""
    tokens: int
    """Tokens trained on, prompts included, without padding."""
    seconds: float
    """From loading the model to writing the adapter, over all attempts."""
    seed: int
    processes: int
    """How many trained together: one for each GPU."""
    precision: str
    """The number format it was done in."""
    hyperparameters: dict[str, Any]
    """`distillation` of the run's configuration."""
    versions: dict[str, str]
    """Of the libraries that decide what comes out."""


def thinned(curve: list[tuple[int, float]], most: int = 200) -> tuple[tuple[int, float], ...]:
    """Every n-th point of a curve, and its last, so that there are `most` and one at most."""
    stride = -(-len(curve) // most) or 1
    kept = curve[::stride]
    if curve and kept[-1] != curve[-1]:
        kept.append(curve[-1])
    return tuple(kept)
