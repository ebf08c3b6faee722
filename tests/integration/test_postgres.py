"""What the store on Postgres survives, and how it keeps its text."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from recdial.store import Store, runs
from recdial.store.columns import StoredJson, StoredText
from recdial.store.database import is_connection_loss
from recdial.store.models import Base
from tests.servers import postgres_database
from tests.synthetic import scripted_config

ROOT = Path(__file__).parents[2]
CONFIG = scripted_config("postgres")
OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with postgres_database() as made:
        yield made


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    made = Store(url)
    await made.migrate()
    yield made
    await made.close()


async def add_run(store: Store, number: int) -> None:
    async with store.begin() as session:
        assert await runs.create(session, UUID(int=number), CONFIG)


async def stored_runs(store: Store) -> set[int]:
    async with store.read() as session:
        return {run.id.int for run in await runs.all_runs(session)}


async def cut_all_connections(url: str) -> None:
    other = Store(url)
    async with other.begin() as session:
        await session.execute(OTHERS)
    await other.close()


async def test_text_is_compressed_with_lz4(store: Store) -> None:
    async with store.read() as session:
        offered = await session.scalar(
            text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
        )
        rows = await session.execute(
            text(
                "SELECT attrelid::regclass::text, attname FROM pg_attribute "
                "WHERE attcompression = 'l' AND attnum > 0"
            )
        )
    if "lz4" not in (offered or []):
        pytest.skip("this Postgres was built without lz4")
    assert {(table.strip('"'), column) for table, column in rows} == {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, StoredText | StoredJson)
    }


async def test_processes_that_migrate_at_once_do_not_collide(url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from recdial.store import Store\n"
        "async def main():\n"
        "    store = Store(sys.argv[1])\n"
        "    await store.migrate()\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    processes = await asyncio.gather(
        *(
            asyncio.create_subprocess_exec(
                sys.executable, "-c", program, url, stderr=asyncio.subprocess.PIPE, cwd=ROOT
            )
            for _ in range(4)
        )
    )
    stores = [Store(url) for _ in range(3)]
    await asyncio.gather(*(one.migrate() for one in stores))
    for process in processes:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    await add_run(stores[0], 1)
    for one in stores:
        await one.close()


async def test_a_lost_connection_costs_its_transaction_and_no_other(store: Store, url: str) -> None:
    async def interrupted() -> None:
        async with store.begin() as session:
            await runs.create(session, UUID(int=2), CONFIG)
            await cut_all_connections(url)
            await runs.create(session, UUID(int=3), CONFIG)

    await add_run(store, 1)
    with pytest.raises((DBAPIError, ConnectionError)):
        await interrupted()
    await add_run(store, 4)
    assert await stored_runs(store) == {1, 4}


async def test_idle_connections_that_were_cut_are_not_noticed(store: Store, url: str) -> None:
    idle = Store(url, trusted_s=0)
    await asyncio.gather(*(add_run(idle, number) for number in range(5)))
    await cut_all_connections(url)
    await asyncio.gather(*(add_run(idle, number) for number in range(5, 10)))
    assert await stored_runs(idle) == set(range(10))
    await idle.close()


async def test_a_connection_cut_right_after_its_use_fails_one_transaction(
    store: Store, url: str
) -> None:
    busy = Store(url, trusted_s=3600)
    await add_run(busy, 1)
    await cut_all_connections(url)
    with pytest.raises((DBAPIError, ConnectionError)) as caught:
        await add_run(busy, 2)
    assert is_connection_loss(caught.value)
    await add_run(busy, 3)
    assert await stored_runs(busy) == {1, 3}
    await busy.close()


async def test_transactions_wait_for_a_restarting_server(store: Store, url: str) -> None:
    restart = server_restart(url)
    written: set[int] = set()
    lost = 0
    restarting = asyncio.create_task(asyncio.to_thread(restart))
    number = 0
    while not restarting.done() or number < 200:
        try:
            await add_run(store, number)
        except (DBAPIError, ConnectionError):
            lost += 1
        else:
            written.add(number)
        number += 1
    await restarting
    await add_run(store, number)
    assert written <= await stored_runs(store)
    assert lost <= 1, "only the transaction at work in the moment of the stop may fail"


def server_restart(url: str) -> Callable[[], None]:
    """What restarts the server; skips where it must not or cannot."""
    where = make_url(url)
    if where.host not in ("127.0.0.1", "localhost", "::1"):
        pytest.skip("restarts only a server on this machine")
    if os.geteuid() != 0 or shutil.which("pg_lsclusters") is None:
        pytest.skip("needs root and Debian's pg_ctlcluster")
    listed = subprocess.run(["pg_lsclusters", "--json"], check=True, capture_output=True).stdout
    clusters = [one for one in json.loads(listed) if int(one["port"]) == (where.port or 5432)]
    if not clusters:
        pytest.skip("the server is not a cluster of this machine")
    version, name = clusters[0]["version"], clusters[0]["cluster"]

    def restart() -> None:
        subprocess.run(
            ["pg_ctlcluster", str(version), name, "restart", "-m", "fast"],
            check=True,
            capture_output=True,
        )

    return restart


async def test_a_server_that_stays_away_is_an_error_after_a_while() -> None:
    store = Store("postgresql+asyncpg://nobody@127.0.0.1:9/none", patience_s=0.3)
    begun = time.monotonic()
    with pytest.raises(OSError, match="9"):
        async with store.begin():
            pass
    assert 0.2 < time.monotonic() - begun < 5
    await store.close()


async def test_a_refused_login_is_an_error_at_once(url: str) -> None:
    store = Store(make_url(url).set(database="no_such_database").render_as_string(False))
    begun = time.monotonic()
    with pytest.raises(Exception, match="no_such_database"):
        async with store.read():
            pass
    assert time.monotonic() - begun < 5
    await store.close()
