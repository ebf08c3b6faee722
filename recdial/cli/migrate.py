"""`recdial migrate`: bring a cluster's database to this version."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from recdial.cli.console import explained, out
from recdial.environment import EnvironmentInvalid, read_environment
from recdial.process_settings import StoreSettings
from recdial.store import Store


def migrate(
    revision: Annotated[str, typer.Argument(help="Alembic revision.")] = "head",
) -> None:
    """Make or change the tables in the database at RECDIAL_DATABASE_URL."""
    with explained():
        settings = read_environment(StoreSettings)
        asyncio.run(_migrate(settings.database_url.get_secret_value(), revision))
    out.print(f"the database is at revision {revision}")


async def _migrate(url: str, revision: str) -> None:
    store = Store(url)
    try:
        await store.migrate(revision)
    except (OSError, DBAPIError) as error:
        raise EnvironmentInvalid(
            f"the database at RECDIAL_DATABASE_URL cannot be migrated: {error}"
        ) from error
    finally:
        await store.close()
