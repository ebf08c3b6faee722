"""A prompt's trace waits with it in the store, and goes on when it is released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from recdial import tracing
from recdial.bus import Consumer
from recdial.bus.local import LocalBus
from recdial.contracts import ProfileGrounded, StudentPrompt
from recdial.domain import Interaction, ItemFacts, Role, UserProfile
from recdial.jobs import JobContext
from recdial.store import Store, jobs, prompts, runs
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.prompter.handlers import Deps, keep_prompts, prompt_profile, release_prompts
from tests.synthetic import scripted_config

RUN = UUID(int=1)
CONFIG = scripted_config("traces")
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    await store.migrate()
    async with store.begin() as session:
        await runs.create(session, RUN, CONFIG)
        await jobs.add(session, RUN, JobName.release_student)
    configs = RunConfigs(store)
    keep = Batched(partial(keep_prompts, store=store, configs=configs))
    yield Deps(store, LocalBus(), configs, keep)
    await store.close()


def grounded(user_id: str) -> ProfileGrounded:
    heat = Interaction(item=ItemFacts(item_id="1", title="Heat"), rating=5.0, timestamp=1)
    profile = UserProfile(user_id=user_id, history=(), target=heat)
    return ProfileGrounded(run_id=RUN, profile=profile)


async def release(deps: Deps) -> None:
    async with deps.store.begin() as session:
        job = await jobs.claim(session, [JobName.release_student], "worker", 60)
    assert job is not None
    context = JobContext(deps.store, job, asyncio.Event())
    with tracing.span("the job"):
        await release_prompts(context, Role.student, deps)


async def test_a_prompt_goes_on_in_the_trace_it_was_made_in(
    deps: Deps, spans: InMemorySpanExporter
) -> None:
    made_in: dict[str, str | None] = {}
    for user_id in ("ada", "bob"):
        with tracing.span(user_id):
            await prompt_profile(grounded(user_id), deps)
            made_in[user_id] = tracing.traceparent()
    await release(deps)
    async with deps.store.read() as session:
        stored = await prompts.pending(session, RUN, Role.student, 0, 10)
    assert {prompt.user_id: prompt.traceparent for _, prompt in stored} == made_in
    ended = spans.get_finished_spans()
    by_id = {span.context.span_id: span for span in ended}
    (job,) = [span for span in ended if span.name == "the job"]
    released = [span for span in ended if span.name == "release prompt"]
    above = [by_id[span.parent.span_id] for span in released if span.parent]
    assert sorted(span.name for span in above) == ["ada", "bob"]
    for span in released:
        assert [link.context.span_id for link in span.links] == [job.context.span_id]


async def test_a_prompt_of_a_process_without_tracing_keeps_the_trace_it_came_in(
    deps: Deps,
) -> None:
    seen: list[str | None] = []

    async def handle(message: StudentPrompt) -> list[StudentPrompt]:
        seen.append(tracing.traceparent())
        return []

    await deps.bus.consume(Consumer("generator", StudentPrompt, handle))
    await deps.bus.start()
    with tracing.continued("of grounding", {"traceparent": TRACEPARENT}):
        await prompt_profile(grounded("ada"), deps)
    await release(deps)
    await deps.bus.drain()
    await deps.bus.close()
    assert seen == [TRACEPARENT]


async def test_a_prompt_without_a_trace_begins_one_when_it_is_released(
    deps: Deps, spans: InMemorySpanExporter
) -> None:
    await prompt_profile(grounded("ada"), deps)
    await release(deps)
    (released,) = [span for span in spans.get_finished_spans() if span.name == "release prompt"]
    assert released.parent is None
