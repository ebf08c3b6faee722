"""Training in processes of its own, started by `accelerate launch`: two of them, on the CPU."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from recdial.domain import ChatMessage
from recdial.llm.adapters import ADAPTER_FILES
from recdial.settings import DistillationConfig
from services.trainer.examples import Example, TooFewExamples
from services.trainer.launch import LaunchFailed, launch_fine_tune
from services.trainer.outcome import TrainingProgress, TrainingResult, TrainingStopped
from tests.tiny_llama import save_tiny_llama

pytest.importorskip("trl", reason="fine-tuning needs trl")

SHIPPED = Path(__file__).parents[2] / "deploy" / "accelerate"
CONFIG = DistillationConfig(
    max_steps=6,
    min_examples=2,
    batch_size=1,
    lora_rank=4,
    max_length=200,
    checkpoint_every=2,
    validation_share=0.2,
    eval_every=3,
    threads=1,
)


def example(text: str) -> Example:
    return Example((ChatMessage(role="user", content="Write."),), f"[USR] {text}\n[AI] {text}")


EXAMPLES = [example(text) for text in ("one", "two", "three", "four", "five")]
HELD_OUT = [example(text) for text in ("six", "seven", "eight")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def two_processes(tmp_path: Path) -> Path:
    """The configuration for several GPUs, with two CPU processes instead of them."""
    content = yaml.safe_load((SHIPPED / "multi-gpu.yaml").read_text())
    path = tmp_path / "two-processes.yaml"
    path.write_text(yaml.safe_dump(content | {"num_processes": 2, "use_cpu": True}))
    return path


class Bench:
    def __init__(self, base: Path, accelerate_config: Path, folder: Path) -> None:
        self.arguments: dict[str, Any] = {
            "accelerate_config": accelerate_config,
            "base_model": str(base),
            "examples": EXAMPLES,
            "config": CONFIG,
            "seed": 7,
            "output": folder / "out",
            "validation": HELD_OUT,
            "checkpoints": folder / "checkpoints",
        }
        self.reported: list[TrainingProgress] = []

    def train(
        self,
        *,
        on_progress: Callable[[TrainingProgress], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        **changes: Any,
    ) -> TrainingResult:
        self.reported = []

        def report(progress: TrainingProgress) -> None:
            self.reported.append(progress)
            if on_progress is not None:
                on_progress(progress)

        given = self.arguments | {"on_progress": report, "should_stop": should_stop} | changes
        return launch_fine_tune(**given)


@pytest.fixture
def bench(tiny: Path, two_processes: Path, tmp_path: Path) -> Bench:
    return Bench(tiny, two_processes, tmp_path)


def test_two_processes_train_one_adapter(bench: Bench) -> None:
    result = bench.train()

    assert result.processes == 2
    assert [progress.step for progress in bench.reported] == [1, 2, 3, 4, 5, 6]
    assert tuple(progress.loss for progress in bench.reported) == result.loss_curve
    assert [step for step, _ in result.validation_curve] == [3, 6]
    assert result.final_loss < result.loss_curve[0]
    output: Path = bench.arguments["output"]
    assert sorted(path.name for path in output.iterdir()) == sorted(ADAPTER_FILES)


@pytest.mark.thorough
def test_a_stopped_training_goes_on_in_two_other_processes(bench: Bench) -> None:
    stop = threading.Event()
    with pytest.raises(TrainingStopped, match="of 6 steps"):
        bench.train(on_progress=lambda _: stop.set(), should_stop=stop.is_set)
    stopped_after = bench.reported[-1].step

    result = bench.train()

    assert result.resumed_at == stopped_after
    assert [progress.step for progress in bench.reported] == list(range(stopped_after + 1, 7))
    assert len(result.loss_curve) == 6


def test_what_the_processes_refuse_is_said_as_if_there_were_one(bench: Bench) -> None:
    with pytest.raises(TooFewExamples, match="1 accepted teacher dialogues to learn from"):
        bench.train(examples=EXAMPLES[:1])


def test_a_process_that_dies_is_reported_with_what_it_said(bench: Bench, tmp_path: Path) -> None:
    config = tmp_path / "broken.yaml"
    config.write_text("distributed_type: MULTI_GPU\nno_such_key: 1\n")

    with pytest.raises(LaunchFailed, match="no_such_key"):
        bench.train(accelerate_config=config)


@pytest.mark.thorough
def test_an_error_here_ends_the_processes(bench: Bench) -> None:
    def fail(progress: TrainingProgress) -> None:
        raise LookupError("the lease is lost")

    with pytest.raises(LookupError):
        bench.train(on_progress=fail)

    assert _children() == []


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_configurations_are_accelerates(path: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(path))

    kinds = {"single-gpu": "NO", "multi-gpu": "MULTI_GPU", "fsdp": "FSDP"}
    assert config.distributed_type == kinds[path.stem]
    assert config.mixed_precision == "no"
    assert not config.use_cpu


def _children() -> list[int]:
    """The processes this one has started and that still run."""
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in found.split() if _alive(int(pid))]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return True
