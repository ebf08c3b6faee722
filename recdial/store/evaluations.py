"""Reports on runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.store.database import insert_new
from recdial.store.models import Evaluation


async def replace(session: AsyncSession, run_id: UUID, report: dict[str, Any]) -> None:
    """Store the report on a run in place of an earlier one."""
    await session.execute(delete(Evaluation).where(Evaluation.run_id == run_id))
    await insert_new(session, Evaluation, [{"run_id": run_id, "report": report}])


async def get(session: AsyncSession, run_id: UUID) -> dict[str, Any] | None:
    """The report on a run, if there is one."""
    found = await session.get(Evaluation, run_id)
    return found.report if found else None
