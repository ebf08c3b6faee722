"""What a service is made of: its consumers and its worker for long work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recdial.bus import Bus, Consumer
from recdial.contracts import Message
from recdial.jobs import JobWorker


async def _nothing() -> None:
    return None


async def _follows_nothing(_run_id: UUID) -> Sequence[Message]:
    return []


@dataclass(frozen=True)
class Service:
    """One service, wired: what it consumes, who does its long work, what it must release."""

    name: str
    consumers: list[Consumer[Any]]
    worker: JobWorker | None = None
    release: Callable[[], Awaitable[None]] = _nothing
    """Frees what the handlers hold (models, connections) once they have ended."""
    check_run: Callable[[UUID], Awaitable[Sequence[Message]]] = _follows_nothing
    """What is to be published for a run by what the store says now. A process of its own asks for
    every running run again and again, so that a lost message holds no run up (`recdial/sweep.py`).
    """

    async def start(self, bus: Bus) -> None:
        """Subscribe the consumers and begin with long work."""
        for consumer in self.consumers:
            await bus.consume(consumer)
        if self.worker is not None:
            self.worker.start()
