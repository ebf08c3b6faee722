"""Looks again and again what the store says of the runs that go on.

Every event of a run is published when it happens. Should one be lost all the same (a broker whose
disk is gone, a message thrown away by hand), the store still knows, and the sweep publishes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from recdial.bus import Bus
from recdial.contracts import Message
from recdial.domain import RunState
from recdial.store import Store, runs

log = structlog.get_logger(__name__)


async def sweep(
    store: Store,
    bus: Bus,
    check_run: Callable[[UUID], Awaitable[Sequence[Message]]],
    every_s: float,
) -> None:
    """Publish what `check_run` says of every running run, each `every_s` seconds, for ever."""
    while True:
        await asyncio.sleep(every_s)
        # The store or the broker may be away for a moment: the next round will do.
        try:
            async with store.read() as session:
                running = await runs.in_state(session, RunState.running)
            for run_id in running:
                for message in await check_run(run_id):
                    await bus.publish(message)
        except Exception as error:  # noqa: BLE001
            log.warning("sweep.failed", cause=repr(error))
