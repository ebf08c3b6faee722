"""`recdial run`: a whole run in this process."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from recdial.cli.console import err, explained, out, plural
from recdial.cli.stages import StageDisplay
from recdial.config_file import load_config
from recdial.domain import Role, Verdict
from recdial.environment import read_environment
from recdial.llm.local_models import resolve_model
from recdial.process_settings import ProcessSettings
from recdial.run_folder import RunFolder
from recdial.settings import Phase, RunConfig
from recdial.store.progress import RunProgress
from recdial.telemetry import configure_logging
from recdial.trace_export import configure_tracing

ConfigArgument = Annotated[Path, typer.Argument(metavar="CONFIG", help="The run's YAML file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="Change a key of the config; repeatable."),
]


def run(
    config: ConfigArgument,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run [default: runs/<name>].")
    ] = None,
    until: Annotated[
        Phase | None,
        typer.Option(
            help="Stop after the teacher's dialogues, or after the student's adapter; the same "
            "command with a later phase goes on. By default what the config says."
        ),
    ] = None,
    set_: SetOption = None,
) -> None:
    """Make a dataset from reviews, start to end, in this process.

    Leaves dataset.jsonl, report.html, report.json, run.yaml and recdial.db in the folder. Ctrl-C
    stops cleanly; the same command again goes on where it was.
    """
    with explained():
        overrides = [*(set_ or []), *([f"until={until}"] if until else [])]
        resolved = load_config(config, overrides)
        folder = RunFolder(out_dir or Path("runs") / resolved.name)
        settings = read_environment(ProcessSettings)
        for role in resolved.roles:
            if (backend := resolved.backend(role)).backend == "local":
                resolve_model(backend.model, settings.models)
        with folder.locked():
            folder.claim(resolved)
        configure_logging(settings.log_level, folder.log)
        send_last_spans = configure_tracing("run", settings, folder.traces)
        try:
            progress, stopped = asyncio.run(_run(resolved, folder, settings))
        finally:
            send_last_spans()
    _conclude(progress, stopped, folder, resolved)


async def _run(
    config: RunConfig, folder: RunFolder, settings: ProcessSettings
) -> tuple[RunProgress, bool]:
    from recdial.embedded import run_embedded

    stop = asyncio.Event()

    def request_stop() -> None:
        if stop.is_set():
            os._exit(130)  # asked twice: the store is safe, do not wait for what is in flight
        err.print("\nStopping: finishing what is in flight. Ctrl-C again stops at once.")
        stop.set()

    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_, request_stop)
    with StageDisplay(out, config) as display:
        progress = await run_embedded(
            config, folder, settings=settings, stop=stop, on_progress=display.show
        )
    return progress, stop.is_set()


def _conclude(progress: RunProgress, stopped: bool, folder: RunFolder, config: RunConfig) -> None:
    if progress.state == "failed":
        err.print(f"The run failed in {progress.failure_stage}:", style="bold red")
        err.print(progress.failure_cause or "", markup=False, soft_wrap=True)
        if folder.report.exists():
            err.print(f"What there is of it: {folder.report}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    if stopped and progress.state != "completed":
        out.print("Stopped. The same command again goes on from here.")
        raise typer.Exit(130)
    for role in Role:
        verdicts = progress.roles[role].verdicts
        if verdicts:
            counted = ", ".join(
                f"{verdicts.get(verdict, 0):,} {verdict.value}" for verdict in Verdict
            )
            out.print(f"{role.value}: {counted}")
    if config.trains:
        out.print(f"adapter: {progress.adapter_id}", soft_wrap=True)
    accepted = progress.roles[config.last_role].verdicts.get(Verdict.accepted, 0)
    out.print(f"dataset: {folder.dataset}  ({plural(accepted, 'dialogue')})", soft_wrap=True)
    out.print(f"report:  {folder.report}", soft_wrap=True)
