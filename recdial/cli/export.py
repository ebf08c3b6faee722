"""`recdial export`: the accepted dialogues of a run, from its store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from recdial.cli.console import explained, out, plural
from recdial.cli.status import FolderArgument, existing
from recdial.domain import Role
from recdial.run_folder import RunFolder
from recdial.store import Store, runs
from services.evaluator.dataset import export_dataset


def export(
    folder: FolderArgument,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file [default: DIR/<role>.jsonl].")
    ] = None,
    role: Annotated[Role, typer.Option(help="Whose dialogues.")] = Role.student,
) -> None:
    """Write the accepted dialogues of a run as JSONL; also of a run that is not done."""
    with explained():
        found = existing(folder)
        target = to or found.path / f"{role.value}.jsonl"
        count = asyncio.run(_export(found, role, target))
    out.print(f"{target}  ({plural(count, 'dialogue')})", soft_wrap=True)


async def _export(folder: RunFolder, role: Role, target: Path) -> int:
    store = Store(folder.url)
    try:
        async with store.read() as session:
            (run,) = await runs.all_runs(session)
        return await export_dataset(store, run.id, role, target)
    finally:
        await store.close()
