"""Wires the filter service."""

from __future__ import annotations

from functools import partial

from recdial.bus import Consumer
from recdial.contracts import DialogueFailed, DialogueGenerated, RunGrounded
from recdial.service import Service
from recdial.store import Store
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from services.filter import handlers
from services.filter.settings import FilterSettings


def build(store: Store, settings: FilterSettings) -> Service:
    """The filter service on a store."""
    deps = handlers.Deps(store, RunConfigs(store))
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
        ],
        check_run=partial(handlers.completed, deps=deps),
    )
