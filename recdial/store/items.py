"""The catalogue of a run."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import ItemFacts
from recdial.store.database import insert_new
from recdial.store.models import Item


async def add(session: AsyncSession, run_id: UUID, items: Iterable[ItemFacts]) -> None:
    """Add items to the run's catalogue; those already there stay as they are."""
    rows = [
        {
            "run_id": run_id,
            "item_id": item.item_id,
            "title": item.title,
            "facts": item.model_dump(mode="json", exclude_defaults=True),
        }
        for item in items
    ]
    await insert_new(session, Item, rows)


async def known(session: AsyncSession, run_id: UUID, item_ids: Iterable[str]) -> frozenset[str]:
    """Which of the ids are in the run's catalogue."""
    statement = select(Item.item_id).where(Item.run_id == run_id, Item.item_id.in_(set(item_ids)))
    return frozenset((await session.execute(statement)).scalars())


async def facts(
    session: AsyncSession, run_id: UUID, item_ids: Iterable[str]
) -> dict[str, ItemFacts]:
    """The facts of those of the ids that are in the run's catalogue."""
    statement = select(Item.facts).where(Item.run_id == run_id, Item.item_id.in_(set(item_ids)))
    found = (ItemFacts.model_validate(row) for row in (await session.execute(statement)).scalars())
    return {item.item_id: item for item in found}


async def catalogue(session: AsyncSession, run_id: UUID) -> list[ItemFacts]:
    """The facts of all items of the run's catalogue, by id."""
    statement = select(Item.facts).where(Item.run_id == run_id).order_by(Item.item_id)
    rows = (await session.execute(statement)).scalars()
    return [ItemFacts.model_validate(row) for row in rows]
