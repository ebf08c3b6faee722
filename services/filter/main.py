"""Wires the filter service."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from recdial.bus import Bus, Consumer
from recdial.contracts import AdapterPublished, DialogueFailed, DialogueGenerated, RunGrounded
from recdial.domain import Role
from recdial.jobs import JobKind, JobWorker
from recdial.service import Service
from recdial.store import Store
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from recdial.store.jobs import DEDUPLICATE
from services.filter import handlers
from services.filter.catalogues import Catalogues
from services.filter.settings import FilterSettings


def build(store: Store, bus: Bus, settings: FilterSettings) -> Service:
    """The filter service on a store and a bus."""

    async def queue(run_id: UUID, role: Role) -> None:
        await worker.enqueue(run_id, DEDUPLICATE[role])

    deps = handlers.Deps(store, RunConfigs(store), Catalogues(store), queue)
    kinds = [
        JobKind(
            DEDUPLICATE[role],
            partial(handlers.deduplicate, role=role, deps=deps),
            handlers.deduplication_failed,
        )
        for role in Role
    ]
    worker = JobWorker(store, bus, kinds, lease_s=settings.lease_s, poll_s=settings.poll_s)
    return Service(
        "filter",
        [
            Consumer(
                "filter",
                DialogueGenerated,
                Batched(partial(handlers.judge_dialogues, deps=deps), limit=settings.concurrency),
                settings.concurrency,
                handlers.judging_exhausted,
            ),
            Consumer(
                "filter",
                DialogueFailed,
                partial(handlers.record_failure, deps=deps),
                on_exhausted=handlers.event_exhausted,
            ),
            Consumer(
                "filter",
                RunGrounded,
                partial(handlers.check_run, deps=deps),
                on_exhausted=handlers.event_exhausted,
            ),
            Consumer(
                "filter",
                AdapterPublished,
                partial(handlers.check_run, deps=deps),
                on_exhausted=handlers.event_exhausted,
            ),
        ],
        worker,
        check_run=partial(handlers.completed, deps=deps),
    )
