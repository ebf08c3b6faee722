"""`recdial status`: how far a run is, from its folder or a cluster; also while it is running."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from recdial.api import RunSummary
from recdial.cli.api import TokenFileOption, connect
from recdial.cli.console import explained, out
from recdial.config_file import ConfigError, load_config
from recdial.domain import Role, Verdict
from recdial.run_folder import RunFolder
from recdial.store import Store, progress, runs
from recdial.store.progress import RunProgress

FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of the run, e.g. runs/demo.")
]


def status(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR|RUN]", help="Folder of a run, e.g. runs/demo; with --api, a run's id."
        ),
    ] = None,
    api: Annotated[
        str | None, typer.Option("--api", metavar="URL", help="Ask the cluster with this API.")
    ] = None,
    token_file: TokenFileOption = None,
) -> None:
    """Show how far a run is; with --api and no RUN, list the runs of the cluster."""
    with explained():
        if api is None:
            if run is None:
                raise ConfigError("say which run: its folder, or --api URL for those of a cluster")
            _show(asyncio.run(_read(existing(Path(run)))))
        elif run is None:
            _list(connect(api, token_file).get("/runs", list[RunSummary]))
        else:
            _show([connect(api, token_file).get(f"/runs/{_run_id(run)}", RunProgress)])


def _run_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ConfigError(f"{text} is no run id; without a RUN, --api URL lists them") from None


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


def _list(found: list[RunSummary]) -> None:
    table = Table("run", "name", "state", "started", box=None)
    for one in found:
        table.add_row(str(one.run_id), one.name, one.state, f"{one.created_at:%Y-%m-%d %H:%M}")
    out.print(table)


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
            "role",
            "assigned",
            "written",
            *(v.value for v in Verdict),
            "at first",
            "most frequent reasons",
        )
        for role in Role:
            state = one.roles[role]
            table.add_row(
                role.value,
                f"{state.assigned:,}",
                f"{state.written:,}",
                *(f"{state.verdicts.get(verdict, 0):,}" for verdict in Verdict),
                f"{state.first_pass:,}",
                ", ".join(f"{rule} {n:,}" for rule, n in list(state.reasons.items())[:4]),
            )
        out.print(table)
        for role, spent in one.spent.items():
            estimated = f", {spent.estimated_calls:,} of them estimated"
            out.print(
                f"  {role.value} spent {spent.tokens_in:,} tokens in, {spent.tokens_out:,} out, "
                f"in {spent.calls:,} calls{estimated if spent.estimated_calls else ''}"
            )
        if one.cost_usd:
            out.print(f"  cost so far {one.cost_usd:,.2f} USD")
        if one.limit_reached:
            out.print(f"  stopped: {one.limit_reached}", markup=False)
        if one.jobs:
            listed = ", ".join(f"{kind} {state}" for kind, state in one.jobs.items())
            out.print(f"  jobs: {listed}", markup=False)
