"""What a service is made of: its consumers and its worker for long work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from recdial.bus import Bus, Consumer
from recdial.jobs import JobWorker


async def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Service:
    """One service, wired: what it consumes, who does its long work, what it must release."""

    name: str
    consumers: list[Consumer[Any]]
    worker: JobWorker | None = None
    release: Callable[[], Awaitable[None]] = _nothing
    """Frees what the handlers hold (models, connections) once they have ended."""

    async def start(self, bus: Bus) -> None:
        """Subscribe the consumers and begin with long work."""
        for consumer in self.consumers:
            await bus.consume(consumer)
        if self.worker is not None:
            self.worker.start()
