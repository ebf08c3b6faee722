"""Sending the dead letters on RabbitMQ again, and counting them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aio_pika.abc import AbstractIncomingMessage, AbstractRobustChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from recdial.bus import headers
from recdial.bus.dead_letters import give_back
from recdial.bus.protocol import BusUnavailable, DeadLetter
from recdial.bus.publisher import Publisher
from recdial.bus.topology import Topology

_DEFAULT_EXCHANGE = ""


async def replay(
    channel: AbstractRobustChannel,
    publisher: Publisher,
    topology: Topology,
    queue: str,
    reopen: Callable[[DeadLetter], Awaitable[bool]],
) -> int:
    """Send the letters that `reopen` lets go to their queue again; how many. See `Bus.replay`.

    A letter leaves the dead ones only when the broker has it in the work queue.
    """
    try:
        dead = await channel.declare_queue(topology.dead(queue), passive=True, robust=False)
    except ChannelNotFoundEntity:
        return 0
    sent = 0
    staying: list[AbstractIncomingMessage] = []
    target = topology.work(queue)
    try:
        for _ in range(dead.declaration_result.message_count or 0):
            letter = await dead.get(fail=False)
            if letter is None:
                break
            staying.append(letter)
            if not await reopen(headers.dead_letter(queue, letter)):
                continue
            # Not through the topic: its other queues have done their part.
            if not await publisher.send(_DEFAULT_EXCHANGE, target, headers.failed(letter, 0)):
                raise BusUnavailable(f"there is no queue {target} to send its dead letters to")
            await staying.pop().ack()
            sent += 1
    finally:
        await give_back(dead, staying)
    return sent


async def count(
    channel: AbstractRobustChannel, topology: Topology, queues: Iterable[str]
) -> dict[str, int]:
    """Dead letters of each queue; the queues must be there."""
    counts = {}
    for queue in queues:
        dead = await channel.declare_queue(topology.dead(queue), passive=True, robust=False)
        counts[queue] = dead.declaration_result.message_count or 0
    return counts
