"""Wires the grounding service."""

from __future__ import annotations

from functools import partial

from recdial.bus import Bus, Consumer
from recdial.contracts import RunRequested
from recdial.jobs import JobKind, JobWorker
from recdial.service import Service
from recdial.store import Store
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.grounding import handlers
from services.grounding.settings import GroundingSettings


def build(store: Store, bus: Bus, settings: GroundingSettings) -> Service:
    """The grounding service on a store and a bus."""
    deps = handlers.Deps(store, bus, RunConfigs(store), settings.sources)
    kind = JobKind(
        JobName.ground, partial(handlers.ground_run, deps=deps), handlers.grounding_failed
    )
    worker = JobWorker(store, bus, [kind], lease_s=settings.lease_s, poll_s=settings.poll_s)
    consumer = Consumer(
        "grounding",
        RunRequested,
        partial(handlers.request_grounding, worker=worker),
        on_exhausted=handlers.request_exhausted,
    )
    return Service("grounding", [consumer], worker)
