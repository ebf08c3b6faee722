"""The limit of calls in flight follows what a server takes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.llm.limits import AdaptiveLimit


async def test_it_grows_by_as_much_again_until_there_is_too_much() -> None:
    limit = AdaptiveLimit(1000, start=4)
    for expected in (8, 16, 32):
        await _round(limit, takes=1000)
        assert limit.limit == expected


async def test_it_settles_at_what_the_server_takes() -> None:
    limit = AdaptiveLimit(1000, start=64)
    seen = []
    for _ in range(200):
        await _round(limit, takes=50)
        seen.append(limit.limit)
    assert min(seen[20:]) >= 44
    assert max(seen[20:]) <= 52


async def test_refusals_of_one_wave_lower_it_once() -> None:
    limit = AdaptiveLimit(100, start=100)
    await _round(limit, takes=0)
    assert limit.limit == 90


async def test_calls_that_do_not_fill_it_do_not_raise_it() -> None:
    limit = AdaptiveLimit(100, start=10)
    for _ in range(50):
        async with limit.call() as call:
            call.succeeded()
    assert limit.limit == 10


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(1, 30))
def test_it_stays_between_one_and_the_ceiling(takes: list[int], ceiling: int) -> None:
    async def run() -> None:
        limit = AdaptiveLimit(ceiling)
        for take in takes:
            await _round(limit, take)
            assert 1 <= limit.limit <= ceiling
            assert limit.in_flight == 0

    asyncio.run(run())


async def test_a_call_waits_for_its_place_in_the_order_of_arrival() -> None:
    limit = AdaptiveLimit(1)
    order: list[int] = []

    async def call(number: int) -> None:
        async with limit.call():
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(call(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_who_is_cancelled_while_waiting_leaves_no_place_taken() -> None:
    limit = AdaptiveLimit(1)

    async def call() -> None:
        async with limit.call():
            await asyncio.sleep(0)

    async with limit.call():
        waiting = [asyncio.create_task(call()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    # The first place was given to the second, in the moment it is cancelled too.
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert waiting[2].exception() is None
    assert limit.in_flight == 0
    assert limit.load == 0


def test_no_calls_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="ceiling is 0"):
        AdaptiveLimit(0)


async def _round(limit: AdaptiveLimit, takes: int) -> None:
    """As many calls at once as the limit lets through; the server answers the first `takes`."""
    async with AsyncExitStack() as open_calls:
        calls = [await open_calls.enter_async_context(limit.call()) for _ in range(limit.limit)]
        for number, call in enumerate(calls):
            if number < takes:
                call.succeeded()
            else:
                call.overloaded()
