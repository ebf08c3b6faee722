"""Runs: creating, reading and ending them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import RunState
from recdial.settings import PHASES, Phase, RunConfig
from recdial.store import jobs
from recdial.store.database import insert_new
from recdial.store.jobs import JobName
from recdial.store.models import Run, utc_now


class RunUnknown(LookupError):
    """The store has no such run."""


async def create(session: AsyncSession, run_id: UUID, config: RunConfig) -> bool:
    """Add a run; False where it was there already."""
    row = {
        "id": run_id,
        "name": config.name,
        "config": config.model_dump(mode="json"),
        "config_digest": config.digest(),
    }
    return bool(await insert_new(session, Run, [row]))


async def extend(session: AsyncSession, run_id: UUID, until: Phase) -> bool:
    """Let a run do more phases; False where it does them already, or is cancelled.

    A run that had ended goes on: what it has done stays, and it is reported on anew. Raises
    RunUnknown, and ValidationError where its configuration cannot have that phase.
    """
    run = await get(session, run_id, lock=True)
    before = RunConfig.model_validate(run.config)
    if run.state == RunState.cancelled or PHASES.index(until) <= PHASES.index(before.until):
        return False
    after = RunConfig.model_validate({**run.config, "until": until})
    run.config = after.model_dump(mode="json")
    await session.flush()
    await reopen(session, run_id)
    await jobs.remove(session, run_id, JobName.evaluate)
    return True


async def get(session: AsyncSession, run_id: UUID, *, lock: bool = False) -> Run:
    """The run; with `lock`, its row is held until the transaction ends. Raises RunUnknown."""
    statement = select(Run).where(Run.id == run_id)
    if lock:
        # Not FOR UPDATE: new rows that refer to the run would have to wait.
        statement = statement.with_for_update(key_share=True)
    run = (await session.execute(statement)).scalar_one_or_none()
    if run is None:
        raise RunUnknown(f"the store has no run {run_id}")
    return run


async def config(session: AsyncSession, run_id: UUID) -> RunConfig:
    """The run's configuration. Raises RunUnknown."""
    return RunConfig.model_validate((await get(session, run_id)).config)


async def all_runs(session: AsyncSession) -> list[Run]:
    """Every run, oldest first."""
    return list((await session.execute(select(Run).order_by(Run.created_at))).scalars())


async def set_grounded(
    session: AsyncSession, run_id: UUID, profiles: int, report: dict[str, Any]
) -> None:
    """Record that all profiles of the run were published."""
    await session.execute(
        update(Run).where(Run.id == run_id).values(profiles=profiles, grounding=report)
    )


async def fail(session: AsyncSession, run_id: UUID, stage: str, cause: str) -> bool:
    """End a run as failed; False where it had ended already."""
    return await _end(session, run_id, state="failed", failure_stage=stage, failure_cause=cause)


async def complete(session: AsyncSession, run_id: UUID) -> bool:
    """End a run as completed; False where it had ended already."""
    return await _end(session, run_id, state="completed")


async def reopen(session: AsyncSession, run_id: UUID) -> None:
    """Let a run go on that failed, is paused, or is complete no more."""
    await session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state != RunState.cancelled)
        .values(
            state=RunState.running.value, failure_stage=None, failure_cause=None, finished_at=None
        )
    )


async def set_state(session: AsyncSession, run_id: UUID, state: RunState) -> None:
    """Record the state a user asked for."""
    values: dict[str, Any] = {"state": state.value}
    if state is RunState.cancelled:
        values["finished_at"] = utc_now()
    await session.execute(
        update(Run).where(Run.id == run_id, Run.state != state.value).values(**values)
    )


async def state(session: AsyncSession, run_id: UUID) -> RunState:
    """The run's state. Raises RunUnknown."""
    found = await session.scalar(select(Run.state).where(Run.id == run_id))
    if found is None:
        raise RunUnknown(f"the store has no run {run_id}")
    return RunState(found)


async def in_state(session: AsyncSession, state: RunState) -> list[UUID]:
    """The runs in a state, oldest first."""
    statement = select(Run.id).where(Run.state == state.value).order_by(Run.created_at)
    return list((await session.execute(statement)).scalars())


async def _end(session: AsyncSession, run_id: UUID, **values: Any) -> bool:
    # Also a paused run: what was in flight may be its last.
    result: Any = await session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state.in_([RunState.running, RunState.paused]))
        .values(finished_at=utc_now(), **values)
    )
    return bool(result.rowcount)
