"""What every bus adapter does. `tests/contract/test_bus.py` holds each of them to it.

Delivery is at least once. A handler returns the messages that follow from its work; the bus
publishes them and only then acknowledges the delivery. A handler that raises is retried with a
growing delay; after `RetryPolicy.max_failures` failures the message goes to the dead letters of its
queue, and what `Consumer.on_exhausted` says follows from that is published.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from recdial.contracts import Message

M = TypeVar("M", bound=Message)


class BusClosed(Exception):
    """The bus is closed: nothing can be published or consumed any more."""


class BusUnavailable(Exception):
    """The broker cannot be reached, or did not take a message in time."""


class Reject(Exception):
    """Raised by a handler for a message that no repetition can help: dead-letter it at once."""


class MessageTooLarge(Reject):
    """A message above the size the bus carries: it would be as large the next time."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how soon a failed delivery is repeated."""

    max_failures: int = 5
    first_delay_s: float = 1.0
    factor: float = 2.0
    max_delay_s: float = 60.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after the given number of failures (from 1, at most `max_failures`)."""
        exponent = min(max(failures, 1), self.max_failures) - 1
        return min(self.first_delay_s * self.factor**exponent, self.max_delay_s)

    @property
    def delays(self) -> tuple[float, ...]:
        """Every delay there can be, in seconds, shortest first."""
        return tuple(sorted({self.delay(count) for count in range(1, self.max_failures + 1)}))


async def _nothing(_message: Any, _error: str) -> list[Message]:
    return []


def _unnoticed() -> None:
    """Nobody counts."""


@dataclass(frozen=True)
class Consumer(Generic[M]):
    """One service's handler of one topic, and how many deliveries it takes at a time."""

    service: str
    message: type[M]
    handle: Callable[[M], Awaitable[Sequence[Message]]]
    concurrency: int = 1
    on_exhausted: Callable[[M, str], Awaitable[Sequence[Message]]] = _nothing
    """What follows when the message is given up, from the message and the last error."""
    on_dead: Callable[[], None] = _unnoticed
    """Told of each delivery that becomes a dead letter, those whose body is no message included."""

    @property
    def queue(self) -> str:
        """Name of the queue, e.g. `filter.dialogue.generated`."""
        return f"{self.service}.{self.message.topic}"


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up: its body as it came, and why."""

    queue: str
    body: bytes
    failures: int
    error: str
    died_at: datetime
    trace: Mapping[str, str] = field(default_factory=dict)
    """The headers of its trace context, which it keeps when it is sent again."""


class Bus(Protocol):
    """Publish and consume typed messages."""

    async def consume(self, consumer: Consumer[Any]) -> None:
        """Subscribe a consumer. Deliveries begin with `start`."""

    async def start(self) -> None:
        """Begin to deliver."""

    async def publish(self, message: Message) -> None:
        """Hand a message to every queue of its topic; returns when the bus has it.

        Raises BusClosed, BusUnavailable and, where the adapter has a limit, MessageTooLarge. A
        message of a topic nobody consumes is dropped with a log line.
        """

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Publish bytes as they are (dead letters sent again, messages of other programs)."""

    async def admit(self, message: type[Message], run_id: UUID, limit: int) -> None:
        """Wait until fewer than `limit` messages of the run wait or are handled in the topic.

        For producers of bulk work only (grounding, release): a handler never waits here, and one
        producer at a time works for a run. Where a broker keeps the queues, the count is of the
        whole queue once this bus has published that much for the run (see the adapter).
        """

    async def drain(self) -> None:
        """Wait until nothing is queued, delayed or being handled."""

    async def dead_letters(self, queue: str) -> list[DeadLetter]:
        """What was given up in a queue, oldest first."""

    async def dead_letter_counts(self) -> dict[str, int]:
        """How many dead letters each queue has, queues without any included."""

    async def replay(self, queue: str, reopen: Callable[[DeadLetter], Awaitable[bool]]) -> int:
        """Send the dead letters of a queue to it again, without their failures; how many.

        Before each is sent, `reopen` undoes what its death led to and says whether it may go; a
        letter that may not stays where it is, as do all from the one for which `reopen` raises.
        A process that dies between sending and removing leaves a letter in both places.
        """

    async def close(self, grace_s: float = 30.0) -> None:
        """Stop delivering; let handlers in flight finish for `grace_s` s, then cancel them."""
