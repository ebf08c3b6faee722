"""`recdial pause`, `resume` and `cancel`: control a run of a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from recdial.api import RunSummary
from recdial.cli.api import ApiOption, TokenFileOption, connect
from recdial.cli.console import explained, out
from recdial.run_control import Action
from recdial.settings import Phase

RunArgument = Annotated[UUID, typer.Argument(metavar="RUN", help="The run's id.")]


def pause(run: RunArgument, api: ApiOption, token_file: TokenFileOption = None) -> None:
    """Admit no new work of a run; what is in flight finishes."""
    _ask(Action.pause, run, api, token_file)


def resume(
    run: RunArgument,
    api: ApiOption,
    token_file: TokenFileOption = None,
    until: Annotated[
        Phase | None,
        typer.Option(help="Let a run that has ended, or is paused, do this later phase, too."),
    ] = None,
) -> None:
    """Let a paused or failed run go on, and do again what got lost."""
    _ask(Action.resume, run, api, token_file, f"?until={until}" if until else "")


def cancel(run: RunArgument, api: ApiOption, token_file: TokenFileOption = None) -> None:
    """End a run for good; the evaluator reports what there is of it."""
    _ask(Action.cancel, run, api, token_file)


def _ask(action: Action, run: UUID, api: str, token_file: Path | None, query: str = "") -> None:
    with explained():
        answer = connect(api, token_file).post(f"/runs/{run}/{action}{query}", RunSummary)
    out.print(f"{answer.name}  {answer.run_id}  {answer.state}", markup=False)
