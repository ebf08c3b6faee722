"""The prompter as the bus and the job worker call it: make prompts, release them to a role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from recdial import tracing
from recdial.bus import Bus
from recdial.contracts import (
    AdapterPublished,
    Message,
    Messages,
    ProfileGrounded,
    PromptsRelease,
    RunFailed,
    RunGrounded,
)
from recdial.domain import Role, RunState, UserProfile
from recdial.issuing import issue
from recdial.jobs import JobContext, JobWorker
from recdial.settings import RunConfig
from recdial.store import Store, adapters, models, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import RELEASE
from services.prompter.budget import PromptTooLong
from services.prompter.drawing import NoStereotypeFits, draw_stereotypes
from services.prompter.prompts import Prompt, build_prompt, prompt_row
from services.prompter.stereotypes import stereotypes_of
from services.prompter.tokens import TokenCounter, estimate

log = structlog.get_logger(__name__)

_BATCH = 64


@dataclass(frozen=True)
class Deps:
    """What the prompter works with."""

    store: Store
    bus: Bus
    configs: RunConfigs
    keep: Callable[[Sequence[dict[str, Any]]], Awaitable[Messages]]
    """Stores the prompts of a profile; what is to be published then."""
    counter_of: Callable[[RunConfig], TokenCounter] = estimate
    """How a run's tokens are counted on this machine."""


async def prompt_profile(message: ProfileGrounded, deps: Deps) -> Messages:
    """Turn one profile into its prompts (paper, §3.2). A repeat makes the same prompts."""
    config = await deps.configs.get(message.run_id)
    profile = message.profile
    try:
        found = prompts_of(message.run_id, profile, config, deps.counter_of(config))
    except (NoStereotypeFits, PromptTooLong) as error:
        return await _drop(message, deps, error.reason)
    traceparent = tracing.traceparent()
    return await deps.keep(
        [prompt_row(message.run_id, prompt, profile, traceparent) for prompt in found]
    )


def prompts_of(
    run_id: UUID, profile: UserProfile, config: RunConfig, counter: TokenCounter
) -> list[Prompt]:
    """A profile's prompts, one for each stereotype it draws.

    Without those that are too long, as long as there are others. Raises NoStereotypeFits, and
    PromptTooLong if all are.
    """
    kinds = stereotypes_of(config.prompting)
    names = draw_stereotypes(
        config.seed,
        profile.user_id,
        profile.history_number,
        [kinds[name] for name in config.prompting.stereotypes],
        has_history=bool(profile.history),
        number=config.prompting.stereotypes_per_user,
    )
    found: list[Prompt] = []
    for name in names:
        try:
            found.append(build_prompt(run_id, profile, name, config, counter))
        except PromptTooLong as error:
            if name == names[-1] and not found:
                raise
            log.warning("prompt.too_long", user_id=profile.user_id, stereotype=name, why=str(error))
    return found


async def keep_prompts(
    profiles: Sequence[Sequence[dict[str, Any]]], store: Store, configs: RunConfigs
) -> list[Messages | Exception]:
    """Store the prompts of profiles, all in one statement, and see whether a run then has all.

    A cancelled run gets no more prompts.
    """
    last_of = {row["run_id"]: number for number, rows in enumerate(profiles) for row in rows}
    async with store.begin() as session:
        found = {run_id: await runs.get(session, run_id) for run_id in last_of}
        await prompts.add(
            session,
            [
                row
                for rows in profiles
                for row in rows
                if found[row["run_id"]].state != RunState.cancelled
            ],
        )
    follows: list[Messages | Exception] = [[] for _ in profiles]
    for run_id, number in last_of.items():
        follows[number] = await releases(run_id, store, configs)
    return follows


async def profile_exhausted(message: ProfileGrounded, cause: str, deps: Deps) -> Messages:
    """Drop a profile that no prompt could be made of; the run goes on without it."""
    return await _drop(message, deps, f"prompter_failed: {cause}"[:200])


