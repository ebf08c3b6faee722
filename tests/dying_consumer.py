"""A process that takes one message of `filter.run.grounded` and never answers.

`python -m tests.dying_consumer PREFIX DELIVERY_LIMIT` prints `taken` and waits to be
killed.
"""

from __future__ import annotations

import asyncio
import sys

from recdial.bus import Consumer
from recdial.bus.rabbitmq import RabbitBus
from recdial.bus.topology import Topology
from recdial.contracts import Message, RunGrounded
from tests.servers import AMQP_URL, RETRY


async def main(prefix: str, delivery_limit: int) -> None:
    async def handle(message: Message) -> list[Message]:
        print("taken", flush=True)
        await asyncio.Event().wait()
        return []

    topology = Topology(prefix=prefix, queues={}, delivery_limit=delivery_limit)
    bus = await RabbitBus.connect(AMQP_URL, topology=topology, retry=RETRY)
    await bus.consume(Consumer("filter", RunGrounded, handle))
    await bus.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
