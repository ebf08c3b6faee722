"""What all commands share of the terminal: where to print, and how an expected error ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from recdial.cli.api import ApiError
from recdial.config_file import ConfigError
from recdial.environment import EnvironmentInvalid
from recdial.llm import BackendError
from recdial.run_folder import FolderInUse

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

EXPECTED = (ConfigError, EnvironmentInvalid, FolderInUse, BackendError, ApiError)


@contextmanager
def explained() -> Iterator[None]:
    """End the command with a plain message for errors a user can mend; others keep their trace."""
    try:
        yield
    except EXPECTED as error:
        err.print(Text.assemble(("Error: ", "bold red"), str(error)), soft_wrap=True)
        raise typer.Exit(2) from error


def plural(count: int, noun: str) -> str:
    """`1 dialogue`, `1,234 dialogues`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
