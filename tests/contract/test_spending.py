"""What a run has spent is a sum, whoever adds to it."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from recdial.domain import Role
from recdial.settings import RunConfig
from recdial.store import Store, runs, spending
from recdial.store.spending import Expense, Spent, cost, limit_reached
from tests import synthetic

PRICED = {"backend": "scripted", "price_in": 10.0, "price_out": 20.0}


def config(**limits: float) -> RunConfig:
    return synthetic.scripted_config("spent", teacher=PRICED, student=PRICED, limits=limits)


@pytest.fixture
async def run_id(store: Store) -> UUID:
    made = uuid4()
    async with store.begin() as session:
        await runs.create(session, made, config())
    return made


async def test_calls_add_up_by_role(store: Store, run_id: UUID) -> None:
    for _ in range(2):
        async with store.begin() as session:
            await spending.add(
                session,
                [
                    Expense(run_id, Role.student, 100, 10),
                    Expense(run_id, Role.student, 200, 20, estimated=True),
                    Expense(run_id, Role.teacher, 7, 3),
                ],
            )
    async with store.read() as session:
        found = (await spending.of_runs(session, [run_id]))[run_id]
    assert found == {Role.student: Spent(4, 600, 60, 2), Role.teacher: Spent(2, 14, 6)}


async def test_writers_at_once_lose_nothing(store: Store, run_id: UUID) -> None:
    async def add() -> None:
        async with store.begin() as session:
            both = [Expense(run_id, role, 1, 1) for role in (Role.teacher, Role.student)]
            await spending.add(session, both)

    await asyncio.gather(*(add() for _ in range(20)))
    async with store.read() as session:
        found = (await spending.of_runs(session, [run_id]))[run_id]
    assert found == {role: Spent(20, 20, 20) for role in Role}


async def test_a_run_without_calls_has_spent_nothing(store: Store, run_id: UUID) -> None:
    async with store.read() as session:
        assert await spending.of_runs(session, [run_id]) == {run_id: {}}


def test_limits_are_reached_when_so_much_is_spent() -> None:
    spent = {Role.student: Spent(2, 60_000, 20_000), Role.teacher: Spent(1, 10_000, 10_000)}
    assert cost(spent, config()) == pytest.approx(1.3)
    assert limit_reached(spent, config()) is None
    assert limit_reached(spent, config(max_tokens=100_001)) is None
    assert limit_reached(spent, config(max_tokens=100_000)) == (
        "limits.max_tokens is 100,000, and 100,000 are spent"
    )
    assert limit_reached(spent, config(max_cost=1.3)) == (
        "limits.max_cost is 1.3 USD, and 1.3 are spent"
    )
