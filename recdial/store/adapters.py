"""Published student adapters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import AdapterRef
from recdial.store.database import insert_new
from recdial.store.models import Adapter


async def add(
    session: AsyncSession, run_id: UUID, adapter: AdapterRef, training: dict[str, Any]
) -> None:
    """Register the run's adapter; the first one stays."""
    row = {
        "id": adapter.adapter_id,
        "run_id": run_id,
        "uri": adapter.uri,
        "sha256": adapter.sha256,
        "base_model": adapter.base_model,
        "training": training,
    }
    await insert_new(session, Adapter, [row])


async def of_run(session: AsyncSession, run_id: UUID) -> Adapter | None:
    """The run's adapter, if it was published."""
    return (
        await session.execute(select(Adapter).where(Adapter.run_id == run_id))
    ).scalar_one_or_none()


def reference(adapter: Adapter) -> AdapterRef:
    """The adapter as messages carry it."""
    return AdapterRef(
        adapter_id=adapter.id,
        uri=adapter.uri,
        sha256=adapter.sha256,
        base_model=adapter.base_model,
    )
