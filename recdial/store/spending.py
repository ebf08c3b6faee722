"""What a run has spent on its models: calls and tokens, by role."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Role
from recdial.settings import RunConfig
from recdial.store.database import dialect_insert
from recdial.store.models import Spending


@dataclass(frozen=True)
class Spent:
    """Calls that were answered, and their tokens."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    estimated_calls: int = 0
    """Calls whose server did not say how many tokens there were."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.estimated_calls + other.estimated_calls,
        )

    @property
    def tokens(self) -> int:
        """Of prompts and dialogues together."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Expense:
    """What one call took."""

    run_id: UUID
    role: Role
    tokens_in: int
    tokens_out: int
    estimated: bool = False


async def add(session: AsyncSession, expenses: Iterable[Expense]) -> None:
    """Add calls to what their runs have spent. A call that was made twice was paid for twice."""
    sums: dict[tuple[UUID, Role], Spent] = {}
    for one in expenses:
        key = (one.run_id, one.role)
        more = Spent(1, one.tokens_in, one.tokens_out, int(one.estimated))
        sums[key] = sums.get(key, Spent()) + more
    # In one order everywhere: two writers of the same rows wait for each other, and never both.
    for (run_id, role), more in sorted(sums.items(), key=lambda entry: (entry[0][0], entry[0][1])):
        row: dict[str, Any] = {"run_id": run_id, "role": role.value, **vars(more)}
        table: Any = Spending.__table__
        insert = dialect_insert(session, table).values(**row)
        grown = {name: table.c[name] + insert.excluded[name] for name in vars(more)}
        await session.execute(
            insert.on_conflict_do_update(index_elements=["run_id", "role"], set_=grown)
        )


async def of_runs(
    session: AsyncSession, run_ids: Collection[UUID]
) -> dict[UUID, dict[Role, Spent]]:
    """What runs have spent; a role that has made no call is not there."""
    found: dict[UUID, dict[Role, Spent]] = {run_id: {} for run_id in run_ids}
    rows = await session.execute(select(Spending).where(Spending.run_id.in_(run_ids)))
    for row in rows.scalars():
        found[row.run_id][Role(row.role)] = Spent(
            row.calls, row.tokens_in, row.tokens_out, row.estimated_calls
        )
    return found


def cost(spent: dict[Role, Spent], config: RunConfig) -> float:
    """In USD, by the prices of the run's models."""
    return sum(
        config.backend(role).cost(one.tokens_in, one.tokens_out) for role, one in spent.items()
    )


def limit_reached(spent: dict[Role, Spent], config: RunConfig) -> str | None:
    """Which limit of the run is reached, in words; None if none is."""
    limits = config.limits
    tokens = sum(one.tokens for one in spent.values())
    if limits.max_tokens is not None and tokens >= limits.max_tokens:
        return f"limits.max_tokens is {limits.max_tokens:,}, and {tokens:,} are spent"
    if limits.max_cost is not None and (usd := cost(spent, config)) >= limits.max_cost:
        return f"limits.max_cost is {limits.max_cost:g} USD, and {usd:.4g} are spent"
    return None
