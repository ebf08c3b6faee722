"""Letting a run do more phases, on every database."""

from __future__ import annotations

from uuid import UUID

import pytest

from recdial import run_control
from recdial.contracts import Message
from recdial.domain import RunState
from recdial.run_control import NotPossible
from recdial.settings import Phase
from recdial.store import Store, jobs, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from tests.synthetic import scripted_config

RUN = UUID(int=1)


async def begin(store: Store, until: Phase) -> None:
    async with store.begin() as session:
        await runs.create(session, RUN, scripted_config("extended", until=until))
        await jobs.add(session, RUN, JobName.ground)
        await jobs.add(session, RUN, JobName.evaluate)
        await runs.complete(session, RUN)


async def extend(store: Store, until: Phase) -> bool:
    async with store.begin() as session:
        return await runs.extend(session, RUN, until)


async def test_a_completed_run_goes_on_and_is_evaluated_anew(store: Store) -> None:
    await begin(store, "teacher")
    assert await extend(store, "student")
    async with store.read() as session:
        run = await runs.get(session, RUN)
        assert run.state == RunState.running
        assert run.finished_at is None
        assert [job.kind for job in await jobs.of_run(session, RUN)] == [JobName.ground]
        config = await runs.config(session, RUN)
    assert config == scripted_config("extended")
    assert run.config_digest == config.digest()


async def test_what_it_does_already_changes_nothing(store: Store) -> None:
    await begin(store, "student")
    for until in ("teacher", "student"):
        assert not await extend(store, until)
    async with store.read() as session:
        run = await runs.get(session, RUN)
        assert run.state == RunState.completed
        assert run.config["until"] == "student"
        assert len(await jobs.of_run(session, RUN)) == 2


async def test_a_cancelled_run_stays_cancelled(store: Store) -> None:
    await begin(store, "teacher")
    async with store.begin() as session:
        await runs.set_state(session, RUN, RunState.cancelled)
    assert not await extend(store, "student")
    async with store.read() as session:
        assert (await runs.get(session, RUN)).config["until"] == "teacher"


async def test_a_process_that_knows_the_run_hears_of_it(store: Store) -> None:
    await begin(store, "teacher")
    configs = RunConfigs(store)
    assert (await configs.get(RUN)).until == "teacher"
    await extend(store, "student")
    assert (await configs.get(RUN)).until == "student"


async def resume(store: Store, until: Phase | None) -> list[Message]:
    async with store.begin() as session:
        return await run_control.resume(session, RUN, until)


async def test_a_user_lets_a_completed_run_go_further(store: Store) -> None:
    await begin(store, "teacher")
    with pytest.raises(NotPossible, match="completed cannot be asked to resume"):
        await resume(store, None)
    messages = await resume(store, "student")
    # What the services make of it they read from the store.
    assert [message.topic for message in messages] == ["run.requested"]
    async with store.read() as session:
        assert await runs.state(session, RUN) is RunState.running


@pytest.mark.parametrize(
    ("state", "until", "to", "said"),
    [
        (RunState.running, "teacher", "student", "running stays one until teacher"),
        (RunState.completed, "student", "teacher", "cannot go on until teacher"),
        (RunState.cancelled, "teacher", "student", "not of a cancelled run"),
        (RunState.completed, "teacher", "adapter", "needs distillation.mode lora"),
    ],
)
async def test_what_cannot_be_asked_for_is_said(
    store: Store, state: RunState, until: Phase, to: Phase, said: str
) -> None:
    await begin(store, until)
    async with store.begin() as session:
        await runs.set_state(session, RUN, state)
    with pytest.raises(NotPossible, match=said):
        await resume(store, to)
    async with store.read() as session:
        assert (await runs.get(session, RUN)).config["until"] == until
