"""What the store must do on every database. Each database runs this suite unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

import recdial.store
from recdial.domain import AdapterRef, ItemFacts, Reason, Role, Turn, Verdict
from recdial.promptfacts import UserType, user_type_line
from recdial.stereotypes import Axes
from recdial.store import Store, adapters, dialogues, items, jobs, models, progress, prompts, runs
from recdial.store.dialogues import NewVerdict, StoredVerdict, Text
from recdial.store.jobs import JobName, LeaseLost
from recdial.store.models import Base
from tests.synthetic import scripted_config

RUN = UUID(int=1)
USER = UserType("Curious Newcomer", "none", "vague")
CONFIG = scripted_config("contract")


@pytest.fixture
async def run(store: Store) -> UUID:
    async with store.begin() as session:
        await runs.create(session, RUN, CONFIG)
    return RUN


def prompt_row(number: int, stereotype: str = "curious_newcomer", **changes: Any) -> dict[str, Any]:
    return {
        "id": UUID(int=1000 + number),
        "run_id": RUN,
        "user_id": f"user-{number:03}",
        "history_number": 0,
        "stereotype": stereotype,
        "template_version": "1",
        "messages": [
            {"role": "system", "content": f"Write.\n{user_type_line(USER)}\nBriefly."},
            {"role": "user", "content": "écris <id_1>"},
        ],
        "item_ids": ["1"],
        "history": [],
        "history_shown": False,
        "target_item_id": "1",
        "target_rating": 5.0,
        "target_liked": True,
        "draw": (number * 7919) % 1009,
    } | changes


async def add_prompts(store: Store, rows: list[dict[str, Any]]) -> None:
    async with store.begin() as session:
        await prompts.add(session, rows)


async def assigned(store: Store, role: Role) -> list[models.Assignment]:
    async with store.read() as session:
        return [one for one, _ in await prompts.pending(session, RUN, role, 0, 10_000)]


async def assign(store: Store, role: Role, share: float) -> int:
    async with store.begin() as session:
        return await prompts.assign(session, await runs.get(session, RUN, lock=True), role, share)


async def test_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    async with store._writer.connect() as connection:
        found = await connection.run_sync(
            lambda sync: {
                table: {column["name"] for column in inspect(sync).get_columns(table)}
                for table in inspect(sync).get_table_names()
            }
        )
    found.pop("alembic_version")
    assert found == {
        name: {column.name for column in table.columns}
        for name, table in Base.metadata.tables.items()
    }


async def test_migrations_go_down_to_nothing_and_up_again(store: Store) -> None:
    await store.migrate("base")
    async with store._writer.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert tables == ["alembic_version"]
    await store.migrate()
    async with store.begin() as session:
        assert await runs.create(session, RUN, CONFIG)


def revisions() -> list[str]:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(recdial.store.__file__).parent / "migrations")
    )
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


@pytest.mark.parametrize("earlier", revisions())
async def test_migrations_go_up_from_each_revision_and_back(url: str, earlier: str) -> None:
    store = Store(url)
    await store.migrate(earlier)
    async with store.begin() as session:
        assert await runs.create(session, RUN, CONFIG)
    await store.migrate()
    for _ in range(len(revisions()) - 1 - revisions().index(earlier)):
        await store.migrate("-1")
    async with store._writer.connect() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == earlier
    await store.migrate()
    async with store.read() as session:
        assert await runs.config(session, RUN) == CONFIG
    await store.close()


async def test_a_run_is_created_once_and_its_config_comes_back_equal(store: Store) -> None:
    async with store.begin() as session:
        assert await runs.create(session, RUN, CONFIG)
    async with store.begin() as session:
        assert not await runs.create(session, RUN, CONFIG)
    async with store.read() as session:
        assert await runs.config(session, RUN) == CONFIG


async def test_an_unknown_run_is_a_clear_error(store: Store) -> None:
    async with store.read() as session:
        with pytest.raises(runs.RunUnknown, match=str(RUN)):
            await runs.get(session, RUN)


async def test_an_error_rolls_the_transaction_back(store: Store) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012 (the transaction is the context)
        async with store.begin() as session:
            await runs.create(session, RUN, CONFIG)
            raise RuntimeError("stop")
    async with store.read() as session:
        assert await runs.all_runs(session) == []


async def test_times_come_back_aware_and_naive_ones_are_refused(store: Store, run: UUID) -> None:
    async with store.read() as session:
        created = (await runs.get(session, run)).created_at
    assert created.utcoffset() is not None
    with pytest.raises(Exception, match="time zone"):
        async with store.begin() as session:
            (await runs.get(session, run)).finished_at = created.replace(tzinfo=None)


async def test_a_prompt_is_stored_once_whatever_a_repeat_says(store: Store, run: UUID) -> None:
    async with store.begin() as session:
        await prompts.add(session, [prompt_row(1)])
    async with store.begin() as session:
        await prompts.add(session, [prompt_row(1, template_version="2"), prompt_row(2)])
    async with store.read() as session:
        stored = await session.get_one(models.Prompt, UUID(int=1001))
        assert await session.get(models.Prompt, UUID(int=1002)) is not None
    assert stored.template_version == "1"
    assert stored.messages[-1] == {"role": "user", "content": "écris <id_1>"}


async def test_concurrent_writers_all_get_through(store: Store, run: UUID) -> None:
    await asyncio.gather(*(add_prompts(store, [prompt_row(number)]) for number in range(40)))
    async with store.read() as session:
        assert await prompts.count_settled(session, run) == (40, 0)


async def test_a_dropped_profile_counts_as_settled_by_its_stage(store: Store, run: UUID) -> None:
    async with store.begin() as session:
        await prompts.add(session, [prompt_row(1)])
        await prompts.drop(session, run, "user-002", 0, "grounding", "no_liked_item")
        await prompts.drop(session, run, "user-003", 0, "prompter", "no_stereotype_fits")
        await prompts.drop(session, run, "user-003", 0, "prompter", "again")
    async with store.read() as session:
        assert await prompts.count_settled(session, run) == (1, 1)
        everyone = ["user-001", "user-002", "user-003", "user-004"]
        assert await prompts.settled(session, run, everyone) == {
            ("user-001", 0),
            ("user-002", 0),
            ("user-003", 0),
        }
        assert await prompts.settled(session, run, everyone[1:2]) == {("user-002", 0)}


async def test_a_profile_with_several_prompts_is_settled_once(store: Store, run: UUID) -> None:
    every = [prompt_row(10 + number, name) for number, name in enumerate("abc")]
    async with store.begin() as session:
        await prompts.add(session, [row | {"user_id": "ada"} for row in every])
        await prompts.add(session, [prompt_row(20, user_id="ada", history_number=1)])
        await prompts.add(session, [prompt_row(21, user_id="bob")])
        await prompts.drop(session, run, "eve", 0, "prompter", "prompt_too_long")
    async with store.read() as session:
        assert await prompts.count_settled(session, run) == (3, 1)
        assert await prompts.count(session, run) == 5


@pytest.mark.parametrize(("share", "expected"), [(0.1, 3), (0.25, 6), (0.0, 0), (1.0, 20)])
async def test_the_share_is_exact_within_each_stereotype(
    store: Store, run: UUID, share: float, expected: int
) -> None:
    sizes = {"curious_newcomer": 11, "guided_explorer": 9}
    rows = [
        prompt_row(len(name) * 100 + number, name)
        for name, size in sizes.items()
        for number in range(size)
    ]
    await add_prompts(store, rows)
    assert await assign(store, Role.teacher, share) == expected
    chosen = {assignment.prompt_id for assignment in await assigned(store, Role.teacher)}
    for name, size in sizes.items():
        own = sorted(
            (row["draw"], row["user_id"], row["id"]) for row in rows if row["stereotype"] == name
        )
        quota = prompts.quota(share, size)
        assert {one[2] for one in own[:quota]} == {one[2] for one in own} & chosen


async def test_the_choice_does_not_depend_on_the_order_of_arrival(store: Store, run: UUID) -> None:
    rows = [prompt_row(number) for number in range(30)]
    await add_prompts(store, rows[::-1])
    await assign(store, Role.teacher, 0.2)
    chosen = [assignment.prompt_id for assignment in await assigned(store, Role.teacher)]
    by_draw = sorted(rows, key=lambda row: (row["draw"], row["user_id"]))
    assert chosen == [row["id"] for row in by_draw[:6]]


async def test_ordinals_run_from_one_without_gaps(store: Store, run: UUID) -> None:
    await add_prompts(store, [prompt_row(n, f"s{n % 3}") for n in range(17)])
    await assign(store, Role.student, 1.0)
    ordinals = [assignment.ordinal for assignment in await assigned(store, Role.student)]
    assert ordinals == list(range(1, 18))


def test_a_quota_is_free_of_float_dust() -> None:
    assert prompts.quota(0.1, 30) == 3
    assert prompts.quota(0.07, 100) == 7
    assert prompts.quota(0.1, 31) == 4


def new_verdict(number: int, verdict: Verdict, *, dialogue: int | None = None) -> NewVerdict:
    return NewVerdict(
        dialogue_id=UUID(int=5000 + (dialogue if dialogue is not None else number)),
        run_id=RUN,
        prompt_id=UUID(int=1000 + number),
        role=Role.teacher,
        attempt=1,
        turns=(Turn(speaker="user", text="hi <id_1>", items=("1",)),),
        verdict=verdict,
        reasons=() if verdict is Verdict.accepted else (Reason(rule="r", detail="d"),),
    )


async def judge(
    store: Store, number: int, verdict: Verdict, *, dialogue: int | None = None
) -> StoredVerdict:
    async with store.begin() as session:
        new = new_verdict(number, verdict, dialogue=dialogue)
        (stored,) = (await dialogues.add_verdicts(session, [new])).values()
        return stored


async def test_a_final_verdict_ends_the_assignment_and_the_first_one_stays(
    store: Store, run: UUID
) -> None:
    await add_prompts(store, [prompt_row(n) for n in range(3)])
    await assign(store, Role.teacher, 1.0)
    await judge(store, 0, Verdict.accepted)
    repeated = await judge(store, 0, Verdict.rejected)
    assert repeated.verdict == "accepted"
    await judge(store, 0, Verdict.failed, dialogue=99)
    await judge(store, 1, Verdict.rejected)
    async with store.read() as session:
        found = await progress.read(session, run)
        assert await prompts.has_pending(session, run, Role.teacher)
    assert found.roles[Role.teacher].verdicts == {"accepted": 1, "rejected": 1}
    await judge(store, 2, Verdict.failed)
    async with store.read() as session:
        assert not await prompts.has_pending(session, run, Role.teacher)
        written = await dialogues.written(session, run, Role.teacher)
        (accepted,) = await dialogues.accepted(session, run, Role.teacher)
    assert [one.dialogue.verdict for one in written].count("accepted") == 1
    assert accepted[0].turns == [{"speaker": "user", "text": "hi <id_1>", "items": ["1"]}]


def completion_row(**changes: Any) -> dict[str, Any]:
    return {
        "dialogue_id": UUID(int=5001),
        "run_id": RUN,
        "prompt_id": UUID(int=1001),
        "role": "teacher",
        "attempt": 1,
        "backend": "scripted",
        "model": "scripted",
        "sampling": {"temperature": 0.7},
        "text": "[USR] nul is \u2400, emoji is 🎬",
        "finish_reason": "stop",
        "seconds": 0.5,
    } | changes


async def test_two_verdicts_on_one_dialogue_at_once_are_one(store: Store, run: UUID) -> None:
    await add_prompts(store, [prompt_row(n) for n in range(10)])
    await assign(store, Role.teacher, 1.0)
    for number in range(10):
        first, second = await asyncio.gather(
            judge(store, number, Verdict.accepted), judge(store, number, Verdict.rejected)
        )
        assert first.verdict == second.verdict
    async with store.read() as session:
        assert (await progress.read(session, run)).roles[Role.teacher].final == 10


async def test_two_final_attempts_at_once_end_the_assignment_once(store: Store, run: UUID) -> None:
    await add_prompts(store, [prompt_row(n) for n in range(10)])
    await assign(store, Role.teacher, 1.0)
    for number in range(10):
        await asyncio.gather(
            judge(store, number, Verdict.accepted),
            judge(store, number, Verdict.failed, dialogue=100 + number),
        )
    async with store.read() as session:
        ended = await dialogues.written(session, run, Role.teacher)
        assert [one.assignment.state for one in ended] == [one.dialogue.verdict for one in ended]
        assert len(ended) == 10


async def test_of_two_last_verdicts_at_once_one_sees_the_run_complete(
    store: Store, run: UUID
) -> None:
    await add_prompts(store, [prompt_row(n) for n in range(20)])
    await assign(store, Role.teacher, 1.0)

    async def judge_and_check(number: int) -> bool:
        await judge(store, number, Verdict.accepted)
        async with store.begin() as session:
            await runs.get(session, run, lock=True)
            return not await prompts.has_pending(session, run, Role.teacher)

    complete = await asyncio.gather(*(judge_and_check(number) for number in range(20)))
    assert any(complete)


async def test_what_a_database_refuses_is_stored_replaced(store: Store, run: UUID) -> None:
    await add_prompts(store, [prompt_row(1, messages=[{"role": "user", "content": "a\x00b"}])])
    async with store.begin() as session:
        row = completion_row(text="[USR] nul \x00, half an emoji \ud83d, whole 🎬")
        await dialogues.add_completions(session, [row])
        await jobs.add(session, run, JobName.train)
    job = await claim(store, "worker", kinds=[JobName.train])
    assert job is not None
    async with store.begin() as session:
        await jobs.save_cursor(session, job, {"loss": float("nan"), "why\x00": ["\udc00", 1.5]})
    async with store.read() as session:
        stored = await session.get_one(models.Completion, UUID(int=5001))
        assert stored.text == "[USR] nul \ufffd, half an emoji \ufffd, whole 🎬"
        prompt = await session.get_one(models.Prompt, UUID(int=1001))
        assert prompt.messages == [{"role": "user", "content": "a\ufffdb"}]
        (kept,) = await jobs.of_run(session, run)
        assert kept.cursor == {"loss": None, "why\ufffd": ["\ufffd", 1.5]}


async def test_a_reader_sees_one_state(store: Store, run: UUID) -> None:
    async with store.read() as session:
        before = await prompts.count_settled(session, run)
        await add_prompts(store, [prompt_row(1)])
        assert await prompts.count_settled(session, run) == before == (0, 0)
    async with store.read() as session:
        assert await prompts.count_settled(session, run) == (1, 0)


async def test_a_completion_is_stored_once(store: Store, run: UUID) -> None:
    await add_prompts(store, [prompt_row(1)])
    row = completion_row()
    async with store.begin() as session:
        await dialogues.add_completions(session, [row])
    other = completion_row(dialogue_id=UUID(int=5002))
    async with store.begin() as session:
        await dialogues.add_completions(session, [row | {"text": "other"}, other])
    ids = [UUID(int=5001), UUID(int=5002), uuid4()]
    async with store.read() as session:
        assert await dialogues.with_completion(session, ids) == set(ids[:2])
        found = await dialogues.texts(session, ids)
    assert found.keys() == set(ids[:2])
    assert found[ids[0]] == Text(
        row["text"],
        "stop",
        frozenset({"1"}),
        "1",
        frozenset(),
        frozenset(),
        Axes("none", "vague", False),
    )


async def test_the_catalogue_keeps_facts_and_knows_its_ids(store: Store, run: UUID) -> None:
    heat = ItemFacts(item_id="1", title="Heat", year=1995, actors=("Al Pacino",))
    async with store.begin() as session:
        await items.add(session, run, [heat, ItemFacts(item_id="2", title="Ran")])
        await items.add(session, run, [heat])
    async with store.read() as session:
        assert await items.known(session, run, ["1", "2", "9"]) == {"1", "2"}
        assert await items.facts(session, run, ["1", "9"]) == {"1": heat}


async def test_more_rows_than_fit_one_statement_are_all_written(store: Store, run: UUID) -> None:
    many = [ItemFacts(item_id=str(number), title="x") for number in range(1201)]
    async with store.begin() as session:
        await items.add(session, run, many)
    async with store.read() as session:
        count = await session.scalar(select(text("count(*)")).select_from(models.Item))
    assert count == 1201


async def test_a_run_ends_once(store: Store, run: UUID) -> None:
    async with store.begin() as session:
        assert await runs.fail(session, run, "trainer", "too few examples")
        assert not await runs.complete(session, run)
    async with store.begin() as session:
        await runs.reopen(session, run)
        assert await runs.complete(session, run)


async def test_the_first_adapter_of_a_run_stays(store: Store, run: UUID) -> None:
    first = AdapterRef(adapter_id="a", uri="file:///a", sha256="1" * 64, base_model="m")
    second = AdapterRef(adapter_id="b", uri="file:///b", sha256="2" * 64, base_model="m")
    async with store.begin() as session:
        await adapters.add(session, run, first, {"steps": 3})
        await adapters.add(session, run, second, {})
    async with store.read() as session:
        found = await adapters.of_run(session, run)
    assert found is not None
    assert adapters.reference(found) == first


async def claim(
    store: Store,
    worker: str,
    lease_s: float = 60.0,
    kinds: Sequence[JobName] = (JobName.ground,),
) -> models.Job | None:
    async with store.begin() as session:
        return await jobs.claim(session, list(kinds), worker, lease_s)


async def test_a_job_is_queued_once_and_claimed_by_one_worker(store: Store, run: UUID) -> None:
    async with store.begin() as session:
        assert await jobs.add(session, run, JobName.ground)
        assert not await jobs.add(session, run, JobName.ground)
    claims = await asyncio.gather(*(claim(store, f"worker-{n}") for n in range(4)))
    assert len([job for job in claims if job is not None]) == 1


async def test_a_worker_whose_lease_ran_out_loses_the_job_to_the_next(
    store: Store, run: UUID
) -> None:
    async with store.begin() as session:
        await jobs.add(session, run, JobName.ground)
    late = await claim(store, "late", lease_s=-1.0)
    assert late is not None
    async with store.begin() as session:
        await jobs.save_cursor(session, late, {"ordinal": 7})
    new = await claim(store, "new")
    assert new is not None
    assert new.cursor == {"ordinal": 7}
    for write in (
        lambda session: jobs.save_cursor(session, late, {"ordinal": 8}),
        lambda session: jobs.renew(session, late, 60.0),
        lambda session: jobs.finish(session, late),
    ):
        async with store.begin() as session:
            with pytest.raises(LeaseLost):
                await write(session)
    async with store.begin() as session:
        await jobs.finish(session, new)
    assert await claim(store, "third") is None


async def test_a_failed_job_waits_for_its_next_try(store: Store, run: UUID) -> None:
    async with store.begin() as session:
        await jobs.add(session, run, JobName.ground)
    job = await claim(store, "worker")
    assert job is not None
    async with store.begin() as session:
        await jobs.retry(session, job, "disk full", delay_s=3600)
    assert await claim(store, "worker") is None
    async with store.read() as session:
        due = await jobs.next_due(session, [JobName.ground])
    assert due is not None
    async with store.begin() as session:
        await jobs.requeue(session, run, JobName.ground)
    again = await claim(store, "worker")
    assert again is not None
    assert again.failures == 0
