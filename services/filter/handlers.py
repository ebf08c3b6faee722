"""The filter as the bus calls it: judge a dialogue, and see whether that completes anything."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from recdial.contracts import (
    DialogueAccepted,
    DialogueFailed,
    DialogueGenerated,
    DialogueRejected,
    Messages,
    RunFailed,
    RunGrounded,
)
from recdial.domain import Reason, Role, Verdict
from recdial.store import Store, dialogues, items, models, prompts, runs
from recdial.store.configs import RunConfigs
from services.filter.completion import Completeness, completion_events
from services.filter.judging import JudgingContext, judge, mentioned


@dataclass(frozen=True)
class Deps:
    """What the filter works with."""

    store: Store
    configs: RunConfigs


async def judge_dialogue(message: DialogueGenerated, deps: Deps) -> Messages:
    """Judge the stored text of a dialogue (paper, §3.4). A repeat publishes the stored verdict."""
    async with deps.store.read() as session:
        stored = await dialogues.judged(session, message.dialogue_id)
    if stored is None:
        stored = await _judge(message, deps)
    return [_verdict_event(stored), *await _completed_by(message.role, message.run_id, deps)]


async def record_failure(message: DialogueFailed, deps: Deps) -> Messages:
    """End work that was given up as a failed verdict, so that the run ends."""
    async with deps.store.begin() as session:
        stored = await dialogues.add_verdict(
            session,
            dialogue_id=message.dialogue_id,
            run_id=message.run_id,
            prompt_id=message.prompt_id,
            role=message.role,
            attempt=message.attempt,
            turns=(),
            verdict=Verdict.failed,
            reasons=(Reason(rule="not_written", detail=message.cause),),
        )
    return [_verdict_event(stored), *await _completed_by(message.role, message.run_id, deps)]


async def check_run(message: RunGrounded, deps: Deps) -> Messages:
    """See whether the run is complete (a resumed run may be)."""
    return await completed(message.run_id, deps)


async def completed(run_id: UUID, deps: Deps) -> Messages:
    """What is complete now, read in a fresh transaction that locks the run.

    Of two replicas that store the last two verdicts at once, the later one sees both.
    """
    config = await deps.configs.get(run_id)
    async with deps.store.begin() as session:
        run = await runs.get(session, run_id, lock=True)
        found = Completeness(
            teacher_assigned=run.teacher_assigned,
            teacher_pending=await prompts.has_pending(session, run_id, Role.teacher),
            student_assigned=run.student_assigned,
            student_pending=await prompts.has_pending(session, run_id, Role.student),
        )
    return completion_events(run_id, found, config.until)


async def _completed_by(role: Role, run_id: UUID, deps: Deps) -> Messages:
    """What a verdict on one of the role's dialogues completes; mostly nothing, seen without a lock.

    The verdict is committed, so whoever commits the last one finds nothing pending here.
    """
    async with deps.store.read() as session:
        if await prompts.has_pending(session, run_id, role):
            return []
    return await completed(run_id, deps)


async def judging_exhausted(message: DialogueGenerated, cause: str) -> Messages:
    """A dialogue that cannot be judged has failed."""
    return [
        DialogueFailed(
            run_id=message.run_id,
            dialogue_id=message.dialogue_id,
            prompt_id=message.prompt_id,
            role=message.role,
            attempt=message.attempt,
            cause=f"could not be judged: {cause}",
        )
    ]


async def event_exhausted(message: DialogueFailed | RunGrounded, cause: str) -> Messages:
    """A run whose verdicts cannot be stored cannot go on."""
    return [RunFailed(run_id=message.run_id, stage="filter", cause=cause)]


async def _judge(message: DialogueGenerated, deps: Deps) -> models.Dialogue:
    config = await deps.configs.get(message.run_id)
    async with deps.store.read() as session:
        completion = await dialogues.completion(session, message.dialogue_id)
        if completion is None:
            raise LookupError(f"the store has no completion of dialogue {message.dialogue_id}")
        prompt = await prompts.get(session, message.prompt_id)
        in_catalogue = await items.known(session, message.run_id, mentioned(completion.text))
    context = JudgingContext(
        prompt_item_ids=frozenset(prompt.item_ids),
        target_item_id=prompt.target_item_id,
        catalogue_item_ids=in_catalogue,
    )
    judgement = judge(
        completion.text, completion.finish_reason, context, config.filtering, config.profile
    )
    async with deps.store.begin() as session:
        return await dialogues.add_verdict(
            session,
            dialogue_id=message.dialogue_id,
            run_id=message.run_id,
            prompt_id=message.prompt_id,
            role=message.role,
            attempt=message.attempt,
            turns=judgement.turns,
            verdict=judgement.verdict,
            reasons=judgement.reasons,
        )


def _verdict_event(stored: models.Dialogue) -> DialogueAccepted | DialogueRejected:
    event = {
        "run_id": stored.run_id,
        "dialogue_id": stored.id,
        "prompt_id": stored.prompt_id,
        "role": stored.role,
        "attempt": stored.attempt,
        "final": stored.final,
    }
    if stored.verdict == Verdict.accepted:
        return DialogueAccepted.model_validate(event)
    return DialogueRejected.model_validate({**event, "reasons": stored.reasons})
