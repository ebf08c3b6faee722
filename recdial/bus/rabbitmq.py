"""The bus over RabbitMQ: quorum queues, confirmed publishing, and retries the broker keeps.

Nothing is lost between a publish that returned and its message's handler that returned: not by a
broker that restarts, a connection that is cut, nor a process that is killed. What a bus cannot know
over AMQP alone, which does not tell what other processes have in hand, is said at `admit` and
`drain`. Tested on RabbitMQ 3.10 and 4.0; on 3.10 the feature flag `stream_queue` must be enabled
(it is in a new installation).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from uuid import UUID

import structlog
from aio_pika.abc import AbstractQueue, AbstractRobustChannel, AbstractRobustConnection

from recdial import tracing
from recdial.bus import headers
from recdial.bus.connection import connect, message_count
from recdial.bus.dead_letters import peek
from recdial.bus.delivery import Again, Dead
from recdial.bus.protocol import BusClosed, BusUnavailable, Consumer, DeadLetter, RetryPolicy
from recdial.bus.publisher import Publisher
from recdial.bus.replay import count, replay
from recdial.bus.subscription import SYSTEM, Subscription, Work
from recdial.bus.topology import Topology
from recdial.bus.tracing import sending
from recdial.contracts import Message

log = structlog.get_logger(__name__)

T = TypeVar("T")

_DELETION_S = 0.5


@dataclass(frozen=True)
class RabbitOptions:
    """How a bus treats its broker."""

    name: str = "recdial"
    """What the broker's own tools call the connections."""
    max_message_bytes: int = 16 * 2**20
    """Larger messages are refused. RabbitMQ 4 takes 16 MiB unless configured, 3.x 128 MiB."""
    connect_timeout_s: float = 30.0
    """How long to wait at the start for a broker that does not answer yet."""
    publish_timeout_s: float = 60.0
    """How long a publish waits for a lost broker before it fails."""
    reconnect_s: float = 1.0
    """Pause between two tries to connect again."""
    poll_s: float = 0.05
    """Pause between two looks at the depth of a queue that is full (`admit`, `drain`)."""


