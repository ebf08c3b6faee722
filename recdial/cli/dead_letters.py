"""`recdial dead-letters list | show | replay`: what a cluster gave up."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from recdial.api import DeadLetterCount, DeadLetterView, Replayed
from recdial.cli.api import ApiOption, TokenFileOption, connect
from recdial.cli.console import explained, out, plural

app = typer.Typer(help="Show and send again what a cluster gave up.", no_args_is_help=True)

QueueArgument = Annotated[
    str, typer.Argument(metavar="QUEUE", help="E.g. generator.prompt.student.")
]


@app.command("list")
def list_(api: ApiOption, token_file: TokenFileOption = None) -> None:
    """List the queues with dead letters."""
    with explained():
        counts = connect(api, token_file).get("/dead-letters", list[DeadLetterCount])
    if not counts:
        out.print("no dead letters")
        return
    table = Table("queue", "dead letters", box=None)
    for one in counts:
        table.add_row(one.queue, f"{one.count:,}")
    out.print(table)


@app.command("show")
def show(
    queue: QueueArgument,
    api: ApiOption,
    token_file: TokenFileOption = None,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many.")] = 10,
) -> None:
    """Show the first dead letters of a queue, and why each was given up."""
    with explained():
        letters = connect(api, token_file).get(
            f"/dead-letters/{queue}", list[DeadLetterView], limit=number
        )
    for letter in letters:
        out.print(
            f"{letter.died_at:%Y-%m-%d %H:%M:%S} UTC after {plural(letter.failures, 'failure')}"
        )
        out.print(f"  {letter.error}", markup=False, soft_wrap=True)
        out.print(f"  {letter.body}", markup=False, soft_wrap=True)


@app.command("replay")
def replay(queue: QueueArgument, api: ApiOption, token_file: TokenFileOption = None) -> None:
    """Send the dead letters of a queue again, and reopen what they ended."""
    with explained():
        answer = connect(api, token_file).post(f"/dead-letters/{queue}/replay", Replayed)
    out.print(f"sent {plural(answer.sent, 'dead letter')} again")
    if answer.left:
        out.print(f"left {answer.left:,}: their run is cancelled, or went on without them")
