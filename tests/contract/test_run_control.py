"""Pausing, resuming, cancelling and reopening runs, on every database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial import run_control
from recdial.contracts import (
    DialogueGenerated,
    Message,
    ProfileGrounded,
    PromptsRelease,
    RunFailed,
    RunGrounded,
    RunRequested,
    StudentPrompt,
    TeacherPrompt,
)
from recdial.domain import (
    ChatMessage,
    Interaction,
    ItemFacts,
    Reason,
    Role,
    RunState,
    SamplingParams,
    UserProfile,
    Verdict,
)
from recdial.resume import resume_alone, resume_beside_others
from recdial.run_control import NotPossible
from recdial.store import Store, dialogues, jobs, models, prompts, runs
from recdial.store.dialogues import NewVerdict
from recdial.store.jobs import JobName, LeaseLost
from recdial.store.reopening import reopen
from tests.synthetic import scripted_config

RUN = UUID(int=1)
CONFIG = scripted_config("control")


class Bench:
    """One run in a store, and the shortest ways to change and read it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def do(self, work: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        async with self.store.begin() as session:
            return await work(session, *arguments)

    async def state(self) -> RunState:
        return RunState(await self.do(runs.state, RUN))

    async def job(self, kind: JobName) -> str | None:
        found = {job.kind: job.state for job in await self.do(jobs.of_run, RUN)}
        return found.get(kind)

    async def claim(self, kind: JobName, lease_s: float = 60.0) -> models.Job | None:
        job: models.Job | None = await self.do(jobs.claim, [kind], "worker", lease_s)
        return job

    async def assign(self, number: int, role: Role = Role.student) -> None:
        """Store this many prompts, all the run has, and give them to a role."""

        async def work(session: AsyncSession) -> None:
            await prompts.add(session, [prompt_row(one) for one in range(number)])
            await runs.set_grounded(session, RUN, number, {})
            await prompts.assign(session, await runs.get(session, RUN, lock=True), role, 1.0)

        await self.do(work)

    async def judge(self, number: int, verdict: Verdict) -> None:
        async def work(session: AsyncSession) -> None:
            new = NewVerdict(
                dialogue_id=dialogue(number),
                run_id=RUN,
                prompt_id=prompt(number),
                role=Role.student,
                attempt=1,
                turns=(),
                verdict=verdict,
                reasons=(Reason(rule="r", detail="d"),),
            )
            await dialogues.add_verdicts(session, [new])

        await self.do(work)

    async def pending(self) -> list[UUID]:
        found = await self.do(prompts.pending, RUN, Role.student, 0, 1000)
        return [assignment.prompt_id for assignment, _ in found]


@pytest.fixture
async def bench(store: Store) -> Bench:
    made = Bench(store)
    await made.do(runs.create, RUN, CONFIG)
    return made


def prompt(number: int) -> UUID:
    return UUID(int=1000 + number)


def dialogue(number: int) -> UUID:
    return UUID(int=5000 + number)


def prompt_row(number: int) -> dict[str, Any]:
    return {
        "id": prompt(number),
        "run_id": RUN,
        "user_id": f"user-{number}",
        "history_number": 0,
        "stereotype": "curious_newcomer",
        "template_version": "1",
        "messages": [{"role": "user", "content": "Write."}],
        "item_ids": [],
        "history": [],
        "history_shown": False,
        "target_item_id": "1",
        "target_rating": 5.0,
        "target_liked": True,
        "draw": number,
    }


def student_prompt(number: int) -> StudentPrompt:
    return StudentPrompt(
        run_id=RUN,
        prompt_id=prompt(number),
        dialogue_id=dialogue(number),
        messages=(ChatMessage(role="user", content="Write."),),
        sampling=SamplingParams(),
    )


def profile_of(user: str) -> ProfileGrounded:
    heat = Interaction(item=ItemFacts(item_id="1", title="Heat"), rating=5.0, timestamp=1)
    return ProfileGrounded(run_id=RUN, profile=UserProfile(user_id=user, history=(), target=heat))


async def test_a_paused_runs_jobs_wait_until_it_is_resumed(bench: Bench) -> None:
    await bench.do(jobs.add, RUN, JobName.ground)
    await bench.do(run_control.pause, RUN)
    assert await bench.claim(JobName.ground) is None
    assert await bench.do(jobs.next_due, [JobName.ground]) is None, "or its worker would spin"
    await bench.do(run_control.resume, RUN)
    assert await bench.claim(JobName.ground) is not None


async def test_a_dead_workers_job_of_a_paused_run_waits_too(bench: Bench) -> None:
    await bench.do(jobs.add, RUN, JobName.ground)
    await bench.claim(JobName.ground, lease_s=-1.0)
    await bench.do(run_control.pause, RUN)
    assert await bench.claim(JobName.ground) is None
    assert await bench.do(jobs.next_due, [JobName.ground]) is None


async def test_cancelling_ends_every_job_but_has_the_run_reported(bench: Bench) -> None:
    for kind in (JobName.ground, JobName.release_teacher):
        await bench.do(jobs.add, RUN, kind)
    held = await bench.claim(JobName.ground)
    await bench.do(run_control.cancel, RUN)
    assert await bench.state() is RunState.cancelled
    assert await bench.job(JobName.ground) == "cancelled"
    assert await bench.job(JobName.release_teacher) == "cancelled"
    for write in (jobs.finish, jobs.release):
        with pytest.raises(LeaseLost):
            await bench.do(write, held)
    report = await bench.claim(JobName.evaluate)
    assert report is not None
    await bench.do(jobs.finish, report)
    await bench.do(run_control.cancel, RUN)
    assert await bench.job(JobName.evaluate) == "done", "asked twice, it is reported once"


async def test_what_follows_late_does_not_change_a_cancelled_run(bench: Bench) -> None:
    await bench.do(run_control.cancel, RUN)
    assert not await bench.do(runs.complete, RUN)
    assert not await bench.do(runs.fail, RUN, "trainer", "late")
    await bench.do(runs.reopen, RUN)
    assert await bench.state() is RunState.cancelled
    with pytest.raises(NotPossible, match="cancelled"):
        await bench.do(run_control.resume, RUN)
    async with bench.store.read() as session:
        assert (await runs.get(session, RUN)).finished_at is not None


async def test_a_paused_run_can_still_end_by_what_was_in_flight(bench: Bench) -> None:
    await bench.do(run_control.pause, RUN)
    assert await bench.do(runs.complete, RUN)
    assert await bench.state() is RunState.completed


async def test_only_running_runs_are_swept(bench: Bench) -> None:
    assert await bench.do(runs.in_state, RunState.running) == [RUN]
    await bench.do(run_control.pause, RUN)
    assert await bench.do(runs.in_state, RunState.running) == []


async def test_resuming_a_run_that_is_not_grounded_asks_for_it_again(bench: Bench) -> None:
    await bench.do(jobs.add, RUN, JobName.ground)
    job = await bench.claim(JobName.ground)
    await bench.do(jobs.give_up, job, "no disk")
    await bench.do(runs.fail, RUN, "grounding", "no disk")
    (message,) = await bench.do(run_control.resume, RUN)
    assert isinstance(message, RunRequested)
    assert await bench.state() is RunState.running
    assert await bench.claim(JobName.ground) is not None


async def test_resuming_releases_what_has_no_verdict_and_nothing_else(bench: Bench) -> None:
    await bench.assign(4)
    await bench.judge(1, Verdict.accepted)
    await bench.do(jobs.add, RUN, JobName.release_student)
    released = await bench.claim(JobName.release_student)
    await bench.do(jobs.save_cursor, released, {"ordinal": 4})
    await bench.do(jobs.finish, released)
    await bench.do(run_control.pause, RUN)
    messages: list[Message] = await bench.do(run_control.resume, RUN)
    assert [type(message) for message in messages] == [RunGrounded, PromptsRelease]
    again = await bench.claim(JobName.release_student)
    assert again is not None
    assert again.cursor == {}
    assert await bench.pending() == [prompt(0), prompt(2), prompt(3)]


async def test_resuming_beside_others_leaves_a_held_job_to_its_worker(bench: Bench) -> None:
    await bench.assign(2)
    await bench.do(jobs.add, RUN, JobName.release_student)
    held = await bench.claim(JobName.release_student)
    await bench.do(jobs.save_cursor, held, {"ordinal": 1})
    await bench.do(resume_beside_others, RUN)
    assert await bench.job(JobName.release_student) == "running"
    await bench.do(jobs.save_cursor, held, {"ordinal": 2})


async def test_resuming_alone_takes_a_dead_workers_job_back(bench: Bench) -> None:
    await bench.assign(2)
    await bench.do(jobs.add, RUN, JobName.release_student)
    dead = await bench.claim(JobName.release_student)
    await bench.do(resume_alone, RUN)
    assert await bench.job(JobName.release_student) == "queued"
    with pytest.raises(LeaseLost):
        await bench.do(jobs.save_cursor, dead, {"ordinal": 1})


@pytest.mark.parametrize("died_as", ["prompt", "dialogue"])
async def test_a_reopened_failed_verdict_is_pending_and_can_be_judged_anew(
    bench: Bench, died_as: str
) -> None:
    await bench.assign(2)
    await bench.judge(0, Verdict.accepted)
    await bench.judge(1, Verdict.failed)
    await bench.do(jobs.add, RUN, JobName.evaluate)
    await bench.do(runs.complete, RUN)
    message: Message = student_prompt(1)
    if died_as == "dialogue":
        message = DialogueGenerated(
            run_id=RUN, dialogue_id=dialogue(1), prompt_id=prompt(1), role=Role.student
        )
    assert await bench.do(reopen, message)
    assert await bench.pending() == [prompt(1)]
    assert await bench.state() is RunState.running
    assert await bench.job(JobName.evaluate) is None, "the run is to be evaluated anew"
    await bench.judge(1, Verdict.accepted)
    assert await bench.pending() == []


@pytest.mark.parametrize("verdict", [Verdict.accepted, Verdict.rejected])
async def test_a_verdict_that_is_not_failed_stays(bench: Bench, verdict: Verdict) -> None:
    await bench.assign(1)
    await bench.judge(0, verdict)
    await bench.do(runs.complete, RUN)
    assert await bench.do(reopen, student_prompt(0)), "a repeat finds the work done"
    assert await bench.pending() == []
    assert await bench.state() is RunState.completed


async def test_another_roles_verdict_is_not_touched(bench: Bench) -> None:
    await bench.assign(1)
    await bench.judge(0, Verdict.failed)
    other = TeacherPrompt.model_validate(student_prompt(0).model_dump())
    await bench.do(reopen, other)
    assert await bench.pending() == []


async def test_a_run_that_failed_for_want_of_examples_trains_once_there_are_some(
    bench: Bench,
) -> None:
    await bench.assign(1)
    await bench.judge(0, Verdict.failed)
    for kind in (JobName.train, JobName.evaluate):
        await bench.do(jobs.add, RUN, kind)
    training = await bench.claim(JobName.train)
    await bench.do(jobs.give_up, training, "too few examples")
    await bench.do(runs.fail, RUN, "trainer", "too few examples")
    assert await bench.do(reopen, student_prompt(0))
    assert await bench.state() is RunState.running
    assert await bench.job(JobName.train) is None, "teacher.completed queues it anew"
    assert await bench.do(jobs.add, RUN, JobName.train)


async def test_an_event_whose_death_failed_the_run_reopens_it(bench: Bench) -> None:
    await bench.do(runs.fail, RUN, "prompter", "no template")
    assert await bench.do(reopen, RunGrounded(run_id=RUN, profiles=1))
    assert await bench.state() is RunState.running
    async with bench.store.read() as session:
        run = await runs.get(session, RUN)
    assert (run.failure_stage, run.failure_cause, run.finished_at) == (None, None, None)


async def test_the_news_that_a_run_failed_does_not_reopen_it(bench: Bench) -> None:
    await bench.do(runs.fail, RUN, "prompter", "no template")
    assert await bench.do(reopen, RunFailed(run_id=RUN, stage="prompter", cause="no template"))
    assert await bench.state() is RunState.failed


async def test_a_dropped_profile_comes_back_until_the_prompts_are_given_out(bench: Bench) -> None:
    await bench.do(prompts.drop, RUN, "user-7", 0, "prompter", "prompter_failed: disk full")
    await bench.do(prompts.drop, RUN, "user-8", 0, "grounding", "no_liked_item")
    assert await bench.do(reopen, profile_of("user-7"))
    assert await bench.do(reopen, profile_of("user-8"))
    async with bench.store.read() as session:
        left = [drop.user_id for drop in (await session.execute(select(models.Drop))).scalars()]
    assert left == ["user-8"], "what grounding dropped was never a profile"
    await bench.do(prompts.drop, RUN, "user-7", 0, "prompter", "prompter_failed: disk full")
    await bench.assign(1, Role.teacher)
    assert not await bench.do(reopen, profile_of("user-7"))


async def test_cancelled_and_unknown_runs_take_no_dead_letters(bench: Bench) -> None:
    await bench.assign(1)
    await bench.judge(0, Verdict.failed)
    await bench.do(run_control.cancel, RUN)
    assert not await bench.do(reopen, student_prompt(0))
    assert await bench.pending() == []
    assert not await bench.do(reopen, RunRequested(run_id=UUID(int=9)))
