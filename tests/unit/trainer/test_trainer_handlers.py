"""What the trainer does when it is told that the teacher is done, and with the job of that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from recdial.bus import Reject, RetryPolicy
from recdial.bus.local import LocalBus
from recdial.contracts import AdapterPublished, Messages, TeacherCompleted
from recdial.domain import AdapterRef, RunState
from recdial.jobs import JobContext, JobStopped, JobWorker
from recdial.store import Store, adapters, jobs, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from recdial.store.models import Dialogue
from services.trainer.handlers import Deps, request_training, train_student
from services.trainer.settings import TrainerSettings
from tests.queued_training import training_config, write_teachers_part
from tests.synthetic import scripted_config

RUN = UUID(int=1)
MANY_STEPS = 100_000
PUBLISHED = AdapterRef(adapter_id="1", uri="/a", sha256="0" * 64, base_model="base")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    await made.migrate()
    yield made
    await made.close()


@pytest.fixture
def deps(store: Store, tmp_path: Path) -> Deps:
    return Deps(store, RunConfigs(store), TrainerSettings(artifacts=tmp_path / "artifacts"))


async def with_teachers_part(store: Store, base: Path, **distillation: Any) -> None:
    async with store.begin() as session:
        await write_teachers_part(session, RUN, training_config(base, **distillation))


async def told(deps: Deps) -> tuple[list[AdapterRef], int]:
    """What follows when the teacher is done: adapters told of, and trainings queued."""
    worker = JobWorker(deps.store, LocalBus(RetryPolicy()), [])
    found = await request_training(TeacherCompleted(run_id=RUN), worker, deps)
    async with deps.store.read() as session:
        queued = [job for job in await jobs.of_run(session, RUN) if job.kind == JobName.train]
    return told_of(found), len(queued)


def told_of(messages: Messages) -> list[AdapterRef]:
    return [message.adapter for message in messages if isinstance(message, AdapterPublished)]


async def begun(store: Store) -> JobContext:
    """The run's training as a worker sees it that has just claimed it."""
    async with store.begin() as session:
        await jobs.add(session, RUN, JobName.train)
        job = await jobs.claim(session, [JobName.train], "a worker", 600)
    assert job is not None
    return JobContext(store, job, asyncio.Event())


async def test_a_run_that_does_not_train_gets_no_job(deps: Deps) -> None:
    async with deps.store.begin() as session:
        await runs.create(session, RUN, scripted_config("untrained"))

    assert await told(deps) == ([], 0)


async def test_training_is_queued_once_however_often_it_is_told(deps: Deps, tmp_path: Path) -> None:
    await with_teachers_part(deps.store, tmp_path)

    for _ in range(2):
        assert await told(deps) == ([], 1)


async def test_an_adapter_there_is_is_told_of_and_not_trained_again(
    deps: Deps, tmp_path: Path
) -> None:
    await with_teachers_part(deps.store, tmp_path / "no such model")
    async with deps.store.begin() as session:
        await adapters.add(session, RUN, PUBLISHED, {})
    left = deps.settings.checkpoint_folder / str(RUN)
    left.mkdir(parents=True)

    assert await told(deps) == ([PUBLISHED], 0)
    assert told_of(await train_student(await begun(deps.store), deps)) == [PUBLISHED]
    assert not left.exists()


async def test_too_few_dialogues_are_not_trained_on(deps: Deps, tiny: Path) -> None:
    await with_teachers_part(deps.store, tiny)
    async with deps.store.begin() as session:
        await session.execute(delete(Dialogue))

    with pytest.raises(Reject, match="0 "):
        await train_student(await begun(deps.store), deps)


async def test_a_model_that_is_not_there_is_named(deps: Deps, tmp_path: Path) -> None:
    await with_teachers_part(deps.store, tmp_path / "nowhere")

    with pytest.raises(Reject, match="nowhere"):
        await train_student(await begun(deps.store), deps)


@pytest.mark.parametrize(("state", "kept"), [(RunState.paused, True), (RunState.cancelled, False)])
async def test_a_stopped_training_keeps_what_somebody_may_go_on_from(
    deps: Deps, tiny: Path, state: RunState, kept: bool
) -> None:
    await with_teachers_part(deps.store, tiny, max_steps=MANY_STEPS, checkpoint_every=1)
    checkpoints = deps.settings.checkpoint_folder / str(RUN)
    training = asyncio.create_task(train_student(await begun(deps.store), deps))
    async with asyncio.timeout(120):
        while not list(checkpoints.glob("attempt-*/*.seal.json")):
            assert not training.done()
            await asyncio.sleep(0.05)
    async with deps.store.begin() as session:
        await runs.set_state(session, RUN, state)

    with pytest.raises(JobStopped):
        await training

    assert checkpoints.exists() is kept
    assert not list((deps.settings.checkpoint_folder.parent / "adapters").glob("*"))
