"""Published student adapters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import Canary
from recdial.domain import AdapterRef
from recdial.store.database import insert_new
from recdial.store.models import Adapter


async def add(
    session: AsyncSession,
    run_id: UUID,
    adapter: AdapterRef,
    training: dict[str, Any],
    canary: Canary | None = None,
) -> None:
    """Register the run's adapter; the first one stays.

    `canary` is what a server that uses it is known by.
    """
    row = {
        "id": adapter.adapter_id,
        "run_id": run_id,
        "uri": adapter.uri,
        "sha256": adapter.sha256,
        "base_model": adapter.base_model,
        "training": training,
        "canary": canary.model_dump(mode="json") if canary else None,
    }
    await insert_new(session, Adapter, [row])


async def of_run(session: AsyncSession, run_id: UUID) -> Adapter | None:
    """The run's adapter, if it was published."""
    return (
        await session.execute(select(Adapter).where(Adapter.run_id == run_id))
    ).scalar_one_or_none()


async def get(session: AsyncSession, adapter_id: str) -> Adapter | None:
    """The adapter of an id, if there is one."""
    return await session.get(Adapter, adapter_id)


async def all_adapters(session: AsyncSession) -> list[Adapter]:
    """Every adapter, oldest first."""
    return list(await session.scalars(select(Adapter).order_by(Adapter.created_at, Adapter.id)))


def canary(adapter: Adapter) -> Canary | None:
    """What the trainer recorded of the adapter; None where it did not."""
    return Canary.model_validate(adapter.canary) if adapter.canary else None


def reference(adapter: Adapter) -> AdapterRef:
    """The adapter as messages carry it."""
    return AdapterRef(
        adapter_id=adapter.id,
        uri=adapter.uri,
        sha256=adapter.sha256,
        base_model=adapter.base_model,
    )
