"""The filter as the bus calls it: judge dialogues, and see whether that completes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from recdial.store import Store, dialogues, items, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.dialogues import NewVerdict, StoredVerdict, Text
from services.filter.completion import Completeness, completion_events
from services.filter.judging import JudgingContext, judge, mentioned


@dataclass(frozen=True)
class Deps:
    """What the filter works with."""

    store: Store
    configs: RunConfigs


async def judge_dialogues(
    messages: Sequence[DialogueGenerated], deps: Deps
) -> list[Messages | Exception]:
    """Judge the stored texts of dialogues (paper, §3.4), all in one transaction.

    A repeat publishes the stored verdict.
    """
    ids = {message.dialogue_id for message in messages}
    async with deps.store.read() as session:
        stored = await dialogues.verdicts(session, ids)
        texts = await dialogues.texts(session, ids - stored.keys())
        in_catalogue = {
            run_id: await items.known(session, run_id, mentions)
            for run_id, mentions in _mentions(messages, texts).items()
        }
    new = [
        await _judge(message, texts[message.dialogue_id], in_catalogue[message.run_id], deps)
        for message in {one.dialogue_id: one for one in messages}.values()
        if message.dialogue_id in texts
    ]
    if new:
        async with deps.store.begin() as session:
            stored |= await dialogues.add_verdicts(session, new)
    completed_by = await _completed_by(stored.values(), deps)
    return [
        [_verdict_event(stored[message.dialogue_id]), *completed_by.get(message.dialogue_id, [])]
        if message.dialogue_id in stored
        else LookupError(f"the store has no completion of dialogue {message.dialogue_id}")
        for message in messages
    ]


async def record_failure(message: DialogueFailed, deps: Deps) -> Messages:
    """End work that was given up as a failed verdict, so that the run ends."""
    failed = NewVerdict(
        dialogue_id=message.dialogue_id,
        run_id=message.run_id,
        prompt_id=message.prompt_id,
        role=message.role,
        attempt=message.attempt,
        turns=(),
        verdict=Verdict.failed,
        reasons=(Reason(rule=message.rule, detail=message.cause),),
    )
    async with deps.store.begin() as session:
        stored = await dialogues.add_verdicts(session, [failed])
    completed_by = await _completed_by(stored.values(), deps)
    return [_verdict_event(stored[message.dialogue_id]), *completed_by.get(message.dialogue_id, [])]


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


async def _completed_by(judged: Iterable[StoredVerdict], deps: Deps) -> dict[UUID, Messages]:
    """What verdicts complete, by one dialogue each; mostly nothing, seen without a lock.

    The verdicts are committed, so whoever commits the last one finds nothing pending here.
    """
    one_each = {(verdict.run_id, verdict.role): verdict.dialogue_id for verdict in judged}
    async with deps.store.read() as session:
        ended = {
            run_id: dialogue_id
            for (run_id, role), dialogue_id in one_each.items()
            if not await prompts.has_pending(session, run_id, role)
        }
    return {dialogue_id: await completed(run_id, deps) for run_id, dialogue_id in ended.items()}


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


def _mentions(
    messages: Sequence[DialogueGenerated], texts: Mapping[UUID, Text]
) -> dict[UUID, set[str]]:
    """The ids to look up in each run's catalogue."""
    found: dict[UUID, set[str]] = {message.run_id: set() for message in messages}
    for message in messages:
        if message.dialogue_id in texts:
            found[message.run_id].update(mentioned(texts[message.dialogue_id].text))
    return found


async def _judge(
    message: DialogueGenerated, written: Text, in_catalogue: frozenset[str], deps: Deps
) -> NewVerdict:
    config = await deps.configs.get(message.run_id)
    context = JudgingContext(
        prompt_item_ids=written.prompt_item_ids,
        target_item_id=written.target_item_id,
        catalogue_item_ids=in_catalogue,
    )
    judgement = judge(
        written.text, written.finish_reason, context, config.filtering, config.profile
    )
    return NewVerdict(
        dialogue_id=message.dialogue_id,
        run_id=message.run_id,
        prompt_id=message.prompt_id,
        role=message.role,
        attempt=message.attempt,
        turns=judgement.turns,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
    )


def _verdict_event(stored: StoredVerdict) -> DialogueAccepted | DialogueRejected:
    event = {
        "run_id": stored.run_id,
        "dialogue_id": stored.dialogue_id,
        "prompt_id": stored.prompt_id,
        "role": stored.role,
        "attempt": stored.attempt,
        "final": stored.final,
    }
    if stored.verdict == Verdict.accepted:
        return DialogueAccepted.model_validate(event)
    return DialogueRejected.model_validate({**event, "reasons": stored.reasons})
