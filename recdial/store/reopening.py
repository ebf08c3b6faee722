"""Undoing what followed from giving a message up, so that it can be sent again.

Work that was given up has a final verdict `failed`, or a drop, or it failed its whole run. When its
dead letter is sent again that end must go, or the work would find itself done.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import DialogueGenerated, Message, ProfileGrounded, PromptIssued, RunFailed
from recdial.domain import RunState, Verdict
from recdial.store import jobs, runs
from recdial.store.jobs import DEDUPLICATE, JobName
from recdial.store.models import Assignment, Dialogue, Drop, Run
from recdial.store.runs import RunUnknown


async def reopen(session: AsyncSession, message: Message) -> bool:
    """Undo what giving the message up led to. False where it must not be sent again.

    - A prompt or a dialogue: its verdict, if that is `failed`, is taken back and its assignment
      is pending again. A run that had ended with that verdict goes on, and is evaluated anew.
    - A profile: its drop is taken back, unless the prompts of the run were given out without it
      (the shares of the stereotypes are exact, and nobody would write for a late one).
    - Any other: a run that failed goes on.

    A cancelled or unknown run takes nothing any more.
    """
    try:
        run = await runs.get(session, message.run_id, lock=True)
    except RunUnknown:
        return False
    if run.state == RunState.cancelled:
        return False
    match message:
        case RunFailed():
            pass  # it says that the run failed, which stays so
        case PromptIssued() | DialogueGenerated():
            if await _take_back_verdict(session, message):
                await _go_on(session, run, RunState.completed, RunState.failed)
        case ProfileGrounded():
            if run.teacher_assigned:
                return False
            await _take_back_drop(session, message)
            await _go_on(session, run, RunState.failed)
        case _:
            await _go_on(session, run, RunState.failed)
    return True


async def _take_back_verdict(
    session: AsyncSession, message: PromptIssued | DialogueGenerated
) -> bool:
    failed: Any = await session.execute(
        update(Assignment)
        .where(
            Assignment.prompt_id == message.prompt_id,
            Assignment.role == message.role.value,
            Assignment.dialogue_id == message.dialogue_id,
            Assignment.state == Verdict.failed.value,
        )
        .values(state="pending", dialogue_id=None)
    )
    if not failed.rowcount:
        return False
    await session.execute(delete(Dialogue).where(Dialogue.id == message.dialogue_id))
    return True


async def _take_back_drop(session: AsyncSession, message: ProfileGrounded) -> None:
    await session.execute(
        delete(Drop).where(
            Drop.run_id == message.run_id,
            Drop.user_id == message.profile.user_id,
            Drop.history_number == message.profile.history_number,
            Drop.stage == "prompter",
        )
    )


async def _go_on(session: AsyncSession, run: Run, *ended: RunState) -> None:
    if run.state not in ended:
        return
    await runs.reopen(session, run.id)
    for kind in (JobName.evaluate, *DEDUPLICATE.values()):
        await jobs.remove(session, run.id, kind)
    await _requeue_failed(session, run.id)


async def _requeue_failed(session: AsyncSession, run_id: UUID) -> None:
    for job in await jobs.of_run(session, run_id):
        if job.state != "failed":
            continue
        if job.kind == JobName.train:
            # It may have failed for want of what is only now made: teacher.completed queues it.
            await jobs.remove(session, run_id, JobName.train)
        else:
            await jobs.requeue_idle(session, run_id, JobName(job.kind))
