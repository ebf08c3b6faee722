"""What a user may ask of a run that others work on: pause, resume, cancel.

*Pause*: nothing new is admitted, what is in flight finishes. *Resume*: the run goes on, a failed
one too, and one that has ended if it is to do a later phase; what has no final verdict is published
again. *Cancel* is final: long work ends,
prompts that wait are dropped, and the evaluator reports what there is.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import Message
from recdial.domain import RunState
from recdial.resume import resume_beside_others
from recdial.settings import Phase
from recdial.store import jobs, runs
from recdial.store.jobs import JobName


class Action(StrEnum):
    """What can be asked of a run."""

    pause = "pause"
    resume = "resume"
    cancel = "cancel"


class NotPossible(Exception):
    """What was asked cannot be done in the state the run is in."""


_AFTER = {
    Action.pause: {
        RunState.running: RunState.paused,
        RunState.paused: RunState.paused,
    },
    Action.resume: {
        RunState.running: RunState.running,
        RunState.paused: RunState.running,
        RunState.failed: RunState.running,
    },
    Action.cancel: {
        RunState.running: RunState.cancelled,
        RunState.paused: RunState.cancelled,
        RunState.cancelled: RunState.cancelled,
    },
}


def state_after(state: RunState, action: Action) -> RunState:
    """The state an action leads to; to ask for what is so already is allowed.

    Raises NotPossible.
    """
    after = _AFTER[action].get(state)
    if after is None:
        allowed = ", ".join(_AFTER[action])
        raise NotPossible(
            f"a run that is {state} cannot be asked to {action}: only one that is {allowed} can"
        )
    return after


async def pause(session: AsyncSession, run_id: UUID) -> None:
    """Admit no new work of a run. Raises RunUnknown and NotPossible."""
    run = await runs.get(session, run_id, lock=True)
    await runs.set_state(session, run_id, state_after(RunState(run.state), Action.pause))


async def resume(session: AsyncSession, run_id: UUID, until: Phase | None = None) -> list[Message]:
    """Let a run go on; what is to be published for it.

    With `until`, a run that has ended or is paused does later phases, too. Raises RunUnknown and
    NotPossible.
    """
    run = await runs.get(session, run_id, lock=True)
    state = RunState(run.state)
    if until is not None and until != run.config["until"]:
        if state is RunState.running:
            raise NotPossible(
                f"a run that is running stays one until {run.config['until']}: "
                "wait for its end, or pause it"
            )
        try:
            extended = await runs.extend(session, run_id, until)
        except ValidationError as error:
            raise NotPossible(error.errors()[0]["msg"]) from error
        if not extended:
            raise NotPossible(
                f"a run that is {state} until {run.config['until']} cannot go on until {until}: "
                "until can be raised, and not of a cancelled run"
            )
        state = RunState.running
    state_after(state, Action.resume)
    return await resume_beside_others(session, run_id)


async def cancel(session: AsyncSession, run_id: UUID) -> None:
    """End a run for good and have it reported on. Raises RunUnknown and NotPossible."""
    run = await runs.get(session, run_id, lock=True)
    await runs.set_state(session, run_id, state_after(RunState(run.state), Action.cancel))
    await jobs.cancel(session, run_id)
    await jobs.add(session, run_id, JobName.evaluate)
