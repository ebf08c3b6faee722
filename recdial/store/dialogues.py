"""Completions (raw text) and dialogues (turns and verdict)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Reason, Role, Turn, Verdict
from recdial.store.database import insert_new
from recdial.store.models import Assignment, Completion, Dialogue, Prompt


async def add_completion(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Store a raw completion; False where the dialogue has one already."""
    return bool(await insert_new(session, Completion, [row]))


async def completion(session: AsyncSession, dialogue_id: UUID) -> Completion | None:
    """The raw completion of a dialogue, if it was written."""
    return await session.get(Completion, dialogue_id)


async def judged(session: AsyncSession, dialogue_id: UUID) -> Dialogue | None:
    """The judged dialogue, if it was judged."""
    return await session.get(Dialogue, dialogue_id)


async def add_verdict(
    session: AsyncSession,
    *,
    dialogue_id: UUID,
    run_id: UUID,
    prompt_id: UUID,
    role: Role,
    attempt: int,
    turns: tuple[Turn, ...],
    verdict: Verdict,
    reasons: tuple[Reason, ...],
    final: bool = True,
) -> Dialogue:
    """Store a verdict, and with a final one end the assignment. What the store then says.

    The first final verdict of an assignment stays: a repeat or a late one changes nothing.
    """
    row = {
        "id": dialogue_id,
        "run_id": run_id,
        "prompt_id": prompt_id,
        "role": role.value,
        "attempt": attempt,
        "turns": [turn.model_dump(mode="json") for turn in turns],
        "verdict": verdict.value,
        "final": final,
        "reasons": [reason.model_dump(mode="json") for reason in reasons],
    }
    new = await insert_new(session, Dialogue, [row])
    stored = Dialogue(**row) if new else await session.get_one(Dialogue, dialogue_id)
    if stored.final:
        await session.execute(
            update(Assignment)
            .where(
                Assignment.prompt_id == prompt_id,
                Assignment.role == role.value,
                Assignment.state == "pending",
            )
            .values(state=stored.verdict, dialogue_id=dialogue_id)
        )
    return stored


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
