"""What to publish so that a run goes on: read from the store alone.

It is what has no final result, and just that. Handlers are idempotent, so what is published and was
done after all is found in the store and not done again.
"""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import Message, PromptsRelease, RunGrounded, RunRequested
from recdial.domain import Role, RunState
from recdial.store import adapters, jobs, prompts, runs
from recdial.store.jobs import DEDUPLICATE, RELEASE, JobName


class _Requeue(Protocol):
    async def __call__(
        self,
        session: AsyncSession,
        run_id: UUID,
        kind: JobName,
        *,
        cursor: dict[str, Any] | None = None,
    ) -> None: ...


async def resume_alone(session: AsyncSession, run_id: UUID) -> list[Message]:
    """Reopen a run that no other process works on, and say what to publish.

    For embedded mode, which holds a lock on the run's folder: leases are those of dead processes
    and are released, and what was in the queues counts as lost. Raises RunUnknown.
    """
    return await _resume(session, run_id, jobs.requeue)


async def resume_beside_others(session: AsyncSession, run_id: UUID) -> list[Message]:
    """Reopen a run that other processes may still work on, and say what to publish.

    For the cluster: a job in somebody's hands stays there (a dead worker's lease runs out by
    itself). What still waits in a queue is published once more, which does no harm. Raises
    RunUnknown.
    """
    return await _resume(session, run_id, jobs.requeue_idle)


async def _resume(session: AsyncSession, run_id: UUID, requeue: _Requeue) -> list[Message]:
    run = await runs.get(session, run_id, lock=True)
    if run.state == RunState.failed:
        await jobs.remove(session, run_id, JobName.evaluate)
    if run.state in (RunState.failed, RunState.paused):
        await runs.reopen(session, run_id)
    for job in await jobs.of_run(session, run_id):
        if job.state != "done":
            await requeue(session, run_id, JobName(job.kind))
    prompted, dropped = await prompts.count_settled(session, run_id)
    if run.profiles is None or prompted + dropped < run.profiles:
        # From the start: what was published and led to nothing yet may be lost.
        await requeue(session, run_id, JobName.ground, cursor={})
        return [RunRequested(run_id=run_id)]
    messages: list[Message] = [RunGrounded(run_id=run_id, profiles=run.profiles)]
    for role in Role:
        if await prompts.has_pending(session, run_id, role):
            await requeue(session, run_id, RELEASE[role], cursor={})
            await jobs.remove(session, run_id, DEDUPLICATE[role])
            published = await adapters.of_run(session, run_id)
            messages.append(
                PromptsRelease(
                    run_id=run_id,
                    role=role,
                    adapter=adapters.reference(published) if published else None,
                )
            )
    return messages
