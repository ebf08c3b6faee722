"""Grounding's job on a real store and the in-process bus: what a second worker does of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from recdial.bus import Consumer, Reject
from recdial.bus.local import LocalBus
from recdial.contracts import Message, ProfileGrounded, RunGrounded
from recdial.jobs import JobContext, JobStopped
from recdial.settings import RunConfig
from recdial.store import Store, jobs, prompts, runs
from recdial.store.configs import RunConfigs
from recdial.store.jobs import JobName
from services.grounding import handlers
from services.grounding.handlers import Deps, ground_run
from tests import synthetic

RUN = UUID(int=1)
USERS = 40
LIKES_NOTHING = "user-00000"


class Bench:
    """A store with one run, and a consumer that settles the profiles it is to settle."""

    def __init__(self, store: Store, config: RunConfig) -> None:
        self.store = store
        self.config = config
        self.bus = LocalBus()
        self.arrived: Counter[str] = Counter()
        self.most_outstanding = 0
        self.stop_after = 10**9
        self.settles = True
        self.stopping = asyncio.Event()

    async def start(self) -> None:
        await self.store.migrate()
        async with self.store.begin() as session:
            await runs.create(session, RUN, self.config)
            await jobs.add(session, RUN, JobName.ground)
        await self.bus.consume(Consumer("prompter", ProfileGrounded, self.settle))
        await self.bus.start()

    async def settle(self, message: ProfileGrounded) -> list[Message]:
        self.arrived[message.profile.user_id] += 1
        if self.arrived.total() >= self.stop_after:
            self.stopping.set()
        if self.settles:
            async with self.store.begin() as session:
                user = message.profile.user_id
                await prompts.drop(session, RUN, user, 0, "prompter", "settled")
        return []

    async def work(self) -> tuple[list[Message], dict[str, object]]:
        """Take the job as a new worker and do it; the messages that follow, and the cursor left."""
        async with self.store.begin() as session:
            await jobs.requeue(session, RUN, JobName.ground)
        async with self.store.begin() as session:
            job = await jobs.claim(session, [JobName.ground], "worker", 60)
        assert job is not None
        self.stopping = asyncio.Event()
        context = JobContext(self.store, job, self.stopping)
        try:
            follows = await ground_run(
                context, Deps(self.store, self.bus, RunConfigs(self.store), Path())
            )
        except JobStopped:
            follows = []
        await self.bus.drain()
        return follows, await self.cursor()

    async def cursor(self) -> dict[str, object]:
        async with self.store.read() as session:
            (job,) = await jobs.of_run(session, RUN)
        return job.cursor


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(handlers, "BLOCK_USERS", 4)
    source = synthetic.write_source(tmp_path, users=USERS)
    reviews = tmp_path / "reviews.jsonl"
    lines = reviews.read_text().splitlines(keepends=True)
    reviews.write_text(
        "".join(
            line.replace('"rating": 5.0', '"rating": 1.0').replace('"rating": 4.0', '"rating": 1.0')
            if LIKES_NOTHING in line
            else line
            for line in lines
        )
    )
    config = RunConfig.model_validate(synthetic.config(tmp_path, source, window=8))
    made = Bench(Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}"), config)
    await made.start()
    yield made
    await made.bus.close()
    await made.store.close()


def users(first: int = 1) -> Counter[str]:
    return Counter(f"user-{number:05}" for number in range(first, USERS))


async def test_every_profile_is_published_once_and_drops_are_stored(bench: Bench) -> None:
    follows, _ = await bench.work()
    assert bench.arrived == users()
    assert [(type(one), getattr(one, "profiles", None)) for one in follows] == [
        (RunGrounded, USERS - 1)
    ]
    async with bench.store.read() as session:
        assert (LIKES_NOTHING, 0) in await prompts.settled(session, RUN, [LIKES_NOTHING])
        assert (await runs.get(session, RUN)).profiles == USERS - 1


@pytest.mark.parametrize("stop_after", [1, 9, 17, 28])
async def test_another_worker_goes_on_and_nobody_is_missed_or_grounded_twice(
    bench: Bench, stop_after: int
) -> None:
    bench.stop_after = stop_after
    stopped, _ = await bench.work()
    assert stopped == []
    assert bench.arrived < users()
    bench.stop_after = 10**9
    follows, _ = await bench.work()
    assert len(follows) == 1
    assert bench.arrived == users()


async def test_the_cursor_moves_over_users_who_led_to_something_only(bench: Bench) -> None:
    bench.settles = False
    _, cursor = await bench.work()
    assert cursor == {}, "what was published may be lost"
    bench.settles = True
    _, cursor = await bench.work()
    assert bench.arrived == users() + users()
    assert str(cursor["after"]) > "user-00020"
    before = bench.arrived.copy()
    await bench.work()
    assert bench.arrived == before


async def test_a_source_that_changes_while_profiles_are_made_ends_the_run(bench: Bench) -> None:
    path = bench.config.source.reviews
    bench.stop_after = 10

    async def rewrite(message: ProfileGrounded) -> list[Message]:
        path.write_bytes(b"\n" * 10)
        return []

    await bench.bus.consume(Consumer("vandal", ProfileGrounded, rewrite))
    with pytest.raises(Reject, match="changed while it was read"):
        await bench.work()
