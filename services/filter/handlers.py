"""The filter as the bus calls it: judge dialogues, and see whether that completes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from recdial.contracts import (
    AdapterPublished,
    DialogueAccepted,
    DialogueFailed,
    DialogueGenerated,
    DialogueRejected,
    Messages,
    RunFailed,
    RunGrounded,
)
from recdial.domain import Reason, Role, Verdict
from recdial.issuing import issue
from recdial.jobs import JobContext
from recdial.settings import RunConfig
from recdial.store import Store, adapters, dialogues, jobs, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.dialogues import NewVerdict, StoredVerdict, Text
from recdial.store.jobs import DEDUPLICATE
from services.filter.catalogues import Catalogue, Catalogues
from services.filter.completion import Completeness, completion_events, to_be_decided
from services.filter.contexts import context_of
from services.filter.hints import hint
from services.filter.judging import judge
from services.filter.near_duplicates import near_duplicates


@dataclass(frozen=True)
class Deps:
    """What the filter works with."""

    store: Store
    configs: RunConfigs
    catalogues: Catalogues
    deduplicate: Callable[[UUID, Role], Awaitable[None]]
    """Queues the search for a role's near-duplicates."""


async def judge_dialogues(
    messages: Sequence[DialogueGenerated], deps: Deps
) -> list[Messages | Exception]:
    """Judge the stored texts of dialogues (paper, §3.4), all in one transaction.

    A repeat publishes the stored verdict, and the next attempt if one follows.
    """
    ids = {message.dialogue_id for message in messages}
    async with deps.store.read() as session:
        stored = await dialogues.verdicts(session, ids)
        texts = await dialogues.texts(session, ids - stored.keys())
    unjudged = {one.dialogue_id: one for one in messages if one.dialogue_id in texts}
    catalogues = {
        run_id: await deps.catalogues.get(run_id)
        for run_id in {message.run_id for message in unjudged.values()}
    }
    new = [
        _judge(
            message,
            texts[message.dialogue_id],
            catalogues[message.run_id],
            await deps.configs.get(message.run_id),
        )
        for message in unjudged.values()
    ]
    if new:
        async with deps.store.begin() as session:
            stored |= await dialogues.add_verdicts(session, new)
    follows = await _next_attempts(stored.values(), deps)
    completed_by = await _completed_by(stored.values(), deps)
    return [
        [
            _verdict_event(stored[message.dialogue_id]),
            *follows.get(message.dialogue_id, []),
            *completed_by.get(message.dialogue_id, []),
        ]
        if message.dialogue_id in stored
        else LookupError(f"the store has no completion of dialogue {message.dialogue_id}")
        for message in messages
    ]


async def _next_attempts(judged: Iterable[StoredVerdict], deps: Deps) -> dict[UUID, Messages]:
    """The next attempts at the prompts of dialogues that are not the last of theirs."""
    again = {verdict.dialogue_id: verdict for verdict in judged if not verdict.final}
    if not again:
        return {}
    async with deps.store.read() as session:
        found = await dialogues.to_be_tried_again(session, again.keys())
    follows: dict[UUID, Messages] = {}
    for dialogue_id, (prompt, adapter) in found.items():
        verdict = again[dialogue_id]
        config = await deps.configs.get(verdict.run_id)
        follows[dialogue_id] = [
            issue(
                prompt,
                verdict.role,
                config,
                adapters.reference(adapter) if adapter else None,
                attempt=verdict.attempt + 1,
                hint=hint(verdict.reasons, verdict.role, config.filtering),
            )
        ]
    return follows


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


async def check_run(message: RunGrounded | AdapterPublished, deps: Deps) -> Messages:
    """See whether the run is complete: a resumed one may be, or one that ends with its adapter."""
    return await completed(message.run_id, deps)


