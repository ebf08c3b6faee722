"""How many calls a server takes at a time, found out by calling it.

Additive increase, multiplicative decrease, as TCP shares a line (Chiu and Jain, 1989): each server
gets as much as it answers, and several generators that call the same one end up with equal shares.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

DECREASE = 0.9
"""Gentle: a refusal costs the server nothing, and a call that is not made costs an answer."""

START = 64
"""Calls at a time before anything is known: what TGI and vLLM take of a small model."""


@dataclass
class Call:
    """A call that is being made. To say how it ended: `succeeded` or `overloaded`, once."""

    _limit: AdaptiveLimit
    _number: int

    def succeeded(self) -> None:
        """The server answered: it can take a little more."""
        self._limit._raise()

    def overloaded(self) -> None:
        """The server refused it for having too much to do."""
        self._limit._lower(self._number)


class AdaptiveLimit:
    """A limit of calls in flight that follows what the server takes, in order of arrival."""

    def __init__(self, ceiling: int, start: int = START) -> None:
        """At most `ceiling` calls at a time, whatever the server answers."""
        if ceiling < 1:
            raise ValueError(f"ceiling is {ceiling}, and one call at a time is the least")
        self._ceiling = ceiling
        self._limit = float(max(1, min(start, ceiling)))
        self._was_overloaded = False
        self._in_flight = 0
        self._calls = 0
        self._last_decrease = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """Calls at a time, for now."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """Calls being made."""
        return self._in_flight

    @property
    def load(self) -> float:
        """Calls being made and waiting, as a share of the limit."""
        return (self._in_flight + len(self._waiting)) / self.limit

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """Wait for a place, and hold it."""
        await self._enter()
        self._calls += 1
        try:
            yield Call(self, self._calls)
        finally:
            self._in_flight -= 1
            self._admit()

    async def _enter(self) -> None:
        if not self._waiting and self._in_flight < self.limit:
            self._in_flight += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was admitted in the same moment
                self._in_flight -= 1
                self._admit()
            else:
                with suppress(ValueError):
                    self._waiting.remove(place)
            raise

    def _admit(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._in_flight += 1
                place.set_result(None)

    def _raise(self) -> None:
        # By one for each answer until the server first had enough, so by as much again in the time
        # of an answer; after that by one in that time.
        if 2 * self._in_flight < self.limit:
            return  # the limit is far from what is asked: it is not known whether more would do
        step = 1 / self._limit if self._was_overloaded else 1.0
        self._limit = min(self._ceiling, self._limit + step)
        self._admit()

    def _lower(self, number: int) -> None:
        self._was_overloaded = True
        # Calls that were begun before the last decrease tell nothing of what it brought.
        if number > self._last_decrease:
            self._last_decrease = self._calls
            self._limit = max(1.0, self._limit * DECREASE)
