"""A training that is interrupted goes on from its last complete checkpoint, to the same end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from recdial.domain import ChatMessage
from recdial.llm.adapters import directory_digest
from recdial.settings import DistillationConfig
from services.trainer.examples import Example
from services.trainer.outcome import TrainingProgress, TrainingResult, TrainingStopped
from services.trainer.sft import fine_tune

CONFIG = DistillationConfig(
    max_steps=8,
    min_examples=2,
    batch_size=2,
    lora_rank=4,
    lora_dropout=0.1,
    warmup_share=0.25,
    weight_decay=0.01,
    max_length=200,
    checkpoint_every=4,
    threads=1,
)


def example(text: str) -> Example:
    return Example((ChatMessage(role="user", content="Write."),), f"[USR] {text}\n[AI] {text}")


# Five, so that passes end within steps.
EXAMPLES = [example(text) for text in ("one", "twenty", "three hundred", "4", "fifty-five")]
HELD_OUT = [example(text) for text in ("six", "seventy")]


class Killed(Exception):
    pass


@dataclass
class Bench:
    """Trains with one folder for checkpoints."""

    base: Path
    folder: Path
    config: DistillationConfig = CONFIG
    validation: list[Example] = field(default_factory=list)
    reported: list[TrainingProgress] = field(default_factory=list)

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def train(
        self,
        *,
        killed_at: int | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        **changes: Any,
    ) -> TrainingResult:
        self.reported = []

        def on_progress(progress: TrainingProgress) -> None:
            self.reported.append(progress)
            if progress.step == killed_at:
                raise Killed

        arguments: dict[str, Any] = {
            "base_model": str(self.base),
            "examples": EXAMPLES,
            "config": self.config,
            "seed": 7,
            "output": self.output,
            "on_progress": on_progress,
            "should_stop": should_stop,
            "validation": self.validation,
            "checkpoints": self.checkpoints,
        }
        return fine_tune(**{**arguments, **changes})

    def kill_at(self, step: int) -> None:
        with pytest.raises(Killed):
            self.train(killed_at=step)

    def checkpoint(self, step: int) -> Path:
        [found] = self.checkpoints.glob(f"attempt-*/checkpoint-{step}")
        return found


@pytest.fixture
def bench(tiny: Path, tmp_path: Path) -> Bench:
    return Bench(tiny, tmp_path / "interrupted")


@pytest.fixture
def undisturbed(tiny: Path, tmp_path: Path) -> Bench:
    return Bench(tiny, tmp_path / "undisturbed")


def steps(reported: list[TrainingProgress]) -> list[int]:
    return [progress.step for progress in reported]


@pytest.mark.parametrize("accumulation", [1, 3])
def test_a_killed_training_comes_to_the_same_adapter(
    bench: Bench, undisturbed: Bench, accumulation: int
) -> None:
    changes = {"gradient_accumulation": accumulation}
    bench.config = undisturbed.config = CONFIG.model_copy(update=changes)
    whole = undisturbed.train()
    bench.kill_at(6)

    result = bench.train()

    assert steps(bench.reported) == [5, 6, 7, 8]
    assert {progress.resumed_at for progress in bench.reported} == {4}
    assert (result.resumed_at, whole.resumed_at) == (4, None)
    assert result.loss_curve == whole.loss_curve
    assert len(result.loss_curve) == 8
    assert result.tokens == whole.tokens
    assert directory_digest(bench.output) == directory_digest(undisturbed.output)


def test_the_curve_in_the_store_is_whole_after_an_interruption(bench: Bench) -> None:
    bench.kill_at(5)
    before = dict(bench.reported[-1].loss_curve)

    bench.train()

    after = dict(bench.reported[-1].loss_curve)
    assert list(after) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {step: after[step] for step in before} == before
    assert bench.reported[0].seconds > 0


def test_validation_and_patience_go_on_where_they_were(bench: Bench, undisturbed: Bench) -> None:
    changes = {"validation_share": 0.2, "eval_every": 2}
    bench.config = undisturbed.config = CONFIG.model_copy(update=changes)
    bench.validation = undisturbed.validation = HELD_OUT
    whole = undisturbed.train()
    bench.kill_at(7)

    result = bench.train()

    assert result.resumed_at == 6, "a validation leaves a checkpoint"
    assert [step for step, _ in result.validation_curve] == [2, 4, 6, 8]
    assert result.validation_curve == whole.validation_curve
    assert result.published_step == whole.published_step
    assert directory_digest(bench.output) == directory_digest(undisturbed.output)


def test_a_training_killed_twice_goes_on_from_the_furthest(bench: Bench) -> None:
    bench.config = CONFIG.model_copy(update={"checkpoint_every": 2})
    bench.kill_at(3)
    bench.kill_at(7)

    assert bench.train().resumed_at == 6


def test_a_stopped_training_saves_where_it_is(bench: Bench, undisturbed: Bench) -> None:
    with pytest.raises(TrainingStopped, match="after 3 of 8 steps"):
        bench.train(should_stop=lambda: len(bench.reported) == 3)
    assert not bench.output.exists()

    result = bench.train()

    assert steps(bench.reported) == [4, 5, 6, 7, 8]
    assert result.loss_curve == undisturbed.train().loss_curve
    assert directory_digest(bench.output) == directory_digest(undisturbed.output)


def test_a_training_stopped_before_its_first_step_does_nothing(bench: Bench) -> None:
    with pytest.raises(TrainingStopped, match="after 0 of 8 steps"):
        bench.train(should_stop=lambda: True)

    assert bench.reported == []


def test_a_training_that_was_through_only_publishes(bench: Bench) -> None:
    first = bench.train()
    digest = directory_digest(bench.output)
    shutil.rmtree(bench.output)

    again = bench.train()

    assert bench.reported == []
    assert (again.steps, again.loss_curve) == (first.steps, first.loss_curve)
    assert directory_digest(bench.output) == digest


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "optimizer.pt", "rng_state.pth"])
def test_a_checkpoint_that_is_cut_off_is_not_gone_on_from(
    bench: Bench, undisturbed: Bench, name: str
) -> None:
    bench.config = undisturbed.config = CONFIG.model_copy(update={"checkpoint_every": 2})
    whole = undisturbed.train()
    bench.kill_at(5)
    damaged = bench.checkpoint(4) / name
    damaged.write_bytes(damaged.read_bytes()[:100])

    result = bench.train()

    assert result.resumed_at == 2
    assert result.loss_curve == whole.loss_curve
    assert directory_digest(bench.output) == directory_digest(undisturbed.output)


def test_a_checkpoint_that_is_not_sealed_is_not_gone_on_from(bench: Bench) -> None:
    bench.kill_at(6)
    [seal] = bench.checkpoints.glob("attempt-*/checkpoint-4.seal.json")
    seal.unlink()

    assert bench.train().resumed_at is None


def test_a_checkpoint_of_another_training_is_not_gone_on_from(bench: Bench) -> None:
    bench.kill_at(6)

    assert bench.train(examples=[*EXAMPLES, example("more")]).resumed_at is None
    assert bench.train(seed=8).resumed_at is None


def test_an_attempt_writes_to_no_other_attempts_folder(bench: Bench) -> None:
    bench.kill_at(6)
    [first] = bench.checkpoints.glob("attempt-*")
    before = directory_digest(first)

    bench.train()

    assert directory_digest(first) == before
    assert len(list(bench.checkpoints.glob("attempt-*"))) == 2


def test_a_training_that_stopped_early_is_not_taken_up_again(bench: Bench) -> None:
    bench.config = CONFIG.model_copy(
        # So high a rate that the validation loss rises soon.
        update={
            "validation_share": 0.2,
            "eval_every": 1,
            "patience": 2,
            "learning_rate": 0.5,
            "max_steps": 40,
            "warmup_share": 0.0,
        }
    )
    bench.validation = HELD_OUT
    first = bench.train()
    assert first.stopped_early
    assert first.steps < 40
    digest = directory_digest(bench.output)

    again = bench.train()

    assert bench.reported == []
    assert again.stopped_early
    assert again.published_step == first.published_step == first.steps - 2
    assert directory_digest(bench.output) == digest
