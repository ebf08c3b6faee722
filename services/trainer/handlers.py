"""The trainer as the bus and the job worker call it: accepted dialogues in, an adapter out."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog

from recdial.bus import Reject
from recdial.contracts import AdapterPublished, Canary, Messages, RunFailed, TeacherCompleted
from recdial.domain import AdapterRef, ChatMessage, Role, RunState, Turn
from recdial.jobs import JobContext, JobStopped, JobWorker
from recdial.llm.adapter_cards import adapter_card
from recdial.llm.adapter_storage import StorageUnknown
from recdial.llm.adapters import adapter_folder
from recdial.llm.local_models import ModelNotInstalled, resolve_model
from recdial.store import Store, adapters, dialogues, models, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.trainer.adapters import add_card, publish_adapter
from services.trainer.canary import record_canary
from services.trainer.examples import (
    AcceptedDialogue,
    TooFewExamples,
    split_by_user,
    to_examples,
)
from services.trainer.launch import launch_fine_tune
from services.trainer.outcome import (
    TrainingProgress,
    TrainingRefused,
    TrainingResult,
    TrainingStopped,
)
from services.trainer.publishing import upload_adapter
from services.trainer.settings import TrainerSettings
from services.trainer.sft import fine_tune

log = structlog.get_logger(__name__)


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
        return [_published(published)]
    await worker.enqueue(message.run_id, JobName.train)
    return []


async def train_student(context: JobContext, deps: Deps) -> Messages:
    """Fine-tune the student on the accepted teacher dialogues (paper, §3.3); publish the adapter.

    A killed trainer's successor goes on from its last checkpoint. The adapter's row comes after its
    files, and the message after the row: a repeat finds the row and publishes what it says.
    """
    config = await deps.configs.get(context.run_id)
    assert config.trains, "only runs that train have this job"
    checkpoints = deps.settings.checkpoint_folder / str(context.run_id)
    async with deps.store.read() as session:
        published = await adapters.of_run(session, context.run_id)
        accepted = await dialogues.accepted(session, context.run_id, Role.teacher)
    if published is None:
        with tempfile.TemporaryDirectory(prefix="recdial-train-") as folder:
            try:
                adapter, result, canary = await _train(
                    context,
                    deps,
                    [_accepted(*pair) for pair in accepted],
                    Path(folder),
                    checkpoints,
                )
            except JobStopped:
                async with deps.store.read() as session:
                    state = await runs.state(session, context.run_id)
                if state is RunState.cancelled:  # nobody will go on from them
                    await asyncio.to_thread(shutil.rmtree, checkpoints, ignore_errors=True)
                raise
        async with deps.store.begin() as session:
            await adapters.add(session, context.run_id, adapter, asdict(result), canary)
            published = await adapters.of_run(session, context.run_id)
        assert published is not None, "it was added in this transaction"
    await asyncio.to_thread(shutil.rmtree, checkpoints, ignore_errors=True)
    return [_published(published)]


async def _train(
    context: JobContext,
    deps: Deps,
    accepted: list[AcceptedDialogue],
    folder: Path,
    checkpoints: Path,
) -> tuple[AdapterRef, TrainingResult, Canary | None]:
    config = await deps.configs.get(context.run_id)
    settings = deps.settings
    loop = asyncio.get_running_loop()
    halted = threading.Event()

    async def record(progress: TrainingProgress) -> None:
        # Raises LeaseLost, before a checkpoint is written: a worker given up for dead writes none.
        await context.save(asdict(progress))
        try:
            await context.proceed()
        except JobStopped:
            halted.set()

    def report(progress: TrainingProgress) -> None:
        if progress.resumed_at is not None and progress.step == progress.resumed_at + 1:
            log.info("training.resumed", run_id=str(context.run_id), step=progress.resumed_at)
        asyncio.run_coroutine_threadsafe(record(progress), loop).result()

    def work() -> tuple[AdapterRef, TrainingResult, Canary | None]:
        training, validation = split_by_user(
            accepted, config.distillation.validation_share, config.seed
        )
        train = (
            fine_tune
            if settings.accelerate_config is None
            else partial(launch_fine_tune, settings.accelerate_config)
        )
        base_model = resolve_model(config.student.model, settings.models)
        examples = to_examples(training, config.seed)
        result = train(
            base_model,
            examples,
            config.distillation,
            seed=config.seed,
            output=folder / "adapter",
            on_progress=report,
            should_stop=lambda: halted.is_set() or context.stopping.is_set(),
            validation=to_examples(validation, config.seed),
            checkpoints=checkpoints,
        )
        artifacts = settings.artifacts
        adapter = publish_adapter(
            folder / "adapter",
            artifacts if isinstance(artifacts, Path) else checkpoints,
            context.run_id,
            config.student.model,
        )
        canary = None
        if config.student.backend == "hub":  # a local one reads the adapter's files itself
            canary = record_canary(
                base_model,
                adapter_folder(adapter.uri),
                [example.prompt for example in examples],
                quantization=config.distillation.quantization,
            )
        card = adapter_card(
            adapter, context.run_id, asdict(result), config.prompting.stereotypes, canary
        )
        add_card(adapter_folder(adapter.uri), card)
        if isinstance(artifacts, str):
            adapter = upload_adapter(adapter, artifacts)
        return adapter, result, canary

    try:
        return await asyncio.to_thread(work)
    except TrainingStopped as stopped:
        raise JobStopped from stopped
    except (TooFewExamples, TrainingRefused, ModelNotInstalled, StorageUnknown) as error:
        raise Reject(str(error)) from error
    finally:
        # A cancelled job leaves its thread behind: tell it to stop after the step in hand.
        halted.set()


def _published(adapter: models.Adapter) -> AdapterPublished:
    return AdapterPublished(
        run_id=adapter.run_id,
        adapter=adapters.reference(adapter),
        canary=adapters.canary(adapter),
    )


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
