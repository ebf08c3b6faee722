"""`recdial status`: how far a run is, from its folder; also while it is running."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from recdial.cli.console import explained, out
from recdial.config_file import ConfigError, load_config
from recdial.domain import Role, Verdict
from recdial.run_folder import RunFolder
from recdial.store import Store, progress, runs
from recdial.store.progress import RunProgress

FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of the run, e.g. runs/demo.")
]


def status(folder: FolderArgument) -> None:
    """Show how far the run in a folder is."""
    with explained():
        found = asyncio.run(_read(existing(folder)))
    _show(found)


def existing(path: Path) -> RunFolder:
    """The run folder at a path. Raises ConfigError where there is none."""
    folder = RunFolder(path)
    if not folder.database.exists():
        raise ConfigError(f"{path} holds no run: there is no {folder.database.name} in it")
    load_config(folder.config)
    return folder


async def _read(folder: RunFolder) -> list[RunProgress]:
    store = Store(folder.url)
    try:
        async with store.read() as session:
            return [await progress.read(session, run.id) for run in await runs.all_runs(session)]
    finally:
        await store.close()


def _show(found: list[RunProgress]) -> None:
    for one in found:
        out.print(f"[bold]{one.name}[/]  {one.run_id}  {one.state}")
        if one.state == "failed":
            out.print(f"  in {one.failure_stage}: {one.failure_cause}", markup=False)
        profiles = "not known yet" if one.profiles is None else f"{one.profiles:,}"
        out.print(f"  profiles {profiles}, prompts {one.prompts:,}")
        for reason, count in one.dropped.items():
            out.print(f"  dropped {count:,}: {reason}", markup=False)
        table = Table(
            "role", "assigned", "written", *(v.value for v in Verdict), "most frequent reasons"
        )
        for role in Role:
            state = one.roles[role]
            table.add_row(
                role.value,
                f"{state.assigned:,}",
                f"{state.written:,}",
                *(f"{state.verdicts.get(verdict, 0):,}" for verdict in Verdict),
                ", ".join(f"{rule} {n:,}" for rule, n in list(state.reasons.items())[:4]),
            )
        out.print(table)
        if one.jobs:
            listed = ", ".join(f"{kind} {state}" for kind, state in one.jobs.items())
            out.print(f"  jobs: {listed}", markup=False)
