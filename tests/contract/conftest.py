"""The databases every suite of the store runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from recdial.store import Store
from tests.servers import postgres_database


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[str]:
    yield f"sqlite+aiosqlite:///{folder / 'store.db'}"


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[str]:
    async with postgres_database() as url:
        yield url


@pytest.fixture(params=[sqlite, postgres], ids=lambda database: database.__name__)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    async with request.param(tmp_path) as found:
        yield found


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    made = Store(url)
    await made.migrate()
    yield made
    await made.close()
