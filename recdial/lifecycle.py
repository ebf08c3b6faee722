"""A service's life in a process of its own: wait for store and broker, work, stop in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from recdial.bus import Bus, BusUnavailable
from recdial.bus.connection import is_connection_loss
from recdial.bus.rabbitmq import RabbitBus, RabbitOptions
from recdial.bus.topology import Topology
from recdial.jobs import JobWorker
from recdial.process_settings import ServiceProcessSettings
from recdial.service import Service
from recdial.store import Store
from recdial.store.models import Run
from recdial.sweep import sweep

log = structlog.get_logger(__name__)

_PROBE_S = 2.0
_STORE_WAIT_S = 10.0
_LOOK_S = 5.0

IDLE_S = 30.0
"""So long without a job, and a process that does what is due (`--once`) ends."""


@dataclass(frozen=True)
class Running:
    """What a service works with once it has begun."""

    store: Store
    bus: RabbitBus
    service: Service


class Lifecycle:
    """Brings one service up, says whether it is ready, and ends it."""

    def __init__(
        self,
        name: str,
        settings: ServiceProcessSettings,
        build: Callable[[Store, Bus], Service],
        on_failed: Callable[[], None],
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        """`on_failed` is called when the service cannot come up, whatever it waits for.

        `on_idle`, if there is one, when it has had nothing to do for IDLE_S.
        """
        self._name = name
        self._settings = settings
        self._build = build
        self._on_failed = on_failed
        self._on_idle = on_idle
        self._store = Store(settings.database_url.get_secret_value())
        self._bus: RabbitBus | None = None
        self._service: Service | None = None
        self._stopping = False
        self._stopped: asyncio.Future[None] | None = None
        self._coming_up: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._waits_for = "store and broker were not tried yet"
        self.running: Running | None = None
        """None until store and broker answered for the first time."""

    def start(self) -> None:
        """Begin to come up. Store and broker may come later than the service."""
        self._coming_up = asyncio.create_task(self._come_up(), name=f"{self._name} comes up")
        self._coming_up.add_done_callback(self._came_up)

    async def unready(self) -> dict[str, str]:
        """What keeps the service from working, by part; empty when it can."""
        if self._stopping:
            return {"stop": "the service finishes what is in flight and ends"}
        if self.running is None:
            return {"start": self._waits_for}
        found = {}
        if not self.running.bus.connected:
            found["broker"] = "the connection is lost; trying to connect again"
        # A probe's answer is whether it went well, whatever went wrong.
        try:
            async with asyncio.timeout(_PROBE_S):
                await self._probe_store()
        except Exception as error:  # noqa: BLE001
            found["store"] = f"does not answer: {_brief(error)}"
        return found

    async def stop(self) -> None:
        """Take no more work, let what is in flight finish within the grace period, disconnect.

        Once; a second call waits for the first.
        """
        if self._stopped is None:
            self._stopped = asyncio.ensure_future(self._stop())
        await asyncio.shield(self._stopped)

    async def _stop(self) -> None:
        self._stopping = True
        for task in (self._coming_up, self._sweeping, self._watching):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._end_work(self._settings.grace_s)
        await self._store.close()
        log.info("service.stopped", service=self._name)

    async def _come_up(self) -> None:
        await self._patiently(self._probe_store_for_long, "the store")
        while True:
            await self._patiently(self._connect, "the broker")
            assert self._bus is not None, "_connect made it"
            service = self._service = self._build(self._store, self._bus)
            try:
                await service.start(self._bus)
                await self._bus.start()
                break
            except (Exception, asyncio.CancelledError) as error:
                if not is_connection_loss(error):
                    raise
                # What was begun is half of it: begin anew with a bus that is whole.
                log.warning("service.broker_lost", service=self._name, cause=_brief(error))
                await self._end_work(0.0)
        self._sweeping = asyncio.create_task(
            sweep(self._store, self._bus, service.check_run, self._settings.sweep_s),
            name=f"{self._name} sweeps",
        )
        self.running = Running(self._store, self._bus, service)
        if self._on_idle is not None and service.worker is not None:
            self._watching = asyncio.create_task(
                self._until_idle(service.worker, self._on_idle), name=f"{self._name} ends when idle"
            )
        log.info(
            "service.started",
            service=self._name,
            queues=[consumer.queue for consumer in service.consumers],
        )

    async def _until_idle(self, worker: JobWorker, on_idle: Callable[[], None]) -> None:
        """Messages come as soon as there is a consumer, and what they ask for is a job."""
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < IDLE_S:
            await asyncio.sleep(_LOOK_S)
            # A store that cannot be asked for a moment is not an idle one.
            try:
                idle = await worker.idle()
            except (DBAPIError, OSError) as error:
                log.warning("service.store_unreachable", service=self._name, cause=_brief(error))
                idle = False
            if not idle:
                idle_since = time.monotonic()
        log.info("service.idle", service=self._name)
        on_idle()

    async def _end_work(self, grace_s: float) -> None:
        closing = []
        if self._bus is not None:
            closing.append(self._bus.close(grace_s))
        if self._service is not None and self._service.worker is not None:
            closing.append(self._service.worker.close(grace_s))
        await asyncio.gather(*closing)
        if self._service is not None:
            await self._service.release()
        self._bus = self._service = None

    async def _patiently(self, step: Callable[[], Awaitable[None]], what: str) -> None:
        """Do it until it goes well: what is not there yet comes, what is wrong is mended."""

        def note(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            self._waits_for = f"{what} does not answer: {_brief(error)}"
            log.warning("service.waits", service=self._name, cause=self._waits_for)

        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(Exception),
            wait=wait_exponential_jitter(multiplier=0.2, max=15.0, jitter=0.2),
            before_sleep=note,
        ):
            with attempt:
                await step()

    async def _probe_store_for_long(self) -> None:
        async with asyncio.timeout(_STORE_WAIT_S):
            await self._probe_store()

    async def _probe_store(self) -> None:
        """See that the store answers and has its tables."""
        async with self._store.read() as session:
            await session.execute(select(Run.id).limit(1))

    async def _connect(self) -> None:
        try:
            self._bus = await RabbitBus.connect(
                self._settings.amqp_url.get_secret_value(),
                topology=Topology(prefix=self._settings.amqp_prefix),
                options=RabbitOptions(name=f"recdial {self._name}", connect_timeout_s=5.0),
            )
        except asyncio.CancelledError as error:
            if not is_connection_loss(error):
                raise
            raise BusUnavailable("the connection was lost again at once") from error

    def _came_up(self, task: asyncio.Task[None]) -> None:
        if self._stopping:
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            log.error("service.failed", service=self._name, exc_info=error)
            self._on_failed()


def _brief(error: BaseException | None) -> str:
    """The first line of an error: enough to know it by, without the statement that met it."""
    return f"{type(error).__name__}: {error}".splitlines()[0] if error else ""
