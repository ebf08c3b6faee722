"""The worker for long work, on a real store and the in-process bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from recdial import run_control, tracing
from recdial.bus import Consumer, Reject, RetryPolicy
from recdial.bus.local import LocalBus
from recdial.contracts import Message, RunCompleted, RunFailed
from recdial.jobs import JobContext, JobKind, JobStopped, JobWorker
from recdial.store import Store, jobs, runs
from recdial.store.jobs import JobName
from tests.synthetic import scripted_config

RUN = UUID(int=1)
CONFIG = scripted_config("jobs")
FAST = RetryPolicy(max_failures=3, first_delay_s=0.01)


class Bench:
    """A store with one run, a bus that records what was published, and workers."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.bus = LocalBus()
        self.published: list[Message] = []
        self.ended = asyncio.Event()
        self.workers: list[JobWorker] = []

    async def listen(self) -> None:
        async def record(message: Message) -> list[Message]:
            self.published.append(message)
            self.ended.set()
            return []

        for message in (RunCompleted, RunFailed):
            await self.bus.consume(Consumer("evaluator", message, record))
        await self.bus.start()

    def worker(
        self, work: object, lease_s: float = 60.0, name: JobName = JobName.ground
    ) -> JobWorker:
        kind = JobKind(
            name,
            work,  # type: ignore[arg-type]
            lambda run_id, cause: [RunFailed(run_id=run_id, stage="grounding", cause=cause)],
        )
        made = JobWorker(self.store, self.bus, [kind], retry=FAST, lease_s=lease_s, poll_s=0.05)
        made.start()
        self.workers.append(made)
        return made

    async def until_ended(self) -> None:
        async with asyncio.timeout(10):
            await self.ended.wait()
            await self.bus.drain()

    async def job(self) -> tuple[str, int, dict[str, object]]:
        async with self.store.read() as session:
            (job,) = await jobs.of_run(session, RUN)
        return job.state, job.failures, job.cursor


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'jobs.db'}")
    await store.migrate()
    async with store.begin() as session:
        await runs.create(session, RUN, CONFIG)
    made = Bench(store)
    await made.listen()
    yield made
    await asyncio.gather(*(worker.close(grace_s=0) for worker in made.workers))
    await made.bus.close(grace_s=0)
    await store.close()


async def completed(context: JobContext) -> list[Message]:
    return [RunCompleted(run_id=context.run_id)]


async def test_an_enqueued_job_is_done_and_what_follows_is_published(bench: Bench) -> None:
    worker = bench.worker(completed)
    await worker.enqueue(RUN, JobName.ground)
    await bench.until_ended()
    await worker.close()
    assert [type(message) for message in bench.published] == [RunCompleted]
    assert (await bench.job())[0] == "done"


async def test_a_job_enqueued_twice_is_done_once(bench: Bench) -> None:
    worker = bench.worker(completed)
    await worker.enqueue(RUN, JobName.ground)
    await bench.until_ended()
    await worker.enqueue(RUN, JobName.ground)
    await worker.close()
    assert len(bench.published) == 1


async def test_a_failed_job_goes_on_from_its_cursor(bench: Bench) -> None:
    seen: list[object] = []

    async def work(context: JobContext) -> list[Message]:
        seen.append(context.cursor.get("ordinal"))
        if len(seen) < 3:
            await context.save({"ordinal": len(seen)})
            raise ConnectionError("store away")
        return await completed(context)

    await bench.worker(work).enqueue(RUN, JobName.ground)
    await bench.until_ended()
    assert seen == [None, 1, 2]


async def test_a_job_that_keeps_failing_is_given_up_with_its_cause(bench: Bench) -> None:
    async def work(context: JobContext) -> list[Message]:
        raise ConnectionError("no such host")

    worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await bench.until_ended()
    await worker.close()
    (failed,) = bench.published
    assert isinstance(failed, RunFailed)
    assert failed.cause == "ConnectionError: no such host"
    assert (await bench.job())[:2] == ("failed", 3)


async def test_a_rejected_job_is_given_up_at_once(bench: Bench) -> None:
    async def work(context: JobContext) -> list[Message]:
        raise Reject("the file is empty")

    worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await bench.until_ended()
    await worker.close()
    (failed,) = bench.published
    assert isinstance(failed, RunFailed)
    assert failed.cause == "the file is empty"
    assert (await bench.job())[:2] == ("failed", 1)


async def test_a_stopping_worker_gives_its_job_back_uncharged(bench: Bench) -> None:
    begun = asyncio.Event()

    async def work(context: JobContext) -> list[Message]:
        await context.save({"ordinal": 5})
        begun.set()
        await context.stopping.wait()
        raise JobStopped

    worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await begun.wait()
    await worker.close()
    assert await bench.job() == ("queued", 0, {"ordinal": 5})


async def test_work_that_ignores_a_stop_is_cancelled_after_the_grace_period(bench: Bench) -> None:
    begun = asyncio.Event()

    async def work(context: JobContext) -> list[Message]:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("cannot be reached")

    worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await begun.wait()
    async with asyncio.timeout(10):
        await worker.close(grace_s=0.05)
    assert (await bench.job())[0] == "queued"


