"""The bus inside one process: one asyncio queue per (consumer, topic), no broker.

It behaves as the broker's adapter does, message bodies included (JSON bytes, validated on arrival),
but keeps nothing when the process ends: the store is the truth, and a resumed run publishes what
has no result yet.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from recdial import tracing
from recdial.bus.delivery import Again, Dead, Delivery, attempt
from recdial.bus.protocol import BusClosed, Consumer, DeadLetter, RetryPolicy
from recdial.bus.tracing import sending
from recdial.contracts import Message

log = structlog.get_logger(__name__)

DEAD_LETTERS_KEPT = 10_000
"""Dead letters a queue keeps in memory; the oldest go first."""

_SYSTEM = "local"


@dataclass
class _Delivery:
    body: bytes
    run_id: UUID | None
    trace: Mapping[str, str]
    failures: int = 0


@dataclass
class _Queue:
    topic: str
    waiting: asyncio.Queue[_Delivery] = field(default_factory=asyncio.Queue)
    dead: deque[DeadLetter] = field(default_factory=lambda: deque(maxlen=DEAD_LETTERS_KEPT))


class LocalBus:
    """The `Bus` of embedded mode and of fast tests."""

    def __init__(self, retry: RetryPolicy | None = None) -> None:
        self._retry = retry or RetryPolicy()
        self._queues: dict[str, _Queue] = {}
        self._consumers: list[Consumer[Any]] = []
        self._workers: list[asyncio.Task[None]] = []
        self._delayed: set[asyncio.TimerHandle] = set()
        self._outstanding: dict[str, Counter[UUID | None]] = defaultdict(Counter)
        self._handling = 0
        self._changed = asyncio.Condition()
        self._started = False
        self._stopping = asyncio.Event()
        self._closed = False

    async def consume(self, consumer: Consumer[Any]) -> None:
        """Subscribe a consumer. Deliveries begin with `start`."""
        self._queues.setdefault(consumer.queue, _Queue(consumer.message.topic))
        self._consumers.append(consumer)
        if self._started:
            self._start_workers(consumer)

    async def start(self) -> None:
        """Begin to deliver."""
        self._started = True
        for consumer in self._consumers:
            self._start_workers(consumer)

    async def publish(self, message: Message) -> None:
        """Hand a message to every queue of its topic."""
        body = message.model_dump_json().encode()
        with sending(_SYSTEM, message.topic, message):
            self._put(message.topic, body, message.run_id)

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Publish bytes as they are."""
        with sending(_SYSTEM, topic, None):
            self._put(topic, body, None)

    async def admit(self, message: type[Message], run_id: UUID, limit: int) -> None:
        """Wait until fewer than `limit` messages of the run wait or are handled in the topic."""
        outstanding = self._outstanding[message.topic]
        await self._wait_until(lambda: outstanding[run_id] < limit)

    async def drain(self) -> None:
        """Wait until nothing is queued, delayed or being handled."""
        await self._wait_until(lambda: self.idle)

    @property
    def idle(self) -> bool:
        """Whether nothing is queued, delayed or being handled."""
        return not any(counter.total() for counter in self._outstanding.values())

    async def dead_letters(self, queue: str) -> list[DeadLetter]:
        """What was given up in a queue, oldest first."""
        found = self._queues.get(queue)
        return list(found.dead) if found else []

    async def dead_letter_counts(self) -> dict[str, int]:
        """How many dead letters each queue has, queues without any included."""
        return {name: len(queue.dead) for name, queue in self._queues.items()}

    async def replay(self, queue: str, reopen: Callable[[DeadLetter], Awaitable[bool]]) -> int:
        """Send the dead letters of a queue to it again, without their failures; how many."""
        sent = 0
        for letter in await self.dead_letters(queue):
            if await reopen(letter):
                self._deliver(self._queues[queue], _Delivery(letter.body, None, letter.trace))
                self._queues[queue].dead.remove(letter)
                sent += 1
        return sent

    async def close(self, grace_s: float = 30.0) -> None:
        """Stop delivering; let handlers in flight finish for `grace_s` s, then cancel them."""
        self._stopping.set()
        for handle in self._delayed:
            handle.cancel()
        async with self._changed:
            self._changed.notify_all()
            try:
                async with asyncio.timeout(grace_s):
                    await self._changed.wait_for(lambda: self._handling == 0)
            except TimeoutError:
                log.warning("bus.close.cancelled", handlers=self._handling, grace_s=grace_s)
        self._closed = True
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._stopping.is_set() or condition())
        if self._stopping.is_set():
            raise BusClosed("the bus was closed while waiting")

    def _put(self, topic: str, body: bytes, run_id: UUID | None) -> None:
        if self._closed:
            raise BusClosed(f"the bus is closed: cannot publish {topic}")
        queues = [queue for queue in self._queues.values() if queue.topic == topic]
        if not queues:
            log.debug("bus.unrouted", topic=topic)
        trace = tracing.headers()
        for queue in queues:
            self._deliver(queue, _Delivery(body, run_id, trace))

    def _deliver(self, queue: _Queue, delivery: _Delivery) -> None:
        self._outstanding[queue.topic][delivery.run_id] += 1
        queue.waiting.put_nowait(delivery)

    def _start_workers(self, consumer: Consumer[Any]) -> None:
        for _ in range(consumer.concurrency):
            self._workers.append(asyncio.create_task(self._work(consumer), name=consumer.queue))

    async def _work(self, consumer: Consumer[Any]) -> None:
        queue = self._queues[consumer.queue]
        while True:
            delivery = await queue.waiting.get()
            if self._stopping.is_set():
                return
            self._handling += 1
            requeued = False
            try:
                requeued = await self._handle(consumer, queue, delivery)
            finally:
                self._handling -= 1
                if not requeued:
                    self._settle(queue.topic, delivery.run_id)
                async with self._changed:
                    self._changed.notify_all()

    def _settle(self, topic: str, run_id: UUID | None) -> None:
        counter = self._outstanding[topic]
        counter[run_id] -= 1
        if not counter[run_id]:
            del counter[run_id]

    async def _handle(self, consumer: Consumer[Any], queue: _Queue, delivery: _Delivery) -> bool:
        """Handle one delivery; True when it waits for another try."""
        arrived = Delivery(_SYSTEM, delivery.body, delivery.failures, delivery.trace)
        match await attempt(consumer, arrived, self._retry, self._publish_all):
            case Again(failures, delay_s):
                delivery.failures = failures
                self._put_later(queue, delivery, delay_s)
                return True
            case Dead(failures, cause):
                died_at = datetime.now(UTC)
                queue.dead.append(
                    DeadLetter(
                        consumer.queue, delivery.body, failures, cause, died_at, delivery.trace
                    )
                )
        return False

    async def _publish_all(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self.publish(message)

    def _put_later(self, queue: _Queue, delivery: _Delivery, delay_s: float) -> None:
        def put() -> None:
            self._delayed.discard(handle)
            queue.waiting.put_nowait(delivery)

        handle = asyncio.get_running_loop().call_later(delay_s, put)
        self._delayed.add(handle)
