"""Connections to the store, and its migrations."""

from __future__ import annotations

import json
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from recdial.store.models import Base

log = structlog.get_logger(__name__)

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_267_564_163
"""Any number that nothing else in the database locks."""
_TRANSIENT_STATES = frozenset({"53300", "57P01", "57P03"})
"""SQLSTATEs of Postgres: too many connections, shutting down, starting up."""
_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _json(value: Any) -> str:
    # No \u escapes: they make text longer, and a Postgres in SQL_ASCII refuses them.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sqlite_engine(url: str, *, write: bool) -> AsyncEngine:
    # SQLite has one writer at a time: one connection queues the writers of this process fairly,
    # where several would meet in "database is locked".
    engine = create_async_engine(
        url, pool_size=1 if write else 4, max_overflow=0, json_serializer=_json
    )

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


def _postgres_engine(url: str, trusted_s: float) -> AsyncEngine:
    engine = create_async_engine(url, json_serializer=_json)
    dialect = engine.sync_engine.dialect
    distrusted_until = -math.inf

    @event.listens_for(engine.sync_engine, "handle_error")
    def distrust(_context: Any) -> None:
        # Where one connection met an error, that one and others may be broken.
        nonlocal distrusted_until
        distrusted_until = time.monotonic() + trusted_s

    @event.listens_for(engine.sync_engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        # Not each time, as pool_pre_ping would: a round trip is what a small transaction takes.
        now = time.monotonic()
        if now > distrusted_until and now - record.info.get("used_at", -math.inf) < trusted_s:
            return
        try:
            dialect.do_ping(connection)
        except Exception as error:
            # The pool then takes another connection. What a driver raises here is many things.
            raise DisconnectionError(str(error)) from error

    return engine


class Store:
    """The database of one process: `begin` for writing, `read` for reading."""

    def __init__(self, url: str, *, patience_s: float = 30.0, trusted_s: float = 0.5) -> None:
        """Connect to nothing yet.

        `patience_s` is how long, in seconds, a transaction waits at its start for a Postgres that
        restarts or is out of connections. A connection to Postgres that was used less than
        `trusted_s` seconds ago is taken to be alive still.
        """
        self.url = url
        self._patience_s = patience_s
        if make_url(url).get_backend_name() == "sqlite":
            self._writer = _sqlite_engine(url, write=True)
            self._reader = _sqlite_engine(url, write=False)
        else:
            self._writer = _postgres_engine(url, trusted_s)
            # The same connections; a reader sees one state however many statements it needs.
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that is committed at the end, or rolled back on an error."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            await self._connect(session)
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading one consistent state."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session, session.begin():
            await self._connect(session)
            yield session

    async def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision (Alembic). Several processes may do so at once."""
        async with self.begin() as session:
            connection = await session.connection()
            if connection.dialect.name == "postgresql":
                await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            await connection.run_sync(_migrate, revision)

    async def _connect(self, session: AsyncSession) -> None:
        try:
            await session.connection()
        except (DBAPIError, OSError) as error:
            if not _may_connect_later(error):
                raise
            log.warning("store.unreachable", cause=str(error))
            await self._connect_later(session)

    async def _connect_later(self, session: AsyncSession) -> None:
        # Nothing was done in the transaction yet, so nobody needs to know of the wait.
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_may_connect_later),
            stop=stop_after_delay(self._patience_s),
            wait=wait_exponential_jitter(multiplier=0.05, max=2.0, jitter=0.1),
            reraise=True,
        ):
            with attempt:
                await session.connection()

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


def _may_connect_later(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None) in _TRANSIENT_STATES
    return isinstance(error, OSError)


def is_connection_loss(error: BaseException) -> bool:
    """Whether the server was away or went away, rather than refused what it was asked."""
    return _may_connect_later(error) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


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
    """Insert the rows that are not there yet, in one statement; how many were new.

    A repeat writes nothing. Rows must all have the same columns.
    """
    if not rows:
        return 0
    target: Any = table.__table__
    new = dialect_insert(session, target).on_conflict_do_nothing()
    result = await session.execute(new.returning(*target.primary_key.columns), list(rows))
    return len(result.all())


def dialect_insert(session: AsyncSession, table: Any) -> Any:
    """An INSERT that can say what is to happen on a conflict, which standard SQL cannot."""
    return _INSERT[session.get_bind().dialect.name](table)