async def test_a_heartbeat_keeps_the_lease_of_work_that_outlasts_it(bench: Bench) -> None:
    taken = 0
    finish = asyncio.Event()
    renewed = asyncio.Event()

    async def work(context: JobContext) -> list[Message]:
        nonlocal taken
        taken += 1
        await finish.wait()
        return await completed(context)

    worker = bench.worker(work, lease_s=0.2)
    await worker.enqueue(RUN, JobName.ground)
    bench.worker(work, lease_s=0.2)

    async def outlast_three_leases() -> None:
        async with bench.store.read() as session:
            (first,) = await jobs.of_run(session, RUN)
        leases = {first.lease_until}
        while len(leases) < 12:
            async with bench.store.read() as session:
                (job,) = await jobs.of_run(session, RUN)
            leases.add(job.lease_until)
            await asyncio.sleep(0.01)
        renewed.set()

    async with asyncio.timeout(20):
        await outlast_three_leases()
    finish.set()
    await bench.until_ended()
    assert renewed.is_set()
    assert taken == 1


async def test_a_dead_workers_job_is_taken_over_and_the_late_one_stays_harmless(
    bench: Bench,
) -> None:
    async with bench.store.begin() as session:
        await jobs.add(session, RUN, JobName.ground)
        dead = await jobs.claim(session, [JobName.ground], "dead", lease_s=0.05)
    assert dead is not None
    bench.worker(completed)
    await bench.until_ended()
    async with bench.store.begin() as session:
        with pytest.raises(jobs.LeaseLost):
            await jobs.finish(session, dead)
    assert len(bench.published) == 1


async def test_work_of_a_paused_run_stops_at_its_next_item_and_goes_on_when_resumed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recdial.jobs._LOOK_S", 0.0)
    done: list[int] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(context: JobContext) -> list[Message]:
        for item in range(context.cursor.get("item", 0), 4):
            await context.proceed()
            done.append(item)
            await context.save({"item": item + 1})
            begun.set()
            await go_on.wait()
        return await completed(context)

    # Not grounding, which a resumed run begins anew: what it published may be lost.
    worker = bench.worker(work, name=JobName.train)
    await worker.enqueue(RUN, JobName.train)
    await begun.wait()
    async with bench.store.begin() as session:
        await run_control.pause(session, RUN)
    go_on.set()
    async with asyncio.timeout(10):
        while (await bench.job())[0] != "queued":  # noqa: ASYNC110 (the store tells no one)
            await asyncio.sleep(0.01)
    assert done == [0]
    async with bench.store.begin() as session:
        await run_control.resume(session, RUN)
    await bench.until_ended()
    assert done == [0, 1, 2, 3]


async def test_work_of_a_cancelled_run_ends(bench: Bench) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    saved = False

    async def work(context: JobContext) -> list[Message]:
        nonlocal saved
        begun.set()
        await go_on.wait()
        await context.save({"item": 1})
        saved = True
        return await completed(context)

    worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await begun.wait()
    async with bench.store.begin() as session:
        await run_control.cancel(session, RUN)
    go_on.set()
    await worker.close(grace_s=10)
    assert not saved
    assert bench.published == []
    async with bench.store.read() as session:
        states = {job.kind: job.state for job in await jobs.of_run(session, RUN)}
    assert states == {"ground": "cancelled", "evaluate": "queued"}


async def test_each_try_of_a_job_is_a_trace_that_says_how_it_went(
    bench: Bench, spans: InMemorySpanExporter
) -> None:
    tries = 0

    async def work(context: JobContext) -> list[Message]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionError("store away")
        return await completed(context)

    with tracing.span("whoever starts the worker"):
        worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await bench.until_ended()
    await worker.close()
    found = {span.name: span for span in spans.get_finished_spans()}
    failed, done = [span for span in spans.get_finished_spans() if span.name == "job ground"]
    assert failed.parent is None
    assert done.parent is None
    assert failed.attributes == {
        "recdial.run_id": str(RUN),
        "recdial.failures": 0,
        "recdial.outcome": "retry",
    }
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.status.description == "ConnectionError: store away"
    assert done.attributes is not None
    assert (done.attributes["recdial.failures"], done.attributes["recdial.outcome"]) == (1, "done")
    assert done.status.status_code is StatusCode.UNSET
    follows = found["send run.completed"]
    assert follows.parent is not None
    assert follows.parent.span_id == done.context.span_id


async def test_a_job_that_is_stopped_has_not_failed(
    bench: Bench, spans: InMemorySpanExporter
) -> None:
    begun = asyncio.Event()

    async def work(context: JobContext) -> list[Message]:
        begun.set()
        await context.stopping.wait()
        raise JobStopped

    worker = bench.worker(work)
    await worker.enqueue(RUN, JobName.ground)
    await begun.wait()
    await worker.close()
    (span,) = spans.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["recdial.outcome"] == "stopped"
    assert span.status.status_code is StatusCode.UNSET
