"""Exchanges and queues on RabbitMQ: their names, their arguments, and how to declare them.

Every service declares all of it at its start, in any order and as often as it likes, so nothing is
published before there is a queue to take it. Each argument is known to RabbitMQ 3.10 and to 4.x.

    recdial (topic)         -- topic -->    <service>.<topic>          work
    recdial.dead (direct)   -- queue -->    <service>.<topic>.dead     what was given up
    recdial.delay.<ms> (fanout)        -->  recdial.delay.<ms>         until a next try

A delay queue serves all work queues: a message comes in with the name of its work queue as routing
key, expires after the queue's one TTL, and goes by that key through the default exchange back to
where it failed. All of it is durable: a broker that restarts forgets no retry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue
from aio_pika.exceptions import ChannelPreconditionFailed

from recdial.contracts import TOPICS

DELIVERY_LIMIT = 20
"""Deliveries without an answer after which the broker dead-letters. It bounds process deaths only:
a crash charges every delivery in hand, so it is well above what a bad day brings."""

_NO_LIMIT = 1_000_000_000
"""RabbitMQ 4 limits deliveries to 20 where a queue says nothing; looking at dead letters counts."""

# At-least-once dead-lettering needs reject-publish; without a maximal length nothing is rejected.
_SAFE_DEAD_LETTERING = {
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


class TopologyConflict(Exception):
    """The broker has a queue or exchange of this name with other settings."""


def contract_queues() -> dict[str, str]:
    """The work queues of all services, each with its topic."""
    return {
        f"{service}.{message.topic}": message.topic
        for message in TOPICS
        for service in message.consumers
    }


@dataclass(frozen=True)
class Topology:
    """The names of one deployment. The prefix keeps several apart on one virtual host."""

    prefix: str = ""
    queues: Mapping[str, str] = field(default_factory=contract_queues)
    """Work queues (without prefix) that exist whoever consumes them, each with its topic."""
    delivery_limit: int = DELIVERY_LIMIT

    @property
    def exchange(self) -> str:
        """Where every message is published, its topic as routing key."""
        return f"{self.prefix}recdial"

    @property
    def dead_exchange(self) -> str:
        """Where given-up messages are published, the work queue's name as routing key."""
        return f"{self.prefix}recdial.dead"

    def work(self, queue: str) -> str:
        """The broker's name of a work queue."""
        return f"{self.prefix}{queue}"

    def dead(self, queue: str) -> str:
        """The broker's name of a work queue's dead-letter queue."""
        return f"{self.prefix}{queue}.dead"

    def delay(self, delay_s: float) -> str:
        """The broker's name of the exchange and the queue of a delay, to the next millisecond."""
        return f"{self.prefix}recdial.delay.{math.ceil(delay_s * 1000)}"

    async def declare_exchanges(self, channel: AbstractChannel) -> None:
        """Declare the two exchanges messages are published to. Raises TopologyConflict."""
        try:
            await channel.declare_exchange(self.exchange, ExchangeType.TOPIC, durable=True)
            await channel.declare_exchange(self.dead_exchange, ExchangeType.DIRECT, durable=True)
        except ChannelPreconditionFailed as error:
            raise _conflict(error) from error

    async def declare_work(self, channel: AbstractChannel, queue: str, topic: str) -> AbstractQueue:
        """Declare a work queue and its dead letters; the exchanges must be there.

        Raises TopologyConflict.
        """
        try:
            # The dead letters first: a work queue must never have nowhere to send them.
            dead = await channel.declare_queue(
                self.dead(queue),
                durable=True,
                arguments={"x-queue-type": "quorum", "x-delivery-limit": _NO_LIMIT},
            )
            await dead.bind(self.dead_exchange, self.work(queue))
            work = await channel.declare_queue(
                self.work(queue),
                durable=True,
                arguments={
                    "x-queue-type": "quorum",
                    "x-delivery-limit": self.delivery_limit,
                    "x-dead-letter-exchange": self.dead_exchange,
                    "x-dead-letter-routing-key": self.work(queue),
                    **_SAFE_DEAD_LETTERING,
                },
            )
            await work.bind(self.exchange, topic)
        except ChannelPreconditionFailed as error:
            raise _conflict(error) from error
        return work

    async def declare_delay(self, channel: AbstractChannel, delay_s: float) -> AbstractQueue:
        """Declare the exchange and the queue of a delay. Raises TopologyConflict."""
        name = self.delay(delay_s)
        try:
            exchange = await channel.declare_exchange(name, ExchangeType.FANOUT, durable=True)
            queue = await channel.declare_queue(
                name,
                durable=True,
                arguments={
                    "x-queue-type": "quorum",
                    "x-message-ttl": math.ceil(delay_s * 1000),
                    "x-dead-letter-exchange": "",
                    **_SAFE_DEAD_LETTERING,
                },
            )
            await queue.bind(exchange)
        except ChannelPreconditionFailed as error:
            raise _conflict(error) from error
        return queue


def _conflict(error: ChannelPreconditionFailed) -> TopologyConflict:
    return TopologyConflict(
        f"{error}: an earlier version declared it differently. Stop the services, let what is in "
        "it be worked off, delete it (rabbitmqctl delete_queue NAME) and start again"
    )
