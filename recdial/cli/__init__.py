"""The command line: `recdial run | preview | submit | status | pause | …`."""

from __future__ import annotations

import typer

from recdial import __version__
from recdial.cli import (
    adapters,
    compare_generators,
    control,
    dead_letters,
    doctor,
    estimate,
    export,
    filter_file,
    migrate,
    preview,
    run,
    show,
    status,
    submit,
)
from recdial.telemetry import configure_logging

app = typer.Typer(
    name="recdial",
    help="Make conversational-recommendation datasets with simulated, diverse users.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("run")(run.run)
app.command("preview")(preview.preview)
app.command("estimate")(estimate.estimate_run)
app.command("submit")(submit.submit)
app.command("status")(status.status)
app.command("pause")(control.pause)
app.command("resume")(control.resume)
app.command("cancel")(control.cancel)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(adapters.app, name="adapters")
app.command("export")(export.export)
app.command("show")(show.show)
app.command("filter")(filter_file.filter_file)
app.command("compare-generators")(compare_generators.compare_generators)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"recdial {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Make conversational-recommendation datasets with simulated, diverse users."""
    # Before any command, or structlog's own default would write to stdout, among what is printed.
    configure_logging("warning")
