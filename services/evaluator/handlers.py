"""The evaluator as the bus and the job worker call it: measure and export a run that has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from recdial.contracts import Message, Messages, RunCompleted, RunFailed
from recdial.domain import Role
from recdial.jobs import JobContext, JobWorker
from recdial.settings import RunConfig
from recdial.store import Store, evaluations, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.evaluator.dataset import export_dataset
from services.evaluator.report.writing import write_report
from services.evaluator.reporting import run_report

STAGE = "evaluator"


@dataclass(frozen=True)
class Deps:
    """What the evaluator works with."""

    store: Store
    configs: RunConfigs
    folder_of: Callable[[UUID], Path]
    """Where a run's files are written."""
    on_evaluated: Callable[[UUID], None]
    """Told when a run has its report: the last thing that happens in a run."""


async def request_evaluation(message: RunCompleted, worker: JobWorker) -> Messages:
    """Queue the evaluation of a completed run: it is long work."""
    await worker.enqueue(message.run_id, JobName.evaluate)
    return []


async def record_failure(message: RunFailed, worker: JobWorker, deps: Deps) -> Messages:
    """End the run as failed, and report what there is of it (unless just that has failed)."""
    async with deps.store.begin() as session:
        await runs.fail(session, message.run_id, message.stage, message.cause)
    if message.stage == STAGE:
        deps.on_evaluated(message.run_id)
    else:
        await worker.enqueue(message.run_id, JobName.evaluate)
    return []


async def evaluate_run(context: JobContext, deps: Deps) -> Messages:
    """Write the dataset and the report. A repeat writes the same files again."""
    config = await deps.configs.get(context.run_id)
    folder = deps.folder_of(context.run_id)
    files = dataset_files(config, folder)
    for role, path in files.items():
        await export_dataset(deps.store, context.run_id, role, path)
    report = await run_report(deps.store, context.run_id, files)
    await asyncio.to_thread(write_report, report, folder)
    async with deps.store.begin() as session:
        await evaluations.replace(session, context.run_id, report.model_dump(mode="json"))
        await runs.complete(session, context.run_id)
    deps.on_evaluated(context.run_id)
    return []


def evaluation_failed(run_id: UUID, cause: str) -> Messages:
    """What follows when a run cannot be evaluated."""
    return [RunFailed(run_id=run_id, stage=STAGE, cause=cause)]


async def event_exhausted(message: Message, cause: str) -> Messages:
    """A run whose end cannot be handled has failed."""
    return evaluation_failed(message.run_id, cause)


def dataset_files(config: RunConfig, folder: Path) -> dict[Role, Path]:
    """The file of each role's dialogues: the last phase of a run writes the dataset."""
    if config.last_role is Role.teacher:
        return {Role.teacher: folder / "dataset.jsonl"}
    return {Role.teacher: folder / "teacher.jsonl", Role.student: folder / "dataset.jsonl"}
