"""`recdial adapters list | show | verify | fetch`: the students' adapters, and their use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from recdial.cli.console import err, explained, out
from recdial.cli.status import existing
from recdial.config_file import ConfigError
from recdial.domain import RunState
from recdial.environment import EnvironmentInvalid, read_environment
from recdial.llm.adapter_storage import StorageUnavailable, StorageUnknown
from recdial.llm.adapters import AdapterDamaged, is_on_this_machine, verify_adapter
from recdial.llm.fetching_adapters import fetch_adapter
from recdial.llm.hub import HubBackend
from recdial.process_settings import ProcessSettings, StoreSettings
from recdial.store import Store, adapters, runs
from recdial.store.models import Adapter
from services.generator.canary import WrongAdapter, canary_sampling, require_right

_LOOK_S = 2.0


class NotPublished(Exception):
    """The run has no adapter (yet)."""


class NeverPublished(Exception):
    """The run has ended without an adapter."""


class DatabaseAway(EnvironmentInvalid):
    """The database cannot be read just now."""


app = typer.Typer(help="Show and check the students' adapters.", no_args_is_help=True)

RunOption = Annotated[
    Path | None,
    typer.Option(
        "--run",
        metavar="DIR",
        help="Folder of a run [default: the database at RECDIAL_DATABASE_URL].",
    ),
]
IdArgument = Annotated[str, typer.Argument(metavar="ADAPTER", help="Its id, as `list` shows it.")]


@app.command("list")
def list_(run: RunOption = None) -> None:
    """List the adapters, oldest first."""
    with explained():
        found = asyncio.run(_read(run))
    if not found:
        out.print("no adapters")
        return
    table = Table("adapter", "base model", "run", "published (UTC)", box=None)
    for one in found:
        table.add_row(one.id, one.base_model, str(one.run_id), f"{one.created_at:%Y-%m-%d %H:%M}")
    out.print(table)


@app.command("show")
def show(adapter: IdArgument, run: RunOption = None) -> None:
    """Show one adapter: where it is, which bytes it is, and how it was trained."""
    with explained():
        found = asyncio.run(_one(run, adapter))
    canary = adapters.canary(found)
    lines = {
        "adapter": found.id,
        "run": found.run_id,
        "URI": found.uri,
        "SHA-256": found.sha256,
        "base model": found.base_model,
        "published (UTC)": f"{found.created_at:%Y-%m-%d %H:%M:%S}",
        **{key: found.training[key] for key in _TRAINING if key in found.training},
        "canary, with the adapter": repr(canary.adapter_output) if canary else "not recorded",
        "canary, base model": repr(canary.base_output) if canary else "not recorded",
    }
    for name, value in lines.items():
        out.print(f"{name}: {value}", markup=False, soft_wrap=True)


_TRAINING = ("examples_used", "steps", "published_step", "final_loss", "seconds", "precision")


@app.command("verify")
def verify(
    adapter: IdArgument,
    run: RunOption = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this server's model of the adapter's name, too."),
    ] = None,
) -> None:
    """Check that an adapter's files are those published, and that a server uses it.

    Exit status 1 if not. The files are checked where they are stored: in a folder this machine
    sees, or behind their URL, read once more.
    """
    with explained():
        found = asyncio.run(_one(run, adapter))
        try:
            reference = adapters.reference(found)
            if is_on_this_machine(reference.uri):
                place = str(verify_adapter(reference))
            else:
                place = reference.uri
                with TemporaryDirectory(prefix="recdial-adapter-") as copies:
                    fetch_adapter(reference, Path(copies))
            out.print(f"{place}: SHA-256 and base model are right", markup=False, soft_wrap=True)
            if server is not None:
                asyncio.run(_ask(server, found))
                out.print(f"{server} uses it", markup=False, soft_wrap=True)
        except (AdapterDamaged, WrongAdapter, StorageUnavailable) as error:
            err.print(str(error), markup=False, style="bold red", soft_wrap=True)
            raise typer.Exit(1) from error
        except (ValueError, StorageUnknown) as error:
            raise ConfigError(str(error)) from error


@app.command("fetch")
def fetch(
    adapter: Annotated[
        str | None, typer.Argument(metavar="[ADAPTER]", help="Its id; or give --run.")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|RUN",
            help="Folder of a run, or a run's id in the database at RECDIAL_DATABASE_URL.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to [default: adapters in RECDIAL_MODELS]."),
    ] = None,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Wait until it is published.")
    ] = 0.0,
) -> None:
    """Copy an adapter to DIR/<its id>, verified; prints the folder.

    What is there already and right is not fetched again. Exit status 1 where it is not published
    (in time), never will be, or cannot be read; 2 for a mistake in the command or the environment.
    """
    with explained():
        if adapter is None and run is None:
            raise ConfigError("say which adapter: its id, or --run with a run's folder or id")
        run_id = _as_run_id(run)
        url = _database(Path(run) if run is not None and run_id is None else None)
        patiently = Retrying(
            retry=retry_if_exception_type((NotPublished, DatabaseAway)),
            stop=stop_after_delay(wait),
            wait=wait_fixed(min(_LOOK_S, wait)),
            reraise=True,
        )
        try:
            found = patiently(lambda: asyncio.run(_published(url, adapter, run_id)))
            folder = fetch_adapter(
                adapters.reference(found), to or ProcessSettings().models / "adapters"
            )
        except (NotPublished, NeverPublished, AdapterDamaged, StorageUnavailable) as error:
            err.print(str(error), markup=False, style="bold red", soft_wrap=True)
            raise typer.Exit(1) from error
        except StorageUnknown as error:
            raise ConfigError(str(error)) from error
        out.print(folder, markup=False, soft_wrap=True)


def _as_run_id(run: str | None) -> UUID | None:
    try:
        return UUID(run) if run is not None else None
    except ValueError:
        return None


async def _published(url: str, adapter_id: str | None, run_id: UUID | None) -> Adapter:
    """The adapter of an id, or of a run; of a folder's only run if neither is given.

    Raises NotPublished, NeverPublished, DatabaseAway, and ConfigError for an unknown run.
    """
    store = Store(url)
    try:
        async with store.read() as session:
            if adapter_id is not None:
                found = await adapters.get(session, adapter_id)
                if found is None:
                    raise NotPublished(f"there is no adapter {adapter_id} (yet)")
                return found
            one = await runs.get(session, run_id) if run_id else (await runs.all_runs(session))[-1]
            found = await adapters.of_run(session, one.id)
            if found is not None:
                return found
            if one.state in (RunState.completed, RunState.cancelled, RunState.failed):
                cause = f": {one.failure_cause}" if one.failure_cause else ""
                raise NeverPublished(f"run {one.id} is {one.state} without an adapter{cause}")
            raise NotPublished(f"run {one.id} has not published its adapter (yet)")
    except runs.RunUnknown as error:
        raise ConfigError(str(error)) from error
    except (OSError, DBAPIError) as error:
        raise DatabaseAway(f"cannot read the database: {type(error).__name__}") from error
    finally:
        await store.close()


async def _ask(url: str, adapter: Adapter) -> None:
    canary = adapters.canary(adapter)
    if canary is None or not canary.distinct:
        raise ConfigError(f"adapter {adapter.id} has no canary that could tell a server")
    backend = HubBackend(url)
    reference = adapters.reference(adapter)
    try:
        served = await backend.complete(canary.messages, canary_sampling(canary), reference)
    finally:
        await backend.close()
    require_right(served.text, canary, reference)


async def _one(run: Path | None, adapter_id: str) -> Adapter:
    for found in await _read(run):
        if found.id == adapter_id:
            return found
    raise ConfigError(f"there is no adapter {adapter_id}; `recdial adapters list` lists them")


async def _read(run: Path | None) -> list[Adapter]:
    store = Store(_database(run))
    try:
        async with store.read() as session:
            return await adapters.all_adapters(session)
    except (OSError, DBAPIError) as error:
        raise DatabaseAway(f"cannot read the database: {type(error).__name__}") from error
    finally:
        await store.close()


def _database(run: Path | None) -> str:
    """The URL of a run folder's database, or of the environment's."""
    if run is not None:
        return existing(run).url
    return read_environment(StoreSettings).database_url.get_secret_value()
