"""A copy of every message: to be published once more, and to prove that a message was sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid4

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractQueue

from recdial.contracts import DialogueAccepted, DialogueRejected
from recdial.domain import Role
from tests.servers import Brokerage

T = TypeVar("T")

_KEPT = 20_000
"""Messages kept to be published again: those of the last runs."""
_VERDICTS = {one.topic: one for one in (DialogueAccepted, DialogueRejected)}


@dataclass(frozen=True)
class Copy:
    """A message as it was published."""

    topic: str
    body: bytes
    message_id: str | None


class Mirror:
    """A durable queue bound to everything the services publish."""

    def __init__(self, broker: Brokerage, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self._broker = broker
        self._run = run
        self._name = f"{broker.prefix}mirror"
        self._copies: deque[Copy] = deque(maxlen=_KEPT)
        self._judged: set[tuple[UUID, Role]] = set()

    def open(self) -> None:
        """Begin to copy; again where the broker forgot of it."""
        self._run(self._with_queue(_nothing))

    def take(self) -> None:
        """Fetch what was published since the last time."""
        for copy in self._run(self._with_queue(self._fetch)):
            self._copies.append(copy)
            if copy.topic in _VERDICTS:
                event = _VERDICTS[copy.topic].model_validate_json(copy.body)
                self._judged.add((event.prompt_id, event.role))

    def told(self) -> set[tuple[UUID, Role]]:
        """The prompts and roles whose verdict was published."""
        self.take()
        return self._judged

    def repeat(self, most_per_topic: int, rng: Random) -> int:
        """Publish some messages of every topic once more, whatever became of them; how many.

        With its own message id, as a broker delivers twice, or with a new one, as a publisher
        does that was killed before it knew that its message had arrived.
        """
        self.take()
        by_topic: dict[str, list[Copy]] = {}
        for copy in self._copies:
            by_topic.setdefault(copy.topic, []).append(copy)
        chosen = [
            copy
            for _, copies in sorted(by_topic.items())
            for copy in rng.sample(copies, min(len(copies), most_per_topic))
        ]
        rng.shuffle(chosen)
        same_id = [rng.random() < 0.5 for _ in chosen]

        async def publish(channel: AbstractChannel, _queue: AbstractQueue) -> None:
            exchange = await channel.get_exchange(self._broker.topology.exchange)
            for copy, same in zip(chosen, same_id, strict=True):
                message = Message(
                    copy.body,
                    content_type="application/json",
                    delivery_mode=DeliveryMode.PERSISTENT,
                    message_id=copy.message_id if same else str(uuid4()),
                    type=copy.topic,
                )
                await exchange.publish(message, copy.topic)

        self._run(self._with_queue(publish))
        return len(chosen)

    def close(self) -> None:
        """Delete the queue."""

        async def delete(channel: AbstractChannel, queue: AbstractQueue) -> None:
            await channel.queue_delete(queue.name)

        self._run(self._with_queue(delete))

    async def _fetch(self, _channel: AbstractChannel, queue: AbstractQueue) -> list[Copy]:
        found: list[Copy] = []
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            found.append(Copy(message.routing_key or "", message.body, message.message_id))
        return found

    async def _with_queue(
        self, work: Callable[[AbstractChannel, AbstractQueue], Awaitable[T]]
    ) -> T:
        async with self._broker.channel() as channel:
            await self._broker.topology.declare_exchanges(channel)
            queue = await channel.declare_queue(
                self._name, durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind(self._broker.topology.exchange, "#")
            return await work(channel, queue)


async def _nothing(_channel: AbstractChannel, _queue: AbstractQueue) -> None:
    pass
