"""Wires the generator service."""

from __future__ import annotations

from functools import partial

from recdial.bus import Consumer
from recdial.contracts import PromptIssued, StudentPrompt, TeacherPrompt
from recdial.domain import Role
from recdial.service import Service
from recdial.store import Store
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from services.generator import handlers
from services.generator.backends import Backends
from services.generator.canary import recorded_canary
from services.generator.settings import GeneratorSettings


def build(store: Store, settings: GeneratorSettings) -> Service:
    """The generator service on a store."""
    canary_of = partial(recorded_canary, store=store)
    backends = Backends(settings, canary_of, settings.server_adapters)
    configs = RunConfigs(store)
    standing: Batched[PromptIssued, handlers.Standing | handlers.Unaffordable] = Batched(
        partial(handlers.standings, store=store, configs=configs)
    )
    keep = Batched(partial(handlers.keep_completions, store=store))
    deps = handlers.Deps(configs, backends, standing, keep)
    write = partial(handlers.write_dialogue, deps=deps)
    consumers = [
        Consumer("generator", message, write, concurrency, handlers.dialogue_exhausted)
        for role, message, concurrency in (
            (Role.teacher, TeacherPrompt, settings.teacher_concurrency),
            (Role.student, StudentPrompt, settings.student_concurrency),
        )
        if role in settings.roles
    ]
    return Service("generator", consumers, release=backends.close)
