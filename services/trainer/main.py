"""Wires the trainer service."""

from __future__ import annotations

from functools import partial

from recdial.bus import Bus, Consumer
from recdial.contracts import TeacherCompleted
from recdial.jobs import JobKind, JobWorker
from recdial.service import Service
from recdial.store import Store
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.trainer import handlers
from services.trainer.settings import TrainerSettings


def build(store: Store, bus: Bus, settings: TrainerSettings) -> Service:
    """The trainer service on a store and a bus."""
    deps = handlers.Deps(store, RunConfigs(store), settings)
    kind = JobKind(
        JobName.train, partial(handlers.train_student, deps=deps), handlers.training_failed
    )
    worker = JobWorker(store, bus, [kind], lease_s=settings.lease_s, poll_s=settings.poll_s)
    consumer = Consumer(
        "trainer",
        TeacherCompleted,
        partial(handlers.request_training, worker=worker, deps=deps),
        on_exhausted=handlers.request_exhausted,
    )
    return Service("trainer", [consumer], worker)
