"""Long work that holds no delivery: a row, a lease with a heartbeat, a cursor to go on from.

A handler adds a job row and acknowledges its message; a `JobWorker` of the same service claims the
row and does the work. When the worker dies its lease runs out and another goes on from the cursor.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import structlog
from opentelemetry import trace

from recdial import tracing
from recdial.bus import Bus, BusClosed, Reject, RetryPolicy
from recdial.contracts import Message
from recdial.domain import RunState
from recdial.store import Store, jobs, runs
from recdial.store.jobs import JobName, LeaseLost
from recdial.store.models import Job, utc_now

log = structlog.get_logger(__name__)


_LOOK_S = 1.0
"""How often a job's work looks whether its run is still to go on."""


class JobStopped(Exception):
    """Raised by a job's work that was asked to stop: the job goes back to the queue."""


class JobContext:
    """What a job's work sees of its job."""

    def __init__(self, store: Store, job: Job, stopping: asyncio.Event) -> None:
        self._store = store
        self._job = job
        self.stopping = stopping
        """Set when the process wants to stop: raise JobStopped at the next good place."""
        self._looked_at = float("-inf")

    @property
    def run_id(self) -> UUID:
        """The run the work is for."""
        return self._job.run_id

    @property
    def cursor(self) -> dict[str, Any]:
        """Where the last `save` left off; empty at first."""
        return self._job.cursor

    async def proceed(self) -> None:
        """To be called before each item of work.

        Raises JobStopped when the process wants to stop, or the run was paused or cancelled.
        """
        if self.stopping.is_set():
            raise JobStopped
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return
        async with self._store.read() as session:
            state = await runs.state(session, self.run_id)
        if state in (RunState.paused, RunState.cancelled):
            raise JobStopped
        self._looked_at = now

    async def save(self, cursor: dict[str, Any]) -> None:
        """Record how far the work is. Raises LeaseLost."""
        async with self._store.begin() as session:
            await jobs.save_cursor(session, self._job, cursor)


@dataclass(frozen=True)
class JobKind:
    """One kind of long work: what does it, and what follows when it is given up."""

    name: JobName
    work: Callable[[JobContext], Awaitable[list[Message]]]
    on_failed: Callable[[UUID, str], list[Message]]


class JobWorker:
    """Claims and does the jobs of one service, one at a time."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        kinds: list[JobKind],
        *,
        retry: RetryPolicy | None = None,
        lease_s: float = 60.0,
        poll_s: float = 5.0,
    ) -> None:
        self._store = store
        self._bus = bus
        self._kinds = {kind.name: kind for kind in kinds}
        self._retry = retry or RetryPolicy()
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def kinds(self) -> list[JobName]:
        """The kinds of job this worker does."""
        return list(self._kinds)

    def wrap(self, around: Callable[[JobKind], JobKind]) -> None:
        """Put something around the work of every kind (metrics). Before `start`."""
        self._kinds = {name: around(kind) for name, kind in self._kinds.items()}

    async def enqueue(self, run_id: UUID, kind: JobName) -> None:
        """Queue a job of a run, unless the run has it already, and look at the queue now."""
        async with self._store.begin() as session:
            await jobs.add(session, run_id, kind)
        self._woken.set()

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._serve(), name=f"jobs {', '.join(self._kinds)}")

    async def close(self, grace_s: float = 30.0) -> None:
        """Ask the work in hand to stop, wait `grace_s` seconds for it, then cancel it."""
        self._stopping.set()
        self._woken.set()
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=grace_s)
            if not done:
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _serve(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            # A store that cannot be reached for a moment must not end the worker.
            try:
                worked = await self._work_once()
                wait_s = 0.0 if worked else await self._idle_time()
            except Exception as error:  # noqa: BLE001
                log.error("jobs.unavailable", kinds=self.kinds, cause=repr(error))
                wait_s = self._poll_s
            if wait_s > 0 and not self._stopping.is_set():
                try:
                    async with asyncio.timeout(wait_s):
                        await self._woken.wait()
                except TimeoutError:
                    continue

    async def idle(self) -> bool:
        """Whether no job of its kinds is in anybody's hands or waits for somebody's."""
        async with self._store.read() as session:
            return not await jobs.any_open(session, self.kinds)

    async def _idle_time(self) -> float:
        """Seconds until a job may be due, at most the poll interval."""
        async with self._store.read() as session:
            due = await jobs.next_due(session, self.kinds)
        if due is None:
            return self._poll_s
        return min(max((due - utc_now()).total_seconds(), 0.01), self._poll_s)

    async def _work_once(self) -> bool:
        """Do one job; False if there is none."""
        async with self._store.begin() as session:
            job = await jobs.claim(session, self.kinds, self._name, self._lease_s)
        if job is None:
            return False
        kind = self._kinds[JobName(job.kind)]
        log.info("job.begun", kind=job.kind, run_id=str(job.run_id), fence=job.fence)
        with tracing.continued(f"job {job.kind}", {}) as span:
            span.set_attribute("recdial.run_id", str(job.run_id))
            span.set_attribute("recdial.failures", job.failures)
            try:
                await self._do(kind, job)
            except LeaseLost as lost:
                _note("lost")
                log.warning("job.lost", kind=job.kind, run_id=str(job.run_id), cause=str(lost))
        return True

    async def _do(self, kind: JobKind, job: Job) -> None:
        work = asyncio.create_task(self._work_and_publish(kind, job))
        heartbeat = asyncio.create_task(self._heartbeat(job))
        try:
            await asyncio.wait([work, heartbeat], return_when=asyncio.FIRST_COMPLETED)
            if heartbeat.done():
                heartbeat.result()
            await work
        except (JobStopped, BusClosed, asyncio.CancelledError) as stopped:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            async with self._store.begin() as session:
                await jobs.release(session, job)
            _note("stopped")
            log.info("job.stopped", kind=job.kind, run_id=str(job.run_id))
            if isinstance(stopped, asyncio.CancelledError):
                raise
        except LeaseLost:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            raise
        # The one boundary where any failure of a job becomes a retry or the run's failure.
        except Exception as error:  # noqa: BLE001
            tracing.failed(error)
            await self._failed(kind, job, error)
        else:
            async with self._store.begin() as session:
                await jobs.finish(session, job)
            _note("done")
            log.info("job.done", kind=job.kind, run_id=str(job.run_id))
        finally:
            heartbeat.cancel()
            await asyncio.gather(heartbeat, return_exceptions=True)

    async def _work_and_publish(self, kind: JobKind, job: Job) -> None:
        for message in await kind.work(JobContext(self._store, job, self._stopping)):
            await self._bus.publish(message)

    async def _heartbeat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 4)
            async with self._store.begin() as session:
                await jobs.renew(session, job, self._lease_s)

    async def _failed(self, kind: JobKind, job: Job, error: Exception) -> None:
        final = isinstance(error, Reject)
        cause = str(error) if final else f"{type(error).__name__}: {error}"
        failures = job.failures + 1
        if not final and failures < self._retry.max_failures:
            delay_s = self._retry.delay(failures)
            _note("retry")
            log.warning("job.retry", kind=job.kind, failures=failures, cause=cause)
            async with self._store.begin() as session:
                await jobs.retry(session, job, cause, delay_s)
            return
        _note("failed")
        log.error("job.failed", kind=job.kind, run_id=str(job.run_id), cause=cause)
        for message in kind.on_failed(job.run_id, cause):
            await self._bus.publish(message)
        async with self._store.begin() as session:
            await jobs.give_up(session, job, cause)


def _note(outcome: str) -> None:
    trace.get_current_span().set_attribute("recdial.outcome", outcome)
