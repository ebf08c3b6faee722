"""Grounding as the bus and the job worker call it: read the source, publish every profile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID

from recdial import tracing
from recdial.bus import Bus, Reject
from recdial.contracts import Messages, ProfileGrounded, RunFailed, RunGrounded, RunRequested
from recdial.domain import UserProfile
from recdial.jobs import JobContext, JobWorker
from recdial.store import Store, items, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.grounding.blocks import BLOCK_USERS, Block
from services.grounding.files import SourceError
from services.grounding.profiles import Drop
from services.grounding.source import ground

P = ParamSpec("P")
T = TypeVar("T")

PUBLISHED_TOGETHER = 32
"""Profiles on their way to the broker at a time."""


@dataclass(frozen=True)
class Deps:
    """What grounding works with."""

    store: Store
    bus: Bus
    configs: RunConfigs
    copies: Path
    """Where copies of files behind URLs are kept."""


async def request_grounding(message: RunRequested, worker: JobWorker) -> Messages:
    """Queue the grounding of a run: it is long work."""
    await worker.enqueue(message.run_id, JobName.ground)
    return []


async def ground_run(context: JobContext, deps: Deps) -> Messages:
    """Read the run's source and publish its profiles, but those that led to something already.

    Which these are is read from the store, block by block in order of the user ids, so a repeat
    neither misses a user nor grounds one twice. The cursor names the last user up to whom all led
    to something: what was published only may be lost with a broker.
    """
    config = await deps.configs.get(context.run_id)
    grounded = await _in_thread(
        ground, config.source, config.grounding, config.profile, config.seed, deps.copies
    )
    async with deps.store.begin() as session:
        await items.add(session, context.run_id, grounded.items)
    published: deque[Block] = deque()
    with ExitStack() as held:
        blocks = await _in_thread(
            held.enter_context, grounded.blocks(context.cursor.get("after", ""), BLOCK_USERS)
        )
        for block in blocks:
            done = await _settled(context, deps, block)
            await _publish(context, deps, await _in_thread(block.outcomes, done), config.window)
            published.append(block)
            await _advance(context, deps, published)
    if not grounded.report.profiles:
        raise Reject("no user of the k-core has a target item: every profile was dropped")
    async with deps.store.begin() as session:
        await runs.set_grounded(
            session,
            context.run_id,
            grounded.report.profiles,
            grounded.report.model_dump(mode="json"),
        )
    return [RunGrounded(run_id=context.run_id, profiles=grounded.report.profiles)]


def grounding_failed(run_id: UUID, cause: str) -> Messages:
    """What follows when a source cannot be grounded."""
    return [RunFailed(run_id=run_id, stage="grounding", cause=cause)]


async def request_exhausted(message: RunRequested, cause: str) -> Messages:
    """What follows when not even the job could be queued."""
    return grounding_failed(message.run_id, cause)


async def _publish(
    context: JobContext, deps: Deps, outcomes: Sequence[UserProfile | Drop], window: int
) -> None:
    """Store the drops, and publish the profiles, some at a time: a confirmation takes a while."""
    drops = [found for found in outcomes if isinstance(found, Drop)]
    if drops:
        async with deps.store.begin() as session:
            for drop in drops:
                await prompts.drop(
                    session,
                    context.run_id,
                    drop.user_id,
                    drop.history_number,
                    "grounding",
                    drop.reason,
                )
    profiles = [found for found in outcomes if isinstance(found, UserProfile)]
    together = min(window, PUBLISHED_TOGETHER)
    for start in range(0, len(profiles), together):
        some = profiles[start : start + together]
        for _ in some:
            # So many at once are never more than the window with those before them.
            await deps.bus.admit(ProfileGrounded, context.run_id, window - len(some) + 1)
        await context.proceed()
        sent = (_publish_one(context.run_id, deps.bus, profile) for profile in some)
        for failure in await asyncio.gather(*sent, return_exceptions=True):
            if failure is not None:
                raise failure


async def _publish_one(run_id: UUID, bus: Bus, profile: UserProfile) -> None:
    with tracing.linked("profile", None):
        await bus.publish(ProfileGrounded(run_id=run_id, profile=profile))


async def _advance(context: JobContext, deps: Deps, published: deque[Block]) -> None:
    """Move the cursor behind the first blocks if all of their users led to something."""
    after = None
    while published and published[0].keys <= await _settled(context, deps, published[0]):
        after = published.popleft().users[-1]
    if after is not None:
        await context.save({"after": after})


async def _settled(context: JobContext, deps: Deps, block: Block) -> set[tuple[str, int]]:
    async with deps.store.read() as session:
        return await prompts.settled(session, context.run_id, block.users)


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except SourceError as error:
        # The same file fails the same way: no repetition can help.
        raise Reject(str(error)) from error
