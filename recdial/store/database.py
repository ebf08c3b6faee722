"""Connections to the store, and its migrations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from recdial.store.models import Base

_MIGRATIONS = Path(__file__).parent / "migrations"
_ROWS_PER_STATEMENT = 500
_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _sqlite_engine(url: str, *, write: bool) -> AsyncEngine:
    # SQLite has one writer at a time: one connection queues the writers of this process fairly,
    # where several would meet in "database is locked".
    engine = create_async_engine(url, pool_size=1 if write else 4, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a writer can fail at once; an immediate one waits.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


class Store:
    """The database of one process: `begin` for writing, `read` for reading."""

    def __init__(self, url: str) -> None:
        self.url = url
        if make_url(url).get_backend_name() == "sqlite":
            self._writer = _sqlite_engine(url, write=True)
            self._reader = _sqlite_engine(url, write=False)
        else:
            self._writer = self._reader = create_async_engine(url, pool_pre_ping=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that is committed at the end, or rolled back on an error."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading one consistent state."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    async def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision (Alembic)."""
        async with self._writer.connect() as connection:
            await connection.run_sync(_migrate, revision)
            await connection.commit()

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


def _migrate(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if revision == "base" or revision.startswith("-"):
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


async def insert_new(
    session: AsyncSession, table: type[Base], rows: Sequence[dict[str, Any]]
) -> int:
    """Insert the rows that are not there yet; how many were new. A repeat writes nothing."""
    new = _INSERT[session.get_bind().dialect.name](table.__table__).on_conflict_do_nothing()
    inserted = 0
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        chunk = list(rows[start : start + _ROWS_PER_STATEMENT])
        # One row is the common case, and only as a parameter is its statement compiled once.
        result: Any = await (
            session.execute(new, chunk[0])
            if len(chunk) == 1
            else session.execute(new.values(chunk))
        )
        inserted += result.rowcount
    return inserted
