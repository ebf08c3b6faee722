"""Several servers share the calls by what they take."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendOverloaded, Completion
from recdial.llm.limited import LimitedBackend
from recdial.llm.limits import AdaptiveLimit
from services.generator.patience import GatedBackend
from services.generator.spreading import Server, SpreadBackend

CHAT = (ChatMessage(role="user", content="Write a dialogue."),)
PARAMS = SamplingParams(max_tokens=200, temperature=0.4, seed=3)


class Slots:
    """A server that takes so many calls at a time, and refuses the others."""

    def __init__(self, slots: int, seconds: float) -> None:
        self.slots = slots
        self.seconds = seconds
        self.in_flight = self.most = self.done = 0

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        if params.max_tokens == 1:
            return Completion("", "stop", "m")
        if self.in_flight == self.slots:
            raise BackendOverloaded("429")
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        await asyncio.sleep(self.seconds)
        self.in_flight -= 1
        self.done += 1
        return Completion("Hi", "stop", "m")

    async def close(self) -> None:
        pass


def spread(*servers: Slots) -> SpreadBackend:
    made = []
    for server in servers:
        limit = AdaptiveLimit(256, start=4)
        made.append(Server(GatedBackend(LimitedBackend(server, limit)), limit))
    return SpreadBackend(made)


async def test_a_larger_server_gets_more() -> None:
    small, large = Slots(4, 0.01), Slots(32, 0.01)
    backend = spread(small, large)

    async def consumer() -> None:
        for _ in range(15):
            await backend.complete(CHAT, PARAMS)

    await asyncio.gather(*(consumer() for _ in range(40)))

    assert small.done + large.done == 600
    assert large.done > 2 * small.done
    await backend.close()


def test_there_must_be_a_server() -> None:
    with pytest.raises(ValueError, match="no server"):
        SpreadBackend([])
