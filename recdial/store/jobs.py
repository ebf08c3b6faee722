"""Rows of long work: queueing, claiming, renewing and ending them.

A claim gives the job a lease and a new fence number. Whoever renews, saves or ends it must show
that number: a worker that was given up for dead and comes back finds it changed and stops.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Role, RunState
from recdial.store.database import insert_new
from recdial.store.models import Job, Run, utc_now


class JobName(StrEnum):
    """The kinds of long work. A run has each at most once."""

    ground = "ground"
    """Read the source, publish the profiles (grounding)."""
    release_teacher = "release-teacher"
    """Publish the teacher's prompts (prompter)."""
    release_student = "release-student"
    """Publish the student's prompts (prompter)."""
    train = "train"
    """Fine-tune the student (trainer)."""
    deduplicate_teacher = "deduplicate-teacher"
    """Find the teacher's near-duplicates (filter)."""
    deduplicate_student = "deduplicate-student"
    """Find the student's near-duplicates (filter)."""
    evaluate = "evaluate"
    """Measure and export the dataset (evaluator)."""


RELEASE = {Role.teacher: JobName.release_teacher, Role.student: JobName.release_student}
"""The job that publishes a role's prompts."""

DEDUPLICATE = {
    Role.teacher: JobName.deduplicate_teacher,
    Role.student: JobName.deduplicate_student,
}
"""The job that finds a role's near-duplicates."""


_may_be_worked = exists().where(
    Run.id == Job.run_id,
    or_(
        Run.state.not_in([RunState.paused, RunState.cancelled]),
        (Run.state == RunState.cancelled) & (Job.kind == JobName.evaluate),
    ),
)


class LeaseLost(Exception):
    """Another worker has the job now, or it was cancelled."""


async def add(session: AsyncSession, run_id: UUID, kind: JobName) -> bool:
    """Queue a job of a run; False where the run has one of that kind already."""
    return bool(
        await insert_new(session, Job, [{"id": uuid4(), "run_id": run_id, "kind": kind.value}])
    )


async def of_run(session: AsyncSession, run_id: UUID) -> list[Job]:
    """The jobs of a run, oldest first."""
    statement = select(Job).where(Job.run_id == run_id).order_by(Job.created_at)
    return list((await session.execute(statement)).scalars())


async def claim(
    session: AsyncSession, kinds: list[JobName], worker: str, lease_s: float
) -> Job | None:
    """Take the oldest job that is queued and due, or whose lease ran out; None if there is none.

    Jobs of a run that is paused or cancelled are left alone, but for the report on a cancelled one.
    """
    now = utc_now()
    free = or_(
        (Job.state == "queued") & or_(Job.not_before.is_(None), Job.not_before <= now),
        (Job.state == "running") & (Job.lease_until < now),
    )
    statement = (
        select(Job)
        .where(Job.kind.in_(kinds), free, _may_be_worked)
        .order_by(Job.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    job = (await session.execute(statement)).scalar_one_or_none()
    if job is None:
        return None
    job.state = "running"
    job.worker = worker
    job.fence += 1
    job.lease_until = now + timedelta(seconds=lease_s)
    await session.flush()
    return job


async def next_due(session: AsyncSession, kinds: list[JobName]) -> datetime | None:
    """When a job that nobody can take yet may be taken; None if no job is waiting."""
    rows = await session.execute(
        select(Job.state, Job.not_before, Job.lease_until).where(
            Job.kind.in_(kinds), Job.state.in_(["queued", "running"]), _may_be_worked
        )
    )
    times = [(not_before if state == "queued" else lease) for state, not_before, lease in rows]
    return min((time for time in times if time is not None), default=None)


async def any_open(session: AsyncSession, kinds: list[JobName]) -> bool:
    """Whether a job of these kinds is queued or running, those of paused runs left out."""
    statement = select(Job.id).where(
        Job.kind.in_(kinds), Job.state.in_(["queued", "running"]), _may_be_worked
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def renew(session: AsyncSession, job: Job, lease_s: float) -> None:
    """Prolong the lease. Raises LeaseLost."""
    await _update(session, job, lease_until=utc_now() + timedelta(seconds=lease_s))


async def save_cursor(session: AsyncSession, job: Job, cursor: dict[str, Any]) -> None:
    """Record how far the work is. Raises LeaseLost."""
    await _update(session, job, cursor=cursor)


async def finish(session: AsyncSession, job: Job) -> None:
    """End the job as done. Raises LeaseLost."""
    await _update(session, job, state="done", lease_until=None, error=None)


async def release(session: AsyncSession, job: Job) -> None:
    """Put the job back for anyone to take, uncharged (a worker that stops). Raises LeaseLost."""
    await _update(session, job, state="queued", lease_until=None)


async def retry(session: AsyncSession, job: Job, error: str, delay_s: float) -> None:
    """Put the job back after a failure. Raises LeaseLost."""
    await _update(
        session,
        job,
        state="queued",
        lease_until=None,
        failures=job.failures + 1,
        not_before=utc_now() + timedelta(seconds=delay_s),
        error=error,
    )


async def give_up(session: AsyncSession, job: Job, error: str) -> None:
    """End the job as failed. Raises LeaseLost."""
    await _update(
        session, job, state="failed", lease_until=None, failures=job.failures + 1, error=error
    )


async def requeue(
    session: AsyncSession, run_id: UUID, kind: JobName, *, cursor: dict[str, Any] | None = None
) -> None:
    """Queue a job again, whatever its state: only when no other process can be at it."""
    await _requeue(session, run_id, kind, cursor, ["queued", "running", "done", "failed"])


async def requeue_idle(
    session: AsyncSession, run_id: UUID, kind: JobName, *, cursor: dict[str, Any] | None = None
) -> None:
    """Queue a job again that no worker holds."""
    await _requeue(session, run_id, kind, cursor, ["queued", "done", "failed"])


async def cancel(session: AsyncSession, run_id: UUID) -> None:
    """End the unfinished jobs of a run but its report. Whoever works on one loses the lease."""
    await session.execute(
        update(Job)
        .where(
            Job.run_id == run_id,
            Job.kind != JobName.evaluate,
            Job.state.in_(["queued", "running"]),
        )
        .values(state="cancelled", lease_until=None)
    )


async def _requeue(
    session: AsyncSession,
    run_id: UUID,
    kind: JobName,
    cursor: dict[str, Any] | None,
    states: list[str],
) -> None:
    values: dict[str, Any] = {
        "state": "queued",
        "lease_until": None,
        "not_before": None,
        "failures": 0,
        "error": None,
    }
    if cursor is not None:
        values["cursor"] = cursor
    await session.execute(
        update(Job)
        .where(Job.run_id == run_id, Job.kind == kind, Job.state.in_(states))
        .values(**values)
    )


async def remove(session: AsyncSession, run_id: UUID, kind: JobName) -> None:
    """Forget a job, so that the run can have it again."""
    await session.execute(delete(Job).where(Job.run_id == run_id, Job.kind == kind))


async def _update(session: AsyncSession, job: Job, **values: Any) -> None:
    result: Any = await session.execute(
        update(Job)
        .where(Job.id == job.id, Job.fence == job.fence, Job.state == "running")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:
        raise LeaseLost(f"the {job.kind} job of run {job.run_id} is another worker's now")
