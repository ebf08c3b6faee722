"""The prompter as the bus and the job worker call it: make prompts, release them to a role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recdial import ids
from recdial.bus import Bus
from recdial.contracts import (
    AdapterPublished,
    Message,
    Messages,
    ProfileGrounded,
    PromptsRelease,
    RunFailed,
    RunGrounded,
    StudentPrompt,
    TeacherPrompt,
    prompt_message,
)
from recdial.domain import AdapterRef, ChatMessage, Role, RunState, SamplingParams
from recdial.jobs import JobContext, JobWorker
from recdial.settings import RunConfig
from recdial.store import Store, adapters, models, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import RELEASE
from services.prompter.prompts import build_prompt, prompt_row
from services.prompter.stereotypes import NoStereotypeFits, draw_stereotype

_BATCH = 64


@dataclass(frozen=True)
class Deps:
    """What the prompter works with."""

    store: Store
    bus: Bus
    configs: RunConfigs
    keep: Callable[[dict[str, Any]], Awaitable[Messages]]
    """Stores a prompt; what is to be published then."""


async def prompt_profile(message: ProfileGrounded, deps: Deps) -> Messages:
    """Turn one profile into its prompt (paper, §3.2). A repeat makes the same prompt."""
    config = await deps.configs.get(message.run_id)
    profile = message.profile
    try:
        stereotype = draw_stereotype(
            config.seed,
            profile.user_id,
            profile.history_number,
            config.prompting.stereotypes,
            has_history=bool(profile.history),
        )
    except NoStereotypeFits as error:
        return await _drop(message, deps, error.reason)
    prompt = build_prompt(message.run_id, profile, stereotype, config)
    return await deps.keep(prompt_row(message.run_id, prompt, profile))


async def keep_prompts(
    rows: Sequence[dict[str, Any]], store: Store, configs: RunConfigs
) -> list[Messages | Exception]:
    """Store prompts, all in one statement, and see whether a run then has all of its.

    A cancelled run gets no more prompts.
    """
    last_of = {row["run_id"]: number for number, row in enumerate(rows)}
    async with store.begin() as session:
        found = {run_id: await runs.get(session, run_id) for run_id in last_of}
        await prompts.add(
            session, [row for row in rows if found[row["run_id"]].state != RunState.cancelled]
        )
    follows: list[Messages | Exception] = [[] for _ in rows]
    for run_id, number in last_of.items():
        follows[number] = await releases(run_id, store, configs)
    return follows


async def profile_exhausted(message: ProfileGrounded, cause: str, deps: Deps) -> Messages:
    """Drop a profile that no prompt could be made of; the run goes on without it."""
    return await _drop(message, deps, f"prompter_failed: {cause}"[:200])


async def check_prompts(message: RunGrounded, deps: Deps) -> Messages:
    """Now that the number of profiles is known, perhaps all have their prompt."""
    return await releases(message.run_id, deps.store, deps.configs)


async def release_to_student(message: AdapterPublished) -> Messages:
    """The student can write: release its prompts."""
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
    if run.profiles is None or run.teacher_assigned:
        return []
    async with store.begin() as session:
        run = await runs.get(session, run_id, lock=True)
        if run.profiles is None or run.teacher_assigned:
            return []
        prompted, dropped = await prompts.count_settled(session, run_id)
        if prompted + dropped < run.profiles:
            return []
    if not prompted:
        return release_failed(run_id, f"no prompt: all {dropped} profiles were dropped")
    roles = [Role.teacher]
    if config.until == "student" and not config.trains:
        roles.append(Role.student)
    return [PromptsRelease(run_id=run_id, role=role) for role in roles]


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
            await deps.bus.publish(message)
            ordinal = assignment.ordinal
        await context.save({"ordinal": ordinal})


def issue(
    prompt: models.Prompt, role: Role, config: RunConfig, adapter: AdapterRef | None
) -> TeacherPrompt | StudentPrompt:
    """The message that asks a role for its first attempt at a prompt."""
    attempt = 1
    backend = config.backend(role)
    draw = ids.seeded_draw(
        config.seed, "sampling", role.value, prompt.user_id, prompt.history_number, attempt
    )
    return prompt_message(role)(
        run_id=prompt.run_id,
        prompt_id=prompt.id,
        dialogue_id=ids.dialogue_id(
            prompt.id,
            role.value,
            backend.model_name,
            adapter.sha256 if adapter else "",
            attempt,
        ),
        messages=tuple(ChatMessage.model_validate(message) for message in prompt.messages),
        sampling=SamplingParams(**backend.sampling.model_dump(), seed=draw % 2**31),
        attempt=attempt,
        adapter=adapter,
    )


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
