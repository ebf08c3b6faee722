"""Grounding as the bus and the job worker call it: read the source, publish every profile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from recdial.bus import Bus, Reject
from recdial.contracts import Messages, ProfileGrounded, RunFailed, RunGrounded, RunRequested
from recdial.domain import UserProfile
from recdial.jobs import JobContext, JobWorker
from recdial.settings import RunConfig
from recdial.store import Store, items, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.grounding.files import SourceError
from services.grounding.source import Grounded, ground


@dataclass(frozen=True)
class Deps:
    """What grounding works with."""

    store: Store
    bus: Bus
    configs: RunConfigs


async def request_grounding(message: RunRequested, worker: JobWorker) -> Messages:
    """Queue the grounding of a run: it is long work."""
    await worker.enqueue(message.run_id, JobName.ground)
    return []


async def ground_run(context: JobContext, deps: Deps) -> Messages:
    """Read the run's source and publish its profiles, but those that led to something already.

    Which these are is read from the store, so a repeat after a crash neither misses a user nor
    grounds one twice.
    """
    config = await deps.configs.get(context.run_id)
    grounded = await asyncio.to_thread(_ground, config)
    async with deps.store.begin() as session:
        await items.add(session, context.run_id, grounded.items)
    async with deps.store.read() as session:
        settled = await prompts.settled(session, context.run_id)
    profiles = 0
    for found in grounded.profiles():
        await context.proceed()
        new = (found.user_id, found.history_number) not in settled
        if isinstance(found, UserProfile):
            profiles += 1
            if new:
                await deps.bus.admit(ProfileGrounded, context.run_id, config.window)
                await context.proceed()
                await deps.bus.publish(ProfileGrounded(run_id=context.run_id, profile=found))
        elif new:
            async with deps.store.begin() as session:
                await prompts.drop(
                    session,
                    context.run_id,
                    found.user_id,
                    found.history_number,
                    "grounding",
                    found.reason,
                )
    if not profiles:
        raise Reject("no user of the k-core has a target item: every profile was dropped")
    async with deps.store.begin() as session:
        await runs.set_grounded(
            session, context.run_id, profiles, grounded.report.model_dump(mode="json")
        )
    return [RunGrounded(run_id=context.run_id, profiles=profiles)]


def grounding_failed(run_id: UUID, cause: str) -> Messages:
    """What follows when a source cannot be grounded."""
    return [RunFailed(run_id=run_id, stage="grounding", cause=cause)]


async def request_exhausted(message: RunRequested, cause: str) -> Messages:
    """What follows when not even the job could be queued."""
    return grounding_failed(message.run_id, cause)


def _ground(config: RunConfig) -> Grounded:
    try:
        return ground(config.source, config.grounding, config.profile, config.seed)
    except SourceError as error:
        # The same file fails the same way: no repetition can help.
        raise Reject(str(error)) from error
