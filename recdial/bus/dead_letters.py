"""Looking at a queue of dead letters on RabbitMQ without taking anything away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue, AbstractRobustChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from recdial.bus.connection import message_count

_RETURN_S = 2.0
_LOOK_S = 0.01


async def peek(channel: AbstractRobustChannel, name: str) -> list[AbstractIncomingMessage]:
    """Everything in a queue of the broker; all of it is there again on return.

    Meanwhile another process sees only what came since. Nothing for a queue that does not exist.
    """
    try:
        queue = await channel.declare_queue(name, passive=True, robust=False)
    except ChannelNotFoundEntity:
        return []
    count = queue.declaration_result.message_count or 0
    held = [await queue.get(fail=False) for _ in range(count)]
    letters = [letter for letter in held if letter is not None]
    await give_back(queue, letters)
    return letters


async def give_back(queue: AbstractQueue, letters: Sequence[AbstractIncomingMessage]) -> None:
    """Return letters that were taken; the broker has them back on return."""
    for letter in letters:
        await letter.reject(requeue=True)
    # The broker does not answer a rejection, and somebody else may have taken a letter since.
    with suppress(TimeoutError):
        async with asyncio.timeout(_RETURN_S):
            while await message_count(queue) < len(letters):  # noqa: ASYNC110 (a broker tells no one)
                await asyncio.sleep(_LOOK_S)
