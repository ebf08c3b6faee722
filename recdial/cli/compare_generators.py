"""`recdial compare-generators`: did distillation do something, and how much is still missing?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from recdial.cli.console import err, explained, out
from recdial.cli.status import existing
from recdial.config_file import ConfigError
from recdial.environment import read_environment
from recdial.process_settings import ProcessSettings, StoreSettings
from services.evaluator.held_out import Population

if TYPE_CHECKING:
    from services.evaluator.report.comparison_page import ComparisonReport


def compare_generators(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder of the run, e.g. runs/demo.")
    ] = None,
    run: Annotated[
        UUID | None,
        typer.Option(help="Instead: a cluster's run, in the store at RECDIAL_DATABASE_URL."),
    ] = None,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="Prompts, one of each user.")
    ] = 20,
    population: Annotated[
        Population,
        typer.Option("--prompts", help="held-out: of users the teacher wrote nothing for."),
    ] = Population.held_out,
    seed: Annotated[
        int | None, typer.Option(help="Of the draw and the bootstrap; by default the run's.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Have every text written now; take none of the run.")
    ] = False,
    out_dir: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the results; by default DIR/comparison."),
    ] = None,
) -> None:
    """Let teacher, student and the student without its adapter write for the same prompts.

    Needs a run with an adapter. Leaves texts.jsonl, comparison.json and comparison.md. Ctrl-C
    stops; the same command again writes what is missing.
    """
    # Here, since the evaluator and the generator are not needed by the other commands.
    from recdial.cli.comparing import Options, Place, claimed, compare_run

    with explained():
        if (folder is None) == (run is None):
            raise ConfigError("say which run: its folder, or --run and its id in the store")
        settings = read_environment(ProcessSettings)
        if folder is not None:
            place = Place(existing(folder).url, None, own=True)
            results = out_dir or folder / "comparison"
        else:
            url = read_environment(StoreSettings).database_url.get_secret_value()
            place = Place(url, run, own=False)
            results = out_dir or Path(f"comparison-{run}")
        options = Options(number, seed, population, fresh)
        try:
            with claimed(results), _progress() as counted:
                report = asyncio.run(compare_run(place, results, options, settings, counted))
        except KeyboardInterrupt:
            err.print("Stopped. The same command again writes what is missing.")
            raise typer.Exit(130) from None
    _show(report)
    out.print(f"\n{results / 'comparison.md'}, comparison.json, texts.jsonl", soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[[str, int], Callable[[], None]]]:
    """Bars on a terminal: called with a name and a total, it gives what counts one more."""
    columns = TextColumn("{task.description:<12}"), BarColumn(bar_width=24), MofNCompleteColumn()
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:

        def begin(name: str, total: int) -> Callable[[], None]:
            task = bars.add_task(name, total=total)
            return lambda: bars.advance(task)

        yield begin


def _show(report: ComparisonReport) -> None:
    from services.evaluator.report.comparison_page import notes, tables

    for found in tables(report):
        table = Table(title=found.title, title_justify="left", box=None)
        for column in found.head:
            table.add_column(column, justify="right" if column else "left")
        for row in found.rows:
            # As Text: intervals are in square brackets, and rich reads some of those as markup.
            table.add_row(*map(Text, row))
        out.print(table)
        out.print()
    for note in notes(report):
        out.print(f"- {note}", markup=False, soft_wrap=True)
