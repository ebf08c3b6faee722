from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from recdial.store.batching import Batched


class Work:
    """Doubles numbers when it is let; remembers what it was asked together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.wrong: dict[int, Exception] = {}

    async def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(numbers))
        self.begun.set()
        await self.gate.wait()
        for number in numbers:
            if number in self.wrong:
                raise self.wrong[number]
        return [ValueError("odd") if number % 2 else 2 * number for number in numbers]


async def asked(double: Batched[int, int], work: Work, numbers: range) -> list[asyncio.Task[int]]:
    """Ask one after the other; the first is in work then, alone."""
    tasks = [asyncio.create_task(double(number)) for number in numbers]
    await work.begun.wait()
    return tasks


async def outcome(tasks: list[asyncio.Task[int]]) -> list[int | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_waits_is_served_together_up_to_the_limit_and_each_gets_its_answer() -> None:
    work = Work()
    double = Batched(work, limit=3)
    first = await asked(double, work, range(0, 2, 2))
    later = [asyncio.create_task(double(number)) for number in range(2, 12, 2)]
    await asyncio.sleep(0)
    work.gate.set()
    assert await outcome(first + later) == [0, 4, 8, 12, 16, 20]
    assert work.batches == [[0], [2, 4, 6], [8, 10]]


async def test_an_exception_answers_only_its_own_question() -> None:
    work = Work()
    work.gate.set()
    even, odd = await outcome(await asked(Batched(work), work, range(2)))
    assert even == 0
    assert isinstance(odd, ValueError)


async def test_a_batch_that_fails_is_asked_one_by_one() -> None:
    work = Work()
    work.gate.set()
    work.wrong[4] = RuntimeError("4 is not for us")
    answers = await outcome(await asked(Batched(work), work, range(2, 8, 2)))
    assert answers[0] == 4
    assert answers[1] is work.wrong[4]
    assert answers[2] == 12
    assert work.batches == [[2, 4, 6], [2], [4], [6]]


@pytest.mark.parametrize("loss", [ConnectionResetError("gone"), OSError("refused")])
async def test_a_store_that_is_away_fails_the_batch_once(loss: OSError) -> None:
    work = Work()
    work.gate.set()
    work.wrong[4] = loss
    answers = await outcome(await asked(Batched(work), work, range(2, 8, 2)))
    assert answers == [loss] * 3
    assert len(work.batches) == 1


async def test_a_call_its_driver_cancelled_is_a_lost_connection() -> None:
    async def cancelled(_: Sequence[int]) -> list[int | Exception]:
        raise asyncio.CancelledError

    with pytest.raises(ConnectionError, match="lost"):
        await Batched(cancelled)(1)


async def test_who_gave_up_waiting_is_not_worked_for() -> None:
    work = Work()
    double = Batched(work)
    first, second, third = await asked(double, work, range(0, 2, 2)) + [
        asyncio.create_task(double(number)) for number in (2, 4)
    ]
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    work.gate.set()
    assert await outcome([first, third]) == [0, 8]
    assert work.batches == [[0], [4]]


async def test_the_next_question_after_a_pause_is_answered_too() -> None:
    work = Work()
    work.gate.set()
    double = Batched(work)
    assert await double(2) == 4
    assert await double(4) == 8
