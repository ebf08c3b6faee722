"""What a service's metrics count, on the in-process bus."""

from __future__ import annotations

from uuid import UUID

import pytest

pytest.importorskip("prometheus_client", reason="metrics need the extra `service`")

from prometheus_client import CollectorRegistry

from recdial.bus import Consumer, Reject, RetryPolicy
from recdial.bus.local import LocalBus
from recdial.contracts import Message, RunCompleted, RunGrounded
from recdial.metrics import ServiceMetrics
from recdial.service import Service

QUEUE = {"queue": "filter.run.grounded"}


async def test_every_delivery_is_counted_by_how_it_went() -> None:
    registry = CollectorRegistry()
    followed: list[Message] = []

    async def handle(message: RunGrounded) -> list[Message]:
        assert registry.get_sample_value("recdial_in_flight", QUEUE) == 1
        if message.profiles == 1:
            raise ConnectionError("never")
        if message.profiles == 2:
            raise Reject("no")
        return []

    async def exhausted(message: RunGrounded, error: str) -> list[Message]:
        return [RunCompleted(run_id=message.run_id)]

    async def note(message: Message) -> list[Message]:
        followed.append(message)
        return []

    service = Service(
        "filter",
        [
            Consumer("filter", RunGrounded, handle, on_exhausted=exhausted),
            Consumer("evaluator", RunCompleted, note),
        ],
    )
    bus = LocalBus(RetryPolicy(max_failures=3, first_delay_s=0.01))
    await ServiceMetrics(registry).measured(service).start(bus)
    await bus.start()
    for profiles in range(4):
        await bus.publish(RunGrounded(run_id=UUID(int=1), profiles=profiles))
    await bus.publish_raw("run.grounded", b"no message")
    await bus.drain()
    await bus.close()

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, QUEUE | labels)

    assert sample("recdial_deliveries_total", outcome="done") == 2
    assert sample("recdial_deliveries_total", outcome="failed") == 3
    assert sample("recdial_deliveries_total", outcome="rejected") == 1
    assert sample("recdial_dead_letters_total") == 3, "the body that is no message too"
    assert sample("recdial_handler_seconds_count") == 6
    assert sample("recdial_in_flight") == 0
    assert len(followed) == 2, "what follows is published as ever"
