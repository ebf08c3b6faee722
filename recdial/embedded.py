"""The six services in one process: the same handlers on an in-process bus and SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import structlog

from recdial import ids
from recdial.bus import RetryPolicy
from recdial.bus.local import LocalBus
from recdial.process_settings import ProcessSettings
from recdial.resume import resume_alone
from recdial.run_folder import RunFolder
from recdial.service import Service
from recdial.settings import RunConfig
from recdial.store import Store, jobs, progress, runs
from recdial.store.progress import RunProgress
from services.evaluator import main as evaluator
from services.evaluator.settings import EvaluatorSettings
from services.filter import main as filter_
from services.filter.settings import FilterSettings
from services.generator import main as generator
from services.generator.settings import GeneratorSettings
from services.grounding import main as grounding
from services.grounding.settings import GroundingSettings
from services.prompter import main as prompter
from services.prompter.settings import PrompterSettings
from services.trainer import main as trainer
from services.trainer.settings import TrainerSettings

log = structlog.get_logger(__name__)

GRACE_S = 60.0
"""How long a stop waits for work in flight: longer than one generation on a laptop."""

_QUIET_LOOKS = 4
"""So many looks in a row must find nothing to do before a run counts as stalled."""


class RunStalled(Exception):
    """The run cannot end by itself: a fault of ours, not of the user."""


async def run_embedded(
    config: RunConfig,
    folder: RunFolder,
    *,
    settings: ProcessSettings | None = None,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[RunProgress], None] | None = None,
    tick_s: float = 0.5,
    retry: RetryPolicy | None = None,
) -> RunProgress:
    """Do a run, or go on with it, until it has ended or `stop` is set. How far it is then.

    Everything is in the folder: the same call again resumes from what its store holds, and one
    with a later `until` goes on from there. Raises
    ConfigError where the folder holds another run, FolderInUse where another process is at it, and
    RunStalled instead of waiting for ever.
    """
    with folder.locked():
        folder.claim(config)
        store = Store(folder.url)
        try:
            await store.migrate()
            run_id = ids.run_id(config.digest())
            async with store.begin() as session:
                await runs.create(session, run_id, config)
                await runs.extend(session, run_id, config.until)
            if not await _ended(store, run_id, folder):
                await _work(
                    store,
                    run_id,
                    config,
                    folder,
                    settings or ProcessSettings(),
                    stop or asyncio.Event(),
                    on_progress,
                    tick_s,
                    retry,
                )
            async with store.read() as session:
                return await progress.read(session, run_id)
        finally:
            await store.close()


async def _ended(store: Store, run_id: UUID, folder: RunFolder) -> bool:
    """Whether the run is complete and its files are there."""
    async with store.begin() as session:
        run = await runs.get(session, run_id)
        if run.state != "completed":
            return False
        if folder.dataset.exists() and folder.report.exists() and folder.report_json.exists():
            return True
        await jobs.remove(session, run_id, jobs.JobName.evaluate)
        return False


async def _work(
    store: Store,
    run_id: UUID,
    config: RunConfig,
    folder: RunFolder,
    settings: ProcessSettings,
    stop: asyncio.Event,
    on_progress: Callable[[RunProgress], None] | None,
    tick_s: float,
    retry: RetryPolicy | None,
) -> None:
    bus = LocalBus(retry)
    evaluated = asyncio.Event()
    services = _build(store, bus, config, folder, settings, lambda _run: evaluated.set())
    async with store.begin() as session:
        messages = await resume_alone(session, run_id)
    over = asyncio.Event()
    watch = asyncio.create_task(_watch(store, run_id, on_progress, tick_s, over))
    try:
        for service in services:
            await service.start(bus)
        await bus.start()
        for message in messages:
            await bus.publish(message)
        ends = [asyncio.create_task(event.wait()) for event in (evaluated, stop)]
        stalled = asyncio.create_task(_until_stalled(store, bus, run_id, tick_s, over))
        await asyncio.wait([*ends, stalled], return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        over.set()
        await stalled
    finally:
        # Told, not cancelled: that would be in the middle of a transaction.
        over.set()
        await watch
        workers = [service.worker for service in services if service.worker is not None]
        await asyncio.gather(bus.close(GRACE_S), *(worker.close(GRACE_S) for worker in workers))
        for service in services:
            await service.release()
    if on_progress is not None:
        async with store.read() as session:
            on_progress(await progress.read(session, run_id))


def _build(
    store: Store,
    bus: LocalBus,
    config: RunConfig,
    folder: RunFolder,
    settings: ProcessSettings,
    on_evaluated: Callable[[UUID], None],
) -> list[Service]:
    common = settings.model_dump()
    return [
        grounding.build(store, bus, GroundingSettings(**common)),
        prompter.build(store, bus, PrompterSettings(**common)),
        generator.build(
            store,
            GeneratorSettings(
                **common,
                teacher_concurrency=config.teacher.concurrency,
                student_concurrency=config.student.concurrency,
            ),
        ),
        filter_.build(store, bus, FilterSettings(**common)),
        trainer.build(store, bus, TrainerSettings(**common, artifacts=folder.path)),
        evaluator.build(
            store,
            bus,
            EvaluatorSettings(**common),
            folder_of=lambda _run: folder.path,
            on_evaluated=on_evaluated,
        ),
    ]


async def _until_stalled(
    store: Store, bus: LocalBus, run_id: UUID, tick_s: float, over: asyncio.Event
) -> None:
    """Raise RunStalled once nothing is queued, in hand or a job, yet the run is not over."""
    quiet = 0
    while quiet < _QUIET_LOOKS:
        if await _set_within(over, tick_s):
            return
        async with store.read() as session:
            found = await jobs.of_run(session, run_id)
        active = any(job.state in ("queued", "running") for job in found)
        quiet = quiet + 1 if bus.idle and not active else 0
    raise RunStalled(
        f"run {run_id} has not ended, and nothing is left to do: a message or a job was lost. "
        "The same command again goes on from the store; please report it with run.log"
    )


async def _watch(
    store: Store,
    run_id: UUID,
    on_progress: Callable[[RunProgress], None] | None,
    tick_s: float,
    over: asyncio.Event,
) -> None:
    """Show how far the run is, again and again, until it is over."""
    while on_progress is not None:
        async with store.read() as session:
            on_progress(await progress.read(session, run_id))
        if await _set_within(over, tick_s):
            return


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
