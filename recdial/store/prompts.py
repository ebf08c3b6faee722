"""Prompts, the profiles that led to none, and which role writes for which prompt."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, String, cast, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Role
from recdial.store.database import insert_new
from recdial.store.models import Assignment, Drop, Prompt, Run


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store prompts; those that are there already stay as they are."""
    await insert_new(session, Prompt, sorted(rows, key=itemgetter("id")))


async def drop(
    session: AsyncSession, run_id: UUID, user_id: str, history_number: int, stage: str, reason: str
) -> None:
    """Record that a user's history leads to no prompt."""
    row = {
        "run_id": run_id,
        "user_id": user_id,
        "history_number": history_number,
        "stage": stage,
        "reason": reason,
    }
    await insert_new(session, Drop, [row])


async def settled(
    session: AsyncSession, run_id: UUID, user_ids: Collection[str]
) -> set[tuple[str, int]]:
    """The (user, history number) pairs of these users that have a prompt or were dropped."""
    pairs: set[tuple[str, int]] = set()
    for table in (Prompt, Drop):
        rows = await session.execute(
            select(table.user_id, table.history_number).where(
                table.run_id == run_id, table.user_id.in_(user_ids)
            )
        )
        pairs.update((user_id, number) for user_id, number in rows)
    return pairs


async def count_settled(session: AsyncSession, run_id: UUID) -> tuple[int, int]:
    """How many of the run's profiles have a prompt, or several, and how many the prompter dropped.

    The prompts of a profile are stored in one transaction, so one stands for all of them.
    """
    profiles = (
        select(Prompt.user_id, Prompt.history_number)
        .where(Prompt.run_id == run_id)
        .distinct()
        .subquery()
    )
    prompted = select(func.count()).select_from(profiles)
    dropped = (
        select(func.count())
        .select_from(Drop)
        .where(Drop.run_id == run_id, Drop.stage == "prompter")
    )
    counts = await session.execute(
        select(
            func.coalesce(prompted.scalar_subquery(), 0),
            func.coalesce(dropped.scalar_subquery(), 0),
        )
    )
    return tuple(counts.one())


async def count(session: AsyncSession, run_id: UUID) -> int:
    """How many prompts the run has."""
    statement = select(func.count()).select_from(Prompt).where(Prompt.run_id == run_id)
    return (await session.execute(statement)).scalar_one()


async def assign(
    session: AsyncSession, run: Run, role: Role, share: float, adapter_id: str | None = None
) -> int:
    """Give a role its prompts: within each stereotype the first `ceil(share · n)` by draw.

    Exact, and independent of the order in which prompts were stored. How many were assigned. The
    run's row must be locked. A repeat assigns nothing new.
    """
    place = func.row_number().over(
        partition_by=Prompt.stereotype, order_by=(Prompt.draw, Prompt.user_id, Prompt.id)
    )
    ranked = (
        select(Prompt.id, Prompt.draw, Prompt.user_id, Prompt.stereotype, place.label("place"))
        .where(Prompt.run_id == run.id)
        .subquery()
    )
    sizes = await session.execute(
        select(Prompt.stereotype, func.count())
        .where(Prompt.run_id == run.id)
        .group_by(Prompt.stereotype)
    )
    quotas = {stereotype: quota(share, size) for stereotype, size in sizes}
    within_quota = [
        (ranked.c.stereotype == stereotype) & (ranked.c.place <= most)
        for stereotype, most in quotas.items()
    ]
    assigned = 0
    if within_quota:
        ordinal = func.row_number().over(order_by=(ranked.c.draw, ranked.c.user_id, ranked.c.id))
        chosen = within_quota[0]
        for one in within_quota[1:]:
            chosen = chosen | one
        rows = select(
            ranked.c.id,
            literal(role.value, String),
            literal(run.id, Assignment.run_id.type),
            cast(ordinal, BigInteger),
            literal(adapter_id, String),
            literal("pending", String),
        ).where(chosen)
        columns = ["prompt_id", "role", "run_id", "ordinal", "adapter_id", "state"]
        result: Any = await session.execute(insert(Assignment).from_select(columns, rows))
        assigned = result.rowcount
    flag = {f"{role.value}_assigned": True}
    await session.execute(update(Run).where(Run.id == run.id).values(**flag))
    return assigned


def quota(share: float, size: int) -> int:
    """How many of `size` prompts a share of them is: `ceil(share · size)`, free of float dust."""
    return math.ceil(round(share * size, 9))


async def pending(
    session: AsyncSession, run_id: UUID, role: Role, after: int, limit: int
) -> list[tuple[Assignment, Prompt]]:
    """The role's next prompts without a final verdict, in the order of release."""
    rows = await session.execute(
        select(Assignment, Prompt)
        .join(Prompt, Prompt.id == Assignment.prompt_id)
        .where(
            Assignment.run_id == run_id,
            Assignment.role == role.value,
            Assignment.state == "pending",
            Assignment.ordinal > after,
        )
        .order_by(Assignment.ordinal)
        .limit(limit)
    )
    return [(assignment, prompt) for assignment, prompt in rows]


async def has_pending(session: AsyncSession, run_id: UUID, role: Role) -> bool:
    """Whether a prompt of the role still lacks its final verdict."""
    statement = (
        select(literal(1))
        .where(
            Assignment.run_id == run_id,
            Assignment.role == role.value,
            Assignment.state == "pending",
        )
        .limit(1)
    )
    return (await session.execute(statement)).first() is not None
