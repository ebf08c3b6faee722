"""The installed local model: fine-tuned, published, and generating with and without its adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendRefused, BackendUnavailable
from recdial.llm.local_models import is_installed, resolve_model
from recdial.process_settings import ProcessSettings
from recdial.settings import DistillationConfig
from services.generator.local import LocalBackend
from services.trainer.adapters import publish_adapter
from services.trainer.examples import Example
from services.trainer.outcome import TrainingResult
from services.trainer.sft import fine_tune

NAME = "smollm2-135m"
MODELS = ProcessSettings().models

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not is_installed(NAME, MODELS), reason=f"{NAME} is not in {MODELS}: run `make model`"
    ),
]
pytest.importorskip("trl", reason="fine-tuning needs trl")

GREEDY = SamplingParams(max_tokens=24, temperature=0.0)


def chat(film: str) -> tuple[ChatMessage, ...]:
    return (
        ChatMessage(role="system", content="Write a short dialogue about a film."),
        ChatMessage(role="user", content=f"The film: {film}"),
    )


def dialogue(film: str) -> str:
    return f"[USR] What shall I see?\n[AI] See {film}."


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdapterRef, TrainingResult]:
    folder = tmp_path_factory.mktemp("trained")
    result = fine_tune(
        resolve_model(NAME, MODELS),
        [Example(chat(film), dialogue(film)) for film in ("<id_1>", "<id_22>", "<id_333>")],
        DistillationConfig(max_steps=3, min_examples=2, learning_rate=5e-3),
        seed=7,
        output=folder / "adapter",
        on_progress=lambda progress: None,
        should_stop=lambda: False,
    )
    return publish_adapter(folder / "adapter", folder, UUID(int=1), NAME), result


@pytest.fixture
async def backend() -> AsyncIterator[LocalBackend]:
    backend = LocalBackend(resolve_model(NAME, MODELS), name=NAME, batch_size=4)
    yield backend
    await backend.close()


async def test_the_student_writes_in_the_form_it_was_taught_and_the_base_model_does_not(
    backend: LocalBackend, trained: tuple[AdapterRef, TrainingResult]
) -> None:
    adapter, result = trained

    base = await backend.complete(chat("<id_4444>"), GREEDY)
    student = await backend.complete(chat("<id_4444>"), GREEDY, adapter)

    assert result.final_loss < result.loss_curve[0]
    assert student.text.startswith("[USR] What shall I see?")
    assert not base.text.startswith("[USR]")
    assert student.model == base.model == NAME


async def test_a_batch_of_three_gives_three_answers(
    backend: LocalBackend, trained: tuple[AdapterRef, TrainingResult]
) -> None:
    films = ["<id_7>", "a film with a much longer description", "<id_99>"]

    answers = await asyncio.gather(
        *(backend.complete(chat(film), GREEDY, trained[0]) for film in films)
    )

    assert len({answer.prompt_tokens for answer in answers}) == 3
    assert all(answer.text.startswith("[USR]") for answer in answers)


async def test_an_adapter_with_other_bytes_is_refused(
    backend: LocalBackend, trained: tuple[AdapterRef, TrainingResult]
) -> None:
    altered = trained[0].model_copy(update={"sha256": "0" * 64})

    with pytest.raises(BackendRefused, match="is not what was published"):
        await backend.complete(chat("<id_7>"), GREEDY, altered)


async def test_closing_fails_the_calls_that_wait() -> None:
    backend = LocalBackend(resolve_model(NAME, MODELS), batch_size=1)
    endless = SamplingParams(max_tokens=4000, temperature=0.0)
    calls = [asyncio.create_task(backend.complete(chat("<id_7>"), endless)) for _ in range(3)]
    await asyncio.wait(calls, timeout=0)  # they begin

    await backend.close()

    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [BackendUnavailable] * 3
