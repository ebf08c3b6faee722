"""What a training is told that runs in processes of its own."""

from __future__ import annotations

from pathlib import Path

from recdial.domain import Frozen
from recdial.settings import DistillationConfig
from services.trainer.examples import Example


class SftTask(Frozen):
    """The arguments of `fine_tune`, as a file."""

    base_model: str
    examples: tuple[Example, ...]
    validation: tuple[Example, ...]
    config: DistillationConfig
    seed: int
    output: Path
    checkpoints: Path
