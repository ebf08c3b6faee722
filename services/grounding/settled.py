"""Which of some users' histories already led to something."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.store.models import Drop, Prompt


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
