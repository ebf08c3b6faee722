"""`recdial filter FILE`: the hallucination gate alone, on dialogues made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.filter.outside import Format


def filter_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="JSONL.")
    ],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder for the verdicts [default: FILE.filter].")
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="What FILE is [default: told by its keys]."),
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option(help="The catalogue: JSONL of item_id, title, year, genres, actors, …"),
    ] = None,
    tmdb: Annotated[
        Path | None, typer.Option(help="The catalogue as TMDB records (docs/sources.md).")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of `filtering` (docs/config.md)."),
    ] = None,
) -> None:
    """Judge dialogues that were made elsewhere: which hold, which do not, and why.

    FILE is a dataset of recdial, the raw dialogues of DistillRecDial's authors (prompt, response,
    scenario, target_asin), or ReDial. Exit status 0 whatever the verdicts.
    """
    # Not every image with this command line has what the filter needs.
    from recdial.cli.filtering_file import judge_file

    judge_file(file, to, format_, items, tmdb, set_ or [])
