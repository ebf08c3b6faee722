"""Prometheus metrics of a service's process: what came in, how it went, how long it took.

Labels are queues, kinds of job and outcomes, so their number does not grow with runs or users.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from recdial.bus import Consumer, Reject
from recdial.contracts import Message
from recdial.jobs import JobContext, JobKind, JobStopped
from recdial.service import Service
from recdial.store.jobs import LeaseLost

_SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320)


class ServiceMetrics:
    """The metrics of one service, and the service with them built in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._deliveries = Counter(
            "recdial_deliveries",
            "Deliveries handled: done, failed (tried again) or rejected (not to be repeated).",
            ["queue", "outcome"],
            registry=registry,
        )
        self._dead = Counter(
            "recdial_dead_letters",
            "Messages given up: failed too often, refused, or no message at all.",
            ["queue"],
            registry=registry,
        )
        self._in_flight = Gauge(
            "recdial_in_flight", "Deliveries being handled.", ["queue"], registry=registry
        )
        self._seconds = Histogram(
            "recdial_handler_seconds",
            "Duration of handling one delivery.",
            ["queue"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._jobs = Counter(
            "recdial_jobs",
            "Pieces of long work: done, failed, stopped (to be gone on with) or lost to another.",
            ["kind", "outcome"],
            registry=registry,
        )
        self._jobs_running = Gauge(
            "recdial_jobs_running", "Pieces of long work in hand.", ["kind"], registry=registry
        )

    def measured(self, service: Service) -> Service:
        """The service, measured. What it does stays the same."""
        if service.worker is not None:
            service.worker.wrap(self._around_job)
        return replace(service, consumers=[self._around(one) for one in service.consumers])

    def _around(self, consumer: Consumer[Any]) -> Consumer[Any]:
        queue = consumer.queue
        in_flight, seconds = self._in_flight.labels(queue), self._seconds.labels(queue)
        done, failed, rejected = (
            self._deliveries.labels(queue, outcome) for outcome in ("done", "failed", "rejected")
        )

        async def handle(message: Message) -> Sequence[Message]:
            started = time.perf_counter()
            outcome = failed
            try:
                with in_flight.track_inprogress():
                    follows = await consumer.handle(message)
                outcome = done
            except Reject:
                outcome = rejected
                raise
            finally:
                seconds.observe(time.perf_counter() - started)
                outcome.inc()
            return follows

        return replace(consumer, handle=handle, on_dead=self._dead.labels(queue).inc)

    def _around_job(self, kind: JobKind) -> JobKind:
        work: Callable[[JobContext], Awaitable[list[Message]]] = kind.work
        outcomes = {
            outcome: self._jobs.labels(kind.name.value, outcome)
            for outcome in ("done", "failed", "stopped", "lost")
        }
        running = self._jobs_running.labels(kind.name.value)

        async def measured(context: JobContext) -> list[Message]:
            outcome = "failed"
            try:
                with running.track_inprogress():
                    follows = await work(context)
                outcome = "done"
            except JobStopped:
                outcome = "stopped"
                raise
            except LeaseLost:
                outcome = "lost"
                raise
            finally:
                outcomes[outcome].inc()
            return follows

        return replace(kind, work=measured)