async def completed(run_id: UUID, deps: Deps, settled: Role | None = None) -> Messages:
    """What is complete now, read in a fresh transaction that locks the run.

    Of two replicas that store the last two verdicts at once, the later one sees both. A role whose
    verdicts are all there is complete once its near-duplicates are found; `settled` is the one of
    which that is known though its job has not ended yet.
    """
    config = await deps.configs.get(run_id)
    async with deps.store.begin() as session:
        run = await runs.get(session, run_id, lock=True)
        done = {job.kind for job in await jobs.of_run(session, run_id) if job.state == "done"}
        undecided = [
            role
            for role in Role
            if _finds_duplicates(config) and role is not settled and DEDUPLICATE[role] not in done
        ]
        found = Completeness(
            teacher_assigned=run.teacher_assigned,
            teacher_pending=await prompts.has_pending(session, run_id, Role.teacher),
            teacher_undecided=Role.teacher in undecided,
            adapter_published=await adapters.of_run(session, run_id) is not None,
            student_assigned=run.student_assigned,
            student_pending=await prompts.has_pending(session, run_id, Role.student),
            student_undecided=Role.student in undecided,
        )
    for role in to_be_decided(found):
        await deps.deduplicate(run_id, role)
    return completion_events(run_id, found, config.until)


def _finds_duplicates(config: RunConfig) -> bool:
    filtering = config.filtering
    return (
        config.profile == "strict"
        and filtering.near_duplicates is not None
        and filtering.switch("near_duplicate") == "reject"
    )


async def deduplicate(context: JobContext, role: Role, deps: Deps) -> Messages:
    """Reject those of the role's accepted dialogues that nearly repeat another one of it.

    Decided once, when all have their verdicts: so it depends neither on who came first nor on how
    many filters there are.
    """
    config = await deps.configs.get(context.run_id)
    threshold = config.filtering.near_duplicates
    if threshold is None:
        raise ValueError("filtering.near_duplicates is not set: there is nothing to look for")
    async with deps.store.read() as session:
        texts = await dialogues.accepted_texts(session, context.run_id, role)
    found = await asyncio.to_thread(near_duplicates, texts, threshold)
    await context.proceed()
    reasons = {
        dialogue_id: Reason(
            rule="near_duplicate",
            detail=f"nearly the same as dialogue {kept}, which is kept",
        )
        for dialogue_id, kept in found.items()
    }
    rejected: list[StoredVerdict] = []
    if reasons:
        async with deps.store.begin() as session:
            rejected = list((await dialogues.reject_accepted(session, reasons)).values())
    return [
        *(_verdict_event(verdict) for verdict in rejected),
        *await completed(context.run_id, deps, settled=role),
    ]


def deduplication_failed(run_id: UUID, cause: str) -> Messages:
    """A run whose duplicates cannot be found cannot go on."""
    return [RunFailed(run_id=run_id, stage="filter", cause=cause)]


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


async def event_exhausted(
    message: DialogueFailed | RunGrounded | AdapterPublished, cause: str
) -> Messages:
    """A run whose verdicts cannot be stored cannot go on."""
    return [RunFailed(run_id=message.run_id, stage="filter", cause=cause)]


def _judge(
    message: DialogueGenerated, written: Text, catalogue: Catalogue, config: RunConfig
) -> NewVerdict:
    judgement = judge(
        written.text,
        written.finish_reason,
        context_of(written, catalogue),
        config.filtering,
        config.profile,
    )
    again = judgement.verdict == Verdict.rejected and _may_do_better(
        message, judgement.reasons, config
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
        notes=judgement.notes,
        final=not again,
    )


def _may_do_better(
    message: DialogueGenerated, reasons: Sequence[Reason], config: RunConfig
) -> bool:
    """Whether another attempt is left and may end otherwise: a greedy one is the same again."""
    if config.profile == "paper" or message.attempt >= config.filtering.attempts:
        return False
    greedy = config.backend(message.role).sampling.temperature == 0
    return not greedy or bool(hint(reasons, message.role, config.filtering))


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
