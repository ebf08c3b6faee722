"""Completions (raw text) and dialogues (turns and verdict)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Reason, Role, Turn, Verdict
from recdial.promptfacts import parse_user_type
from recdial.stereotypes import Axes
from recdial.store.database import insert_new
from recdial.store.models import Adapter, Assignment, Completion, Dialogue, Prompt


async def add_completions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store raw completions. A dialogue that has one already keeps it."""
    await insert_new(session, Completion, sorted(rows, key=itemgetter("dialogue_id")))


async def with_completion(session: AsyncSession, dialogue_ids: Collection[UUID]) -> set[UUID]:
    """Which of the dialogues are written."""
    statement = select(Completion.dialogue_id).where(Completion.dialogue_id.in_(dialogue_ids))
    return set((await session.execute(statement)).scalars())


@dataclass(frozen=True)
class Text:
    """What was written for a prompt, with what there is to judge it by."""

    text: str
    finish_reason: str
    prompt_item_ids: frozenset[str]
    target_item_id: str
    liked: frozenset[str]
    """Of the history that the prompt lists."""
    disliked: frozenset[str]
    stereotype: Axes


async def texts(session: AsyncSession, dialogue_ids: Collection[UUID]) -> dict[UUID, Text]:
    """The texts of those of the dialogues that are written."""
    rows = await session.execute(
        select(
            Completion.dialogue_id,
            Completion.text,
            Completion.finish_reason,
            Prompt,
        )
        .join(Prompt, Prompt.id == Completion.prompt_id)
        .where(Completion.dialogue_id.in_(dialogue_ids))
    )
    return {
        dialogue_id: text_for(prompt, text, finish_reason)
        for dialogue_id, text, finish_reason, prompt in rows
    }


def text_for(prompt: Prompt, text: str, finish_reason: str) -> Text:
    """A text that was written for a prompt."""
    listed = frozenset(prompt.item_ids) if prompt.history_shown else frozenset()
    shown = [rated for rated in prompt.history if rated["item_id"] in listed]
    user = parse_user_type(prompt.messages[0]["content"])
    return Text(
        text=text,
        finish_reason=finish_reason,
        prompt_item_ids=frozenset(prompt.item_ids),
        target_item_id=prompt.target_item_id,
        liked=frozenset(rated["item_id"] for rated in shown if rated["liked"]),
        disliked=frozenset(rated["item_id"] for rated in shown if not rated["liked"]),
        stereotype=Axes(user.preference, user.clarity, prompt.history_shown),
    )


@dataclass(frozen=True)
class NewVerdict:
    """A verdict to be stored."""

    dialogue_id: UUID
    run_id: UUID
    prompt_id: UUID
    role: Role
    attempt: int
    turns: tuple[Turn, ...]
    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...] = ()
    """What was remarked upon or mended without being held against it."""
    final: bool = True


@dataclass(frozen=True)
class StoredVerdict:
    """What the store says of a dialogue that was judged."""

    dialogue_id: UUID
    run_id: UUID
    prompt_id: UUID
    role: Role
    attempt: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    final: bool


async def verdicts(
    session: AsyncSession, dialogue_ids: Collection[UUID]
) -> dict[UUID, StoredVerdict]:
    """The verdicts on those of the dialogues that were judged."""
    if not dialogue_ids:
        return {}
    rows = await session.execute(
        select(
            Dialogue.id,
            Dialogue.run_id,
            Dialogue.prompt_id,
            Dialogue.role,
            Dialogue.attempt,
            Dialogue.verdict,
            Dialogue.reasons,
            Dialogue.final,
        ).where(Dialogue.id.in_(dialogue_ids))
    )
    return {
        dialogue_id: StoredVerdict(
            dialogue_id,
            run_id,
            prompt_id,
            Role(role),
            attempt,
            Verdict(verdict),
            tuple(Reason.model_validate(reason) for reason in reasons),
            final,
        )
        for dialogue_id, run_id, prompt_id, role, attempt, verdict, reasons, final in rows
    }


async def add_verdicts(
    session: AsyncSession, new: Iterable[NewVerdict]
) -> dict[UUID, StoredVerdict]:
    """Store verdicts, and with the final ones end their assignments. What the store then says.

    The first final verdict of an assignment stays: a repeat or a late one changes nothing.
    """
    # In one order everywhere: two writers of the same rows wait for each other, and never both.
    rows = sorted((_row(verdict) for verdict in new), key=itemgetter("id"))
    await insert_new(session, Dialogue, rows)
    ids = [row["id"] for row in rows]
    await session.execute(
        update(Assignment)
        .where(
            Dialogue.id.in_(ids),
            Dialogue.final.is_(True),
            Assignment.prompt_id == Dialogue.prompt_id,
            Assignment.role == Dialogue.role,
            Assignment.state == "pending",
        )
        .values(state=Dialogue.verdict, dialogue_id=Dialogue.id)
        .execution_options(synchronize_session=False)
    )
    return await verdicts(session, ids)


