"""The trainer as the bus and the job worker call it: accepted dialogues in, an adapter out."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from recdial.bus import Reject
from recdial.contracts import AdapterPublished, Messages, RunFailed, TeacherCompleted
from recdial.domain import AdapterRef, ChatMessage, Role, Turn
from recdial.jobs import JobContext, JobStopped, JobWorker
from recdial.llm.local_models import ModelNotInstalled, resolve_model
from recdial.store import Store, adapters, dialogues, models
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.trainer.adapters import publish_adapter
from services.trainer.examples import AcceptedDialogue, TooFewExamples, to_examples
from services.trainer.settings import TrainerSettings
from services.trainer.sft import TrainingProgress, TrainingResult, TrainingStopped, fine_tune


@dataclass(frozen=True)
class Deps:
    """What the trainer works with."""

    store: Store
    configs: RunConfigs
    settings: TrainerSettings


async def request_training(message: TeacherCompleted, worker: JobWorker, deps: Deps) -> Messages:
    """Queue the fine-tuning of the run's student, or publish the adapter it has already."""
    config = await deps.configs.get(message.run_id)
    if not config.trains:
        return []
    async with deps.store.read() as session:
        published = await adapters.of_run(session, message.run_id)
    if published is not None:
        return [AdapterPublished(run_id=message.run_id, adapter=adapters.reference(published))]
    await worker.enqueue(message.run_id, JobName.train)
    return []


async def train_student(context: JobContext, deps: Deps) -> Messages:
    """Fine-tune the student on the accepted teacher dialogues (paper, §3.3); publish the adapter.

    The adapter's row comes after its files, and the message after the row: a repeat finds the row
    and publishes what it says.
    """
    config = await deps.configs.get(context.run_id)
    async with deps.store.read() as session:
        published = await adapters.of_run(session, context.run_id)
        accepted = await dialogues.accepted(session, context.run_id, Role.teacher)
    if published is None:
        with tempfile.TemporaryDirectory(prefix="recdial-train-") as folder:
            adapter, result = await _train(
                context, deps, [_accepted(*pair) for pair in accepted], Path(folder)
            )
        async with deps.store.begin() as session:
            await adapters.add(session, context.run_id, adapter, asdict(result))
    else:
        adapter = adapters.reference(published)
    assert config.trains, "only runs that train have this job"
    return [AdapterPublished(run_id=context.run_id, adapter=adapter)]


async def _train(
    context: JobContext, deps: Deps, accepted: list[AcceptedDialogue], folder: Path
) -> tuple[AdapterRef, TrainingResult]:
    config = await deps.configs.get(context.run_id)
    loop = asyncio.get_running_loop()
    cancelled = threading.Event()

    def report(progress: TrainingProgress) -> None:
        saved = asyncio.run_coroutine_threadsafe(context.save(asdict(progress)), loop)
        saved.result()

    def work() -> tuple[AdapterRef, TrainingResult]:
        base_model = resolve_model(config.student.model, deps.settings.models)
        result = fine_tune(
            base_model,
            to_examples(accepted, config.seed),
            config.distillation,
            seed=config.seed,
            output=folder / "adapter",
            on_progress=report,
            should_stop=lambda: cancelled.is_set() or context.stopping.is_set(),
        )
        adapter = publish_adapter(
            folder / "adapter", deps.settings.artifacts, context.run_id, config.student.model
        )
        return adapter, result

    try:
        return await asyncio.to_thread(work)
    except TrainingStopped as stopped:
        raise JobStopped from stopped
    except (TooFewExamples, ModelNotInstalled) as error:
        raise Reject(str(error)) from error
    finally:
        # A cancelled job leaves its thread behind: tell it to stop at the next step.
        cancelled.set()


def training_failed(run_id: UUID, cause: str) -> Messages:
    """What follows when no adapter can be trained."""
    return [RunFailed(run_id=run_id, stage="trainer", cause=cause)]


async def request_exhausted(message: TeacherCompleted, cause: str) -> Messages:
    """What follows when not even the job could be queued."""
    return training_failed(message.run_id, cause)


def _accepted(dialogue: models.Dialogue, prompt: models.Prompt) -> AcceptedDialogue:
    return AcceptedDialogue(
        prompt_id=prompt.id,
        user_id=prompt.user_id,
        messages=tuple(ChatMessage.model_validate(message) for message in prompt.messages),
        turns=tuple(Turn.model_validate(turn) for turn in dialogue.turns),
    )
