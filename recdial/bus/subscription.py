"""One consumer on RabbitMQ: takes deliveries, has them handled, and answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelInvalidStateError

from recdial.bus import headers
from recdial.bus.connection import is_connection_loss, message_count
from recdial.bus.delivery import (
    Again,
    Dead,
    Delivery,
    Done,
    Outcome,
    Publish,
    abandon,
    attempt,
)
from recdial.bus.protocol import BusClosed, BusUnavailable, Consumer, MessageTooLarge, RetryPolicy

log = structlog.get_logger(__name__)

SYSTEM = "rabbitmq"
"""What traces call it."""

_PAUSE_S = 1.0
_STOP_CALL_S = 5.0

_IN_TRANSIT_S = 1.0
"""How long after its delay a retry may be between two queues, where no count shows it."""

_LAST_DELIVERIES = 2
"""Deliveries of the broker's limit kept for giving a message up, which a process may die in too."""


@dataclass
class Work:
    """A message in hand. After a lost connection the broker delivers it once more."""

    key: str
    body: bytes
    failures: int
    deliveries: list[AbstractIncomingMessage] = field(default_factory=list)

    @property
    def latest(self) -> AbstractIncomingMessage:
        """The delivery the broker waits for an answer to."""
        return self.deliveries[-1]

    @property
    def is_lost(self) -> bool:
        """Whether the broker has it again, for anyone: its connection is gone."""
        try:
            _ = self.latest.channel
        except ChannelInvalidStateError:
            return True
        return False


Forward = Callable[[Consumer[Any], Work, Again | Dead], Awaitable[None]]
"""Sends a message that was not done to where it belongs; returns when the broker has it."""


class Subscription:
    """The deliveries of one consumer.

    Handlers run in tasks of their own, not in the callback of the connection: a handler goes on
    when the connection is lost. When the broker then delivers its message again, to this process,
    the new delivery joins the work in hand, so that a long call is not made twice.
    """

    def __init__(
        self,
        consumer: Consumer[Any],
        queue: AbstractQueue,
        *,
        retry: RetryPolicy,
        delivery_limit: int,
        publish: Publish,
        forward: Forward,
    ) -> None:
        self.consumer = consumer
        self.changes = 0
        """Grows with each delivery and each answer."""
        self._queue = queue
        self._retry = retry
        # Nothing follows from a message the broker gives up beyond its limit: be first.
        self._give_up_at = delivery_limit - _LAST_DELIVERIES
        self._publish = publish
        self._forward = forward
        self._waiting: asyncio.Queue[Work | None] = asyncio.Queue()
        self._in_hand = 0
        self._joinable: dict[str, Work] = {}
        self._retrying: set[tuple[str, int]] = set()
        self._workers: list[asyncio.Task[None]] = []
        self._tag: str | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to take deliveries."""
        self._workers = [
            asyncio.create_task(self._work(), name=self.consumer.queue)
            for _ in range(self.consumer.concurrency)
        ]
        self._tag = await self._queue.consume(self._take)

    @property
    def in_hand(self) -> int:
        """Messages taken and not answered."""
        return self._in_hand

    @property
    def retrying(self) -> int:
        """Failed messages that have not come back for their next try."""
        return len(self._retrying)

    async def waiting(self) -> int:
        """Messages that wait in the queue. Those that had left it then are in hand afterwards."""
        count = await message_count(self._queue)
        # What was on its way here when the broker counted has arrived when it answers again.
        await message_count(self._queue)
        return count

    async def stop(self, grace_s: float) -> None:
        """Take no more; let what is being handled end for `grace_s` s, then cancel it."""
        self._stopping = True
        tag, self._tag = self._tag, None
        if tag is not None and not self._queue.channel.is_closed:
            await self._while_connected(asyncio.wait_for(self._queue.cancel(tag), _STOP_CALL_S))
        for _ in self._workers:
            self._waiting.put_nowait(None)
        if not self._workers:
            return
        _, late = await asyncio.wait(self._workers, timeout=grace_s)
        if late:
            log.warning(
                "bus.close.cancelled",
                queue=self.consumer.queue,
                handlers=len(late),
                grace_s=grace_s,
            )
        for worker in late:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _take(self, delivery: AbstractIncomingMessage) -> None:
        self.changes += 1
        key = delivery.message_id or uuid4().hex
        failures = headers.failures(delivery)
        self._retrying.discard((key, failures))
        if key in self._joinable:
            self._joinable[key].deliveries.append(delivery)
            return
        work = self._joinable[key] = Work(key, delivery.body, failures, [delivery])
        self._in_hand += 1
        self._waiting.put_nowait(work)

    async def _work(self) -> None:
        while (work := await self._waiting.get()) is not None:
            try:
                if self._stopping:
                    await self._give_back(work)
                elif not work.is_lost:
                    await self._handle(work)
            except BusClosed:
                # Without an answer the message is the broker's again when the connection closes.
                return
            finally:
                self.changes += 1
                self._in_hand -= 1
                self._part(work)

    async def _handle(self, work: Work) -> None:
        outcome = await self._decide(work)
        if not isinstance(outcome, Done) and not await self._pass_on(work, outcome):
            await self._give_back(work)
            return
        for delivery in work.deliveries:
            await self._while_connected(delivery.ack())

    async def _pass_on(self, work: Work, outcome: Again | Dead) -> bool:
        """Send what was not done to where it belongs; False if the broker does not take it."""
        # What is delivered from now on may be the message sent here, on its next try already.
        self._part(work)
        retry = (work.key, outcome.failures)
        if isinstance(outcome, Again):
            self._retrying.add(retry)
        try:
            await self._forward(self.consumer, work, outcome)
        except (BusUnavailable, MessageTooLarge) as error:
            log.error("bus.forward.failed", queue=self.consumer.queue, cause=str(error))
            self._retrying.discard(retry)
            await asyncio.sleep(_PAUSE_S)
            return False
        if isinstance(outcome, Again):
            # If another process takes it, it never arrives here.
            asyncio.get_running_loop().call_later(
                outcome.delay_s + _IN_TRANSIT_S, self._retrying.discard, retry
            )
        return True

    def _part(self, work: Work) -> None:
        if self._joinable.get(work.key) is work:
            del self._joinable[work.key]

    async def _decide(self, work: Work) -> Outcome:
        arrived = Delivery(SYSTEM, work.body, work.failures, headers.trace(work.latest))
        unanswered = headers.unanswered(work.latest)
        if unanswered >= self._give_up_at:
            return await abandon(
                self.consumer,
                arrived,
                f"delivered {unanswered} times without an answer: the processes handling it end",
                self._retry,
                self._publish,
            )
        return await attempt(self.consumer, arrived, self._retry, self._publish)

    async def _give_back(self, work: Work) -> None:
        """Let the broker deliver it again, to whomever."""
        for delivery in work.deliveries:
            # Not nack: RabbitMQ 4.3 and later do not count one.
            await self._while_connected(delivery.reject(requeue=True))

    async def _while_connected(self, call: Awaitable[Any]) -> None:
        """Do it if the connection still stands; if not, the broker has drawn its own conclusion."""
        try:
            await call
        except (Exception, asyncio.CancelledError) as error:
            if not is_connection_loss(error):
                raise
            log.info("bus.answer.lost", queue=self.consumer.queue, cause=repr(error))
