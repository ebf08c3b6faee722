"""`recdial preview`: a few prompts and dialogues to read before a run is paid for."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.panel import Panel

from recdial.cli.console import explained, out
from recdial.cli.run import ConfigArgument, SetOption
from recdial.config_file import load_config
from recdial.domain import Role
from recdial.run_folder import RunFolder
from recdial.settings import RunConfig
from recdial.store import Store, dialogues
from recdial.store.dialogues import Written
from recdial.store.progress import RunProgress
from recdial.telemetry import configure_logging


def preview(
    config: ConfigArgument,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many users.")] = 5,
    set_: SetOption = None,
) -> None:
    """Show the prompts of a few users and what the teacher writes for them, with the verdict.

    Nothing is kept, and the student is not trained.
    """
    with explained():
        resolved = load_config(
            config,
            [
                *(set_ or []),
                f"grounding.users={number}",
                "until=teacher",
                "distillation.teacher_share=1.0",
            ],
        )
        with tempfile.TemporaryDirectory(prefix="recdial-preview-") as name:
            folder = RunFolder(Path(name))
            configure_logging("info", folder.log)
            progress, written = asyncio.run(_preview(resolved, folder))
    for one in written:
        _show(one)
    if progress.state == "failed":
        out.print(
            f"[bold red]The preview failed in {progress.failure_stage}:[/] "
            f"{escape(progress.failure_cause or '')}"
        )
        raise typer.Exit(1)


async def _preview(config: RunConfig, folder: RunFolder) -> tuple[RunProgress, list[Written]]:
    from recdial.embedded import run_embedded

    progress = await run_embedded(config, folder)
    store = Store(folder.url)
    try:
        async with store.read() as session:
            written = await dialogues.written(session, progress.run_id, Role.teacher)
    finally:
        await store.close()
    return progress, written


def _show(written: Written) -> None:
    prompt, completion, dialogue = written.prompt, written.completion, written.dialogue
    out.rule(f"user {prompt.user_id} · {prompt.stereotype}")
    for message in prompt.messages:
        out.print(Panel(escape(message["content"]), title=message["role"], title_align="left"))
    text = completion.text if completion else "(nothing was written)"
    model = completion.model if completion else "no model"
    out.print(Panel(escape(text), title=f"dialogue by {model}", title_align="left"))
    out.print(f"verdict: [bold]{dialogue.verdict}[/]")
    for reason in dialogue.reasons:
        out.print(f"  {reason['rule']}: {reason['detail']}", markup=False)