class RabbitBus:
    """The `Bus` of the cluster. Make one with `connect`."""

    def __init__(
        self,
        publishing: AbstractRobustConnection,
        consuming: AbstractRobustConnection,
        topology: Topology,
        retry: RetryPolicy,
        options: RabbitOptions,
    ) -> None:
        # Two connections: a broker short of memory stops one that publishes, and answers to
        # deliveries, which free memory, must still come through.
        self._publishing = publishing
        self._consuming = consuming
        self._topology = topology
        self._retry = retry
        self._options = options
        self._declaring: AbstractRobustChannel
        self._publisher: Publisher
        self._queues: dict[str, AbstractQueue] = {}
        self._topics: dict[str, str] = {}
        self._delays: list[AbstractQueue] = []
        self._subscriptions: list[Subscription] = []
        self._published: Counter[tuple[str, UUID]] = Counter()
        self._credit: Counter[tuple[str, UUID]] = Counter()
        self._started = False
        self._stopping = asyncio.Event()

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        topology: Topology | None = None,
        retry: RetryPolicy | None = None,
        options: RabbitOptions | None = None,
    ) -> Self:
        """Connect to the broker at an amqp:// URL and declare the topology.

        Raises BusUnavailable, and TopologyConflict where the broker has other queues of the names.
        """
        options = options or RabbitOptions()
        settings = (options.connect_timeout_s, options.reconnect_s)
        publishing = await connect(url, f"{options.name} publish", *settings)
        consuming = await connect(url, f"{options.name} consume", *settings)
        bus = cls(publishing, consuming, topology or Topology(), retry or RetryPolicy(), options)
        try:
            await bus._open()
        except BaseException:
            await bus._disconnect()
            raise
        return bus

    async def consume(self, consumer: Consumer[Any]) -> None:
        """Subscribe a consumer. Deliveries begin with `start`."""
        self._refuse_if_closed()
        await self._declare(consumer.queue, consumer.message.topic)
        channel = await self._channel(self._consuming, confirms=False)
        await channel.set_qos(prefetch_count=consumer.concurrency)
        subscription = Subscription(
            consumer,
            await self._topology.declare_work(channel, consumer.queue, consumer.message.topic),
            retry=self._retry,
            delivery_limit=self._topology.delivery_limit,
            publish=self._publish_all,
            forward=self._forward,
        )
        self._subscriptions.append(subscription)
        if self._started:
            await subscription.start()

    async def start(self) -> None:
        """Begin to deliver."""
        self._started = True
        for subscription in self._subscriptions:
            await subscription.start()

    async def publish(self, message: Message) -> None:
        """Hand a message to every queue of its topic; returns when the broker has it on disk.

        Over a lost connection it is sent again, so it may arrive twice. Raises BusClosed,
        MessageTooLarge, and BusUnavailable after `publish_timeout_s`.
        """
        body = message.model_dump_json().encode()
        with sending(SYSTEM, message.topic, message):
            await self._route(message.topic, body, str(message.message_id))
        self._published[message.topic, message.run_id] += 1

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Publish bytes as they are."""
        with sending(SYSTEM, topic, None):
            await self._route(topic, body, None)

    async def admit(self, message: type[Message], run_id: UUID, limit: int) -> None:
        """Wait until fewer than `limit` messages of the run wait or are handled in the topic.

        An estimate, on the safe side in what it sees: the run has at most as many outstanding as
        this bus published for it, and as many as the topic's queues hold for all runs, failed ones
        that wait for their next try included. What other processes have in hand is not seen; that
        is at most their concurrency. RabbitMQ reports no depths by itself, so a full queue is asked
        again and again.
        """
        key = (message.topic, run_id)
        while not self._credit[key]:
            outstanding = self._published[key]
            if outstanding >= limit:
                depth = await self._unless_closed(self._depth(message.topic))
                outstanding = min(outstanding, depth)
            # As only this bus adds to the run's messages, so many more need no further look.
            self._credit[key] = max(0, limit - outstanding)
            if not self._credit[key]:
                await self._pause()
        self._credit[key] -= 1

    async def drain(self) -> None:
        """Wait until nothing is queued, delayed or being handled in the queues consumed here.

        Exact for one process alone. With several it is not: what the others have in hand is not
        seen, and one of their retries may be between two queues when both are counted.
        """
        while not await self._unless_closed(self._idle()):
            await self._pause()

    async def dead_letters(self, queue: str) -> list[DeadLetter]:
        """What was given up in a queue, oldest first. All of it stays there.

        While one process looks, another sees only what came since.
        """
        self._refuse_if_closed()
        channel = await self._channel(self._publishing, confirms=False)
        try:
            letters = await peek(channel, self._topology.dead(queue))
        finally:
            await channel.close()
        return sorted(
            (headers.dead_letter(queue, letter) for letter in letters),
            key=lambda letter: letter.died_at,
        )

    async def dead_letter_counts(self) -> dict[str, int]:
        """How many dead letters each queue has, queues without any included."""
        self._refuse_if_closed()
        channel = await self._channel(self._publishing, confirms=False)
        try:
            return await count(channel, self._topology, self._topics)
        finally:
            await channel.close()

    async def replay(self, queue: str, reopen: Callable[[DeadLetter], Awaitable[bool]]) -> int:
        """Send the dead letters of a queue to it again, without their failures; how many."""
        self._refuse_if_closed()
        channel = await self._channel(self._publishing, confirms=False)
        try:
            return await replay(channel, self._publisher, self._topology, queue, reopen)
        finally:
            await channel.close()

    @property
    def connected(self) -> bool:
        """Whether the broker is reached now. If not, the bus is trying to reach it again."""
        return all(one.connected.is_set() for one in (self._publishing, self._consuming))

    async def close(self, grace_s: float = 30.0) -> None:
        """Stop delivering; let handlers in flight finish for `grace_s` s, then cancel them."""
        self._stopping.set()
        await asyncio.gather(*(one.stop(grace_s) for one in self._subscriptions))
        self._publisher.close()
        await self._disconnect()

    async def _open(self) -> None:
        self._declaring = await self._channel(self._publishing, confirms=False)
        await self._topology.declare_exchanges(self._declaring)
        for delay_s in self._retry.delays:
            self._delays.append(await self._topology.declare_delay(self._declaring, delay_s))
        for queue, topic in self._topology.queues.items():
            await self._declare(queue, topic)
        self._publisher = Publisher(
            await self._channel(self._publishing, confirms=True),
            timeout_s=self._options.publish_timeout_s,
            max_bytes=self._options.max_message_bytes,
        )

    async def _disconnect(self) -> None:
        await self._consuming.close()
        await self._publishing.close()

    async def _declare(self, queue: str, topic: str) -> None:
        self._topics[queue] = topic
        self._queues[queue] = await self._topology.declare_work(self._declaring, queue, topic)

    async def _route(self, topic: str, body: bytes, message_id: str | None) -> None:
        message = headers.outgoing(
            body, message_id=message_id, topic=topic, trace=tracing.headers()
        )
        if await self._publisher.send(self._topology.exchange, topic, message):
            return
        queues = self._queues_of(topic)
        if not queues:
            log.debug("bus.unrouted", topic=topic)
            return
        log.warning("bus.queues.missing", topic=topic, queues=queues)
        # Somebody deleted them. The broker takes a moment to tell its channels: a queue made anew
        # before that has consumers that get nothing.
        await self._unless_closed(asyncio.sleep(_DELETION_S))
        for queue in queues:
            await self._declare(queue, topic)
        if not await self._publisher.send(self._topology.exchange, topic, message):
            raise BusUnavailable(f"no queue takes {topic}, though {', '.join(queues)} should")

    async def _publish_all(self, messages: Sequence[Message]) -> None:
        """Publish together: the broker confirms many at once as fast as one."""
        results = await asyncio.gather(
            *(self.publish(message) for message in messages), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _forward(self, consumer: Consumer[Any], work: Work, outcome: Again | Dead) -> None:
        """Send a message that failed to its delay, or to the dead letters."""
        queue = self._topology.work(consumer.queue)
        match outcome:
            case Again(failures, delay_s):
                exchange = self._topology.delay(delay_s)
                message = headers.failed(work.latest, failures)
            case Dead(failures, cause):
                exchange = self._topology.dead_exchange
                message = headers.dead(work.latest, failures, cause)
        if not await self._publisher.send(exchange, queue, message):
            raise BusUnavailable(f"no queue is bound to {exchange} for {queue}")

    async def _depth(self, topic: str) -> int:
        """Messages outstanding in the topic's fullest queue, with all that wait to be retried."""
        delayed = sum([await message_count(delay) for delay in self._delays])
        depths = [0]
        for queue in self._queues_of(topic):
            here = [one for one in self._subscriptions if one.consumer.queue == queue]
            if here:
                waiting = max([await one.waiting() for one in here])
            else:
                waiting = await message_count(self._queues[queue])
            depths.append(waiting + sum(one.in_hand for one in here))
        return max(depths) + delayed

    async def _idle(self) -> bool:
        if any(one.in_hand or one.retrying for one in self._subscriptions):
            return False
        before = self._changes()
        for delay in self._delays:
            if await message_count(delay):
                return False
        for subscription in self._subscriptions:
            if await subscription.waiting():
                return False
        # Had anything been handled meanwhile, it could have filled a queue that was seen empty.
        return before == self._changes()

    def _queues_of(self, topic: str) -> list[str]:
        return [queue for queue, of in self._topics.items() if of == topic]

    def _changes(self) -> int:
        return sum(one.changes for one in self._subscriptions)

    async def _channel(
        self, connection: AbstractRobustConnection, *, confirms: bool
    ) -> AbstractRobustChannel:
        channel = connection.channel(publisher_confirms=confirms)
        await channel.initialize()
        return channel

    def _refuse_if_closed(self) -> None:
        if self._stopping.is_set():
            raise BusClosed("the bus is closed")

    async def _pause(self) -> None:
        await self._unless_closed(asyncio.sleep(self._options.poll_s))

    async def _unless_closed(self, waiting: Awaitable[T]) -> T:
        """Await it. Raises BusClosed when the bus is closed before that."""
        work = asyncio.ensure_future(waiting)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise BusClosed("the bus was closed while waiting")
            return work.result()
        finally:
            work.cancel()
            stopping.cancel()
