"""`recdial submit`: have a cluster make a dataset."""

from __future__ import annotations

import time
from typing import Annotated
from uuid import UUID, uuid4

import typer
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from recdial.api import RunSummary
from recdial.cli.api import Api, ApiOption, ApiUnreachable, TokenFileOption, connect
from recdial.cli.console import err, explained, out
from recdial.cli.run import ConfigArgument, SetOption
from recdial.cli.stages import StageDisplay
from recdial.config_file import read_config
from recdial.domain import RunState
from recdial.settings import RunConfig
from recdial.store.progress import RunProgress

_LOOK_S = 1.0
_PATIENCE_S = 120.0
_ENDED = (RunState.completed, RunState.failed, RunState.cancelled)


def submit(
    config: ConfigArgument,
    api: ApiOption,
    token_file: TokenFileOption = None,
    set_: SetOption = None,
    key: Annotated[
        str | None,
        typer.Option(help="Your own name for this run: the same key never starts a second one."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until the run ends.")] = False,
) -> None:
    """Start a run on a cluster; prints its id.

    Paths in the config are those of the cluster: relative ones are in its data folder.
    """
    with explained():
        resolved = read_config(config, set_ or [])
        client = connect(api, token_file)
        run = client.post(
            "/runs",
            RunSummary,
            resolved.model_dump(mode="json"),
            {"Idempotency-Key": key or str(uuid4())},
        )
        out.print(run.run_id)
        if wait:
            _conclude(_follow(client, run.run_id, resolved))


def _follow(client: Api, run_id: UUID, config: RunConfig) -> RunProgress:
    # A service that restarts is away for a moment; the run goes on.
    patiently = Retrying(
        retry=retry_if_exception_type(ApiUnreachable),
        stop=stop_after_delay(_PATIENCE_S),
        wait=wait_fixed(_LOOK_S),
        reraise=True,
    )
    with StageDisplay(out, config) as display:
        while True:
            progress: RunProgress = patiently(client.get, f"/runs/{run_id}", RunProgress)
            display.show(progress)
            if progress.state in _ENDED:
                return progress
            time.sleep(_LOOK_S)


def _conclude(progress: RunProgress) -> None:
    if progress.state == RunState.failed:
        err.print(f"The run failed in {progress.failure_stage}:", style="bold red")
        err.print(progress.failure_cause or "", markup=False, soft_wrap=True)
    else:
        out.print(
            f"The run is {progress.state}. Its files are in {progress.run_id}/ of the "
            "evaluator's output folder."
        )
    if progress.state != RunState.completed:
        raise typer.Exit(1)
