"""Wires the evaluator service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from recdial.bus import Bus, Consumer
from recdial.contracts import RunCompleted, RunFailed
from recdial.jobs import JobKind, JobWorker
from recdial.service import Service
from recdial.store import Store
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.evaluator import handlers
from services.evaluator.settings import EvaluatorSettings


def _ignore(_run_id: UUID) -> None:
    return None


def build(
    store: Store,
    bus: Bus,
    settings: EvaluatorSettings,
    *,
    folder_of: Callable[[UUID], Path] | None = None,
    on_evaluated: Callable[[UUID], None] = _ignore,
) -> Service:
    """The evaluator service on a store and a bus; a run's files go to `<output>/<run id>`."""
    deps = handlers.Deps(
        store,
        RunConfigs(store),
        folder_of or (lambda run_id: settings.output / str(run_id)),
        on_evaluated,
    )
    kind = JobKind(
        JobName.evaluate, partial(handlers.evaluate_run, deps=deps), handlers.evaluation_failed
    )
    worker = JobWorker(store, bus, [kind], lease_s=settings.lease_s, poll_s=settings.poll_s)
    return Service(
        "evaluator",
        [
            Consumer(
                "evaluator",
                RunCompleted,
                partial(handlers.request_evaluation, worker=worker),
                on_exhausted=handlers.event_exhausted,
            ),
            Consumer(
                "evaluator",
                RunFailed,
                partial(handlers.record_failure, worker=worker, deps=deps),
            ),
        ],
        worker,
    )