async def check_prompts(message: RunGrounded, deps: Deps) -> Messages:
    """Now that the number of profiles is known, perhaps all have their prompt."""
    return await releases(message.run_id, deps.store, deps.configs)


async def release_to_student(message: AdapterPublished, deps: Deps) -> Messages:
    """The student can write: release its prompts, unless the run ends with the adapter."""
    if (await deps.configs.get(message.run_id)).until != "student":
        return []
    return [PromptsRelease(run_id=message.run_id, role=Role.student, adapter=message.adapter)]


async def request_release(message: PromptsRelease, worker: JobWorker) -> Messages:
    """Queue the release of a role's prompts: it is long work."""
    await worker.enqueue(message.run_id, RELEASE[message.role])
    return []


async def releases(run_id: UUID, store: Store, configs: RunConfigs) -> Messages:
    """Which roles' prompts are to be released now; none until every profile is settled.

    Read after the prompts are committed, in a fresh transaction that locks the run: of two
    replicas that store the last two prompts at once, the later one sees both. While the run is
    grounded nothing needs to be locked to see that it is not time.
    """
    config = await configs.get(run_id)
    async with store.read() as session:
        run = await runs.get(session, run_id)
    if run.profiles is None or not _unreleased(run, config):
        return []
    async with store.begin() as session:
        run = await runs.get(session, run_id, lock=True)
        roles = _unreleased(run, config)
        if run.profiles is None or not roles:
            return []
        prompted, dropped = await prompts.count_settled(session, run_id)
        if prompted + dropped < run.profiles:
            return []
    if not prompted:
        return release_failed(run_id, f"no prompt: all {dropped} profiles were dropped")
    return [PromptsRelease(run_id=run_id, role=role) for role in roles]


def _unreleased(run: models.Run, config: RunConfig) -> list[Role]:
    """The roles that have no prompts yet and wait for no adapter."""
    roles = []
    if not run.teacher_assigned:
        roles.append(Role.teacher)
    if config.until == "student" and not config.trains and not run.student_assigned:
        roles.append(Role.student)
    return roles


async def release_prompts(context: JobContext, role: Role, deps: Deps) -> Messages:
    """Publish a role's prompts that have no final verdict, a window of them in flight at a time."""
    config = await deps.configs.get(context.run_id)
    async with deps.store.begin() as session:
        run = await runs.get(session, context.run_id, lock=True)
        published = await adapters.of_run(session, context.run_id)
        adapter = (
            adapters.reference(published)
            if published and role is Role.student and config.trains
            else None
        )
        if not getattr(run, f"{role.value}_assigned"):
            await prompts.assign(
                session,
                run,
                role,
                config.share(role),
                adapter.adapter_id if adapter else None,
            )
    ordinal: int = context.cursor.get("ordinal", 0)
    while True:
        async with deps.store.read() as session:
            batch = await prompts.pending(session, context.run_id, role, ordinal, _BATCH)
        if not batch:
            return []
        for assignment, prompt in batch:
            message = issue(prompt, role, config, adapter)
            await deps.bus.admit(type(message), context.run_id, config.window)
            await context.proceed()
            with tracing.linked("release prompt", prompt.traceparent):
                await deps.bus.publish(message)
            ordinal = assignment.ordinal
        await context.save({"ordinal": ordinal})


def release_failed(run_id: UUID, cause: str) -> Messages:
    """What follows when prompts cannot be released."""
    return [RunFailed(run_id=run_id, stage="prompter", cause=cause)]


async def event_exhausted(message: Message, cause: str) -> Messages:
    """A run whose events cannot be handled cannot go on."""
    return release_failed(message.run_id, cause)


async def _drop(message: ProfileGrounded, deps: Deps, reason: str) -> Messages:
    profile = message.profile
    async with deps.store.begin() as session:
        await prompts.drop(
            session,
            message.run_id,
            profile.user_id,
            profile.history_number,
            "prompter",
            reason,
        )
    return await releases(message.run_id, deps.store, deps.configs)
