"""Wires the prompter service."""

from __future__ import annotations

from functools import partial

from recdial.bus import Bus, Consumer
from recdial.contracts import AdapterPublished, ProfileGrounded, PromptsRelease, RunGrounded
from recdial.domain import Role
from recdial.jobs import JobKind, JobWorker
from recdial.service import Service
from recdial.store import Store
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from recdial.store.jobs import RELEASE
from services.prompter import handlers
from services.prompter.settings import PrompterSettings
from services.prompter.tokens import token_counter


def build(store: Store, bus: Bus, settings: PrompterSettings) -> Service:
    """The prompter service on a store and a bus."""
    configs = RunConfigs(store)
    keep = Batched(
        partial(handlers.keep_prompts, store=store, configs=configs), limit=settings.concurrency
    )
    counter_of = partial(token_counter, models_dir=settings.models)
    deps = handlers.Deps(store, bus, configs, keep, counter_of)
    kinds = [
        JobKind(
            RELEASE[role],
            partial(handlers.release_prompts, role=role, deps=deps),
            handlers.release_failed,
        )
        for role in Role
    ]
    worker = JobWorker(store, bus, kinds, lease_s=settings.lease_s, poll_s=settings.poll_s)
    return Service(
        "prompter",
        [
            Consumer(
                "prompter",
                ProfileGrounded,
                partial(handlers.prompt_profile, deps=deps),
                settings.concurrency,
                partial(handlers.profile_exhausted, deps=deps),
            ),
            Consumer(
                "prompter",
                RunGrounded,
                partial(handlers.check_prompts, deps=deps),
                on_exhausted=handlers.event_exhausted,
            ),
            Consumer(
                "prompter",
                PromptsRelease,
                partial(handlers.request_release, worker=worker),
                on_exhausted=handlers.event_exhausted,
            ),
            Consumer(
                "prompter",
                AdapterPublished,
                partial(handlers.release_to_student, deps=deps),
                on_exhausted=handlers.event_exhausted,
            ),
        ],
        worker,
        check_run=partial(handlers.releases, store=store, configs=configs),
    )
