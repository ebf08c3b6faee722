"""Fine-tuning, with a real but tiny model."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

import pytest

from recdial.domain import ChatMessage
from recdial.llm.adapters import directory_digest
from recdial.llm.local_models import ModelNotInstalled
from recdial.settings import DistillationConfig
from services.trainer.examples import Example, TooFewExamples
from services.trainer.outcome import TrainingProgress, TrainingResult, TrainingStopped
from services.trainer.sft import fine_tune
from tests.tiny_llama import save_tiny_llama

pytest.importorskip("trl", reason="fine-tuning needs trl")

CONFIG = DistillationConfig(
    max_steps=3, min_examples=2, batch_size=2, lora_rank=4, max_length=200, threads=1
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go during a test."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def example(text: str) -> Example:
    return Example(
        prompt=(ChatMessage(role="user", content="Write."),),
        completion=f"[USR] {text}\n[AI] {text}",
    )


EXAMPLES = [example(text) for text in ("one", "two", "three", "four")]


def train(base: Path, output: Path, **changes: Any) -> TrainingResult:
    arguments: dict[str, Any] = {
        "base_model": str(base),
        "examples": EXAMPLES,
        "config": CONFIG,
        "seed": 7,
        "output": output,
        "on_progress": lambda progress: None,
        "should_stop": lambda: False,
    }
    return fine_tune(**{**arguments, **changes})


def test_training_writes_the_adapter_and_nothing_else(
    tiny: Path, tmp_path: Path, scratch: Path
) -> None:
    result = train(tiny, tmp_path / "out")

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert list(scratch.iterdir()) == []
    assert (result.steps, result.examples_used, result.examples_too_long) == (3, 4, 0)
    assert len(result.loss_curve) == 3
    assert result.final_loss == result.loss_curve[-1]


def test_the_loss_falls(tiny: Path, tmp_path: Path) -> None:
    result = train(tiny, tmp_path / "out", config=CONFIG.model_copy(update={"max_steps": 12}))

    assert result.final_loss < result.loss_curve[0] - 0.1


def test_only_the_dialogue_counts_in_the_loss_not_the_prompt(tiny: Path, tmp_path: Path) -> None:
    # Letters at random cannot be learned below log(26) = 3.3 nats each; one answer for all can.
    letters = [Random(number).choices(ascii_lowercase, k=120) for number in range(4)]
    examples = [
        Example((ChatMessage(role="user", content="".join(prompt)),), "[USR] Hi\n[AI] Hi")
        for prompt in letters
    ]
    config = CONFIG.model_copy(update={"max_steps": 40, "learning_rate": 1e-2})

    result = train(tiny, tmp_path / "out", examples=examples, config=config)

    assert result.final_loss < 2.0


def test_every_step_is_reported(tiny: Path, tmp_path: Path) -> None:
    reported: list[TrainingProgress] = []

    result = train(tiny, tmp_path / "out", on_progress=reported.append)

    assert [(progress.step, progress.steps) for progress in reported] == [(1, 3), (2, 3), (3, 3)]
    assert tuple(progress.loss for progress in reported) == result.loss_curve
    assert [progress.seconds for progress in reported] == sorted(
        progress.seconds for progress in reported
    )


def test_the_same_seed_gives_the_same_adapter_and_another_seed_another(
    tiny: Path, tmp_path: Path
) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 2**62 + 8)):
        train(tiny, tmp_path / name, seed=seed)

    weights = [
        (tmp_path / name / "adapter_model.safetensors").read_bytes()
        for name in ("one", "again", "other")
    ]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]
    assert directory_digest(tmp_path / "one") != directory_digest(tmp_path / "other")


def test_examples_that_are_too_long_are_left_out_and_counted(tiny: Path, tmp_path: Path) -> None:
    result = train(tiny, tmp_path / "out", examples=[*EXAMPLES, example("long" * 50)])

    assert (result.examples_used, result.examples_too_long) == (4, 1)


def test_too_few_examples_of_fitting_length_are_an_error(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(TooFewExamples, match="1 more exceed"):
        train(tiny, tmp_path / "out", examples=[example("one"), example("long" * 50)])


def test_too_few_examples_are_found_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(TooFewExamples, match="1 accepted teacher dialogues"):
        train(tmp_path / "no model", tmp_path / "out", examples=EXAMPLES[:1])


def test_training_stops_between_steps_and_leaves_nothing(
    tiny: Path, tmp_path: Path, scratch: Path
) -> None:
    reported: list[TrainingProgress] = []

    with pytest.raises(TrainingStopped, match="after 2 of 3 steps"):
        train(
            tiny,
            tmp_path / "out",
            on_progress=reported.append,
            should_stop=lambda: len(reported) == 2,
        )

    assert not (tmp_path / "out").exists()
    assert list(scratch.iterdir()) == []


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotInstalled, match="no-such-model"):
        train(tmp_path / "no-such-model", tmp_path / "out")


def test_training_prints_nothing(
    tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(tiny, tmp_path / "out")

    assert capfd.readouterr() == ("", "")