def _row(verdict: NewVerdict) -> dict[str, Any]:
    return {
        "id": verdict.dialogue_id,
        "run_id": verdict.run_id,
        "prompt_id": verdict.prompt_id,
        "role": verdict.role.value,
        "attempt": verdict.attempt,
        "turns": [turn.model_dump(mode="json") for turn in verdict.turns],
        "verdict": verdict.verdict.value,
        "final": verdict.final,
        "reasons": [_stored(reason) for reason in verdict.reasons],
        "notes": [_stored(note) for note in verdict.notes],
    }


def _stored(reason: Reason) -> dict[str, Any]:
    return reason.model_dump(mode="json", exclude_defaults=True)


async def accepted_texts(
    session: AsyncSession, run_id: UUID, role: Role
) -> list[tuple[UUID, tuple[str, ...]]]:
    """The utterances of the role's accepted dialogues, by id."""
    rows = await session.execute(
        select(Dialogue.id, Dialogue.turns)
        .join(Assignment, Assignment.dialogue_id == Dialogue.id)
        .where(
            Assignment.run_id == run_id,
            Assignment.role == role.value,
            Assignment.state == Verdict.accepted.value,
        )
        .order_by(Dialogue.id)
    )
    return [(dialogue_id, tuple(turn["text"] for turn in turns)) for dialogue_id, turns in rows]


async def reject_accepted(
    session: AsyncSession, reasons: Mapping[UUID, Reason]
) -> dict[UUID, StoredVerdict]:
    """Reject dialogues that were accepted after all. What the store then says.

    A repeat changes nothing.
    """
    for dialogue_id, reason in sorted(reasons.items()):
        await session.execute(
            update(Dialogue)
            .where(Dialogue.id == dialogue_id, Dialogue.verdict == Verdict.accepted.value)
            .values(verdict=Verdict.rejected.value, reasons=[_stored(reason)])
        )
    await session.execute(
        update(Assignment)
        .where(
            Assignment.dialogue_id.in_(list(reasons)),
            Assignment.state == Verdict.accepted.value,
        )
        .values(state=Verdict.rejected.value)
    )
    return await verdicts(session, list(reasons))


async def to_be_tried_again(
    session: AsyncSession, dialogue_ids: Collection[UUID]
) -> dict[UUID, tuple[Prompt, Adapter | None]]:
    """The prompts of dialogues, with the adapters their assignments name."""
    rows = await session.execute(
        select(Dialogue.id, Prompt, Adapter)
        .join(Prompt, Prompt.id == Dialogue.prompt_id)
        .join(
            Assignment,
            (Assignment.prompt_id == Dialogue.prompt_id) & (Assignment.role == Dialogue.role),
        )
        .outerjoin(Adapter, Adapter.id == Assignment.adapter_id)
        .where(Dialogue.id.in_(dialogue_ids))
    )
    return {dialogue_id: (prompt, adapter) for dialogue_id, prompt, adapter in rows}


@dataclass(frozen=True)
class Written:
    """A prompt's final dialogue with all it came from."""

    assignment: Assignment
    prompt: Prompt
    dialogue: Dialogue
    completion: Completion | None
    """None where no text was ever written."""


async def written(
    session: AsyncSession,
    run_id: UUID,
    role: Role,
    *,
    verdict: Verdict | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[Written]:
    """The next of the role's final dialogues behind an ordinal, in the order of release."""
    statement = (
        select(Assignment, Prompt, Dialogue, Completion)
        .join(Prompt, Prompt.id == Assignment.prompt_id)
        .join(Dialogue, Dialogue.id == Assignment.dialogue_id)
        .outerjoin(Completion, Completion.dialogue_id == Assignment.dialogue_id)
        .where(
            Assignment.run_id == run_id,
            Assignment.role == role.value,
            Assignment.ordinal > after,
        )
        .order_by(Assignment.ordinal)
        .limit(limit)
    )
    if verdict is not None:
        statement = statement.where(Assignment.state == verdict.value)
    return [Written(*row) for row in await session.execute(statement)]


async def accepted(
    session: AsyncSession, run_id: UUID, role: Role
) -> list[tuple[Dialogue, Prompt]]:
    """The role's accepted dialogues with their prompts, in the order of release."""
    rows = await session.execute(
        select(Dialogue, Prompt)
        .join(Assignment, Assignment.dialogue_id == Dialogue.id)
        .join(Prompt, Prompt.id == Dialogue.prompt_id)
        .where(
            Assignment.run_id == run_id,
            Assignment.role == role.value,
            Assignment.state == Verdict.accepted.value,
        )
        .order_by(Assignment.ordinal)
    )
    return [(dialogue, prompt) for dialogue, prompt in rows]
