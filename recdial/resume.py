"""What to publish so that a run whose process died goes on: read from the store alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import Message, PromptsRelease, RunGrounded, RunRequested
from recdial.domain import Role
from recdial.store import adapters, jobs, prompts, runs
from recdial.store.jobs import RELEASE, JobName


async def resume(session: AsyncSession, run_id: UUID) -> list[Message]:
    """Reopen a run and say what to publish: what has no final result, and just that.

    Only for a run no other process works on (embedded mode holds a lock on its folder): leases are
    released, and what was in the queues counts as lost. Handlers are idempotent, so what was done
    is found in the store and not done again. Raises RunUnknown.
    """
    run = await runs.get(session, run_id, lock=True)
    if run.state == "failed":
        await runs.reopen(session, run_id)
        await jobs.remove(session, run_id, JobName.evaluate)
    for job in await jobs.of_run(session, run_id):
        if job.state != "done":
            await jobs.requeue(session, run_id, JobName(job.kind))
    prompted, dropped = await prompts.count_settled(session, run_id)
    if run.profiles is None or prompted + dropped < run.profiles:
        await jobs.requeue(session, run_id, JobName.ground)
        return [RunRequested(run_id=run_id)]
    messages: list[Message] = [RunGrounded(run_id=run_id, profiles=run.profiles)]
    for role in Role:
        if await prompts.has_pending(session, run_id, role):
            await jobs.requeue(session, run_id, RELEASE[role], cursor={})
            published = await adapters.of_run(session, run_id)
            messages.append(
                PromptsRelease(
                    run_id=run_id,
                    role=role,
                    adapter=adapters.reference(published) if published else None,
                )
            )
    return messages
