"""`recdial show DIALOGUE`: one dialogue, its verdict, and what that points at."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from recdial.cli.console import explained, out
from recdial.cli.status import existing
from recdial.config_file import ConfigError
from recdial.domain import Reason
from recdial.environment import EnvironmentInvalid, read_environment
from recdial.evidence import pieces
from recdial.process_settings import StoreSettings
from recdial.store import Store
from recdial.store.models import Completion, Dialogue, Prompt

_LEAST = 6
"""Characters that tell a dialogue well enough."""


def show(
    dialogue: Annotated[str, typer.Argument(help="Its id, or the first characters of it.")],
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            metavar="DIR",
            help="Folder of a run [default: the database at RECDIAL_DATABASE_URL].",
        ),
    ] = None,
) -> None:
    """Show a dialogue with its verdict: every reason, and the words it points at."""
    with explained():
        found, prompt, completion = asyncio.run(_read(dialogue, run))
    reasons = [Reason.model_validate(reason) for reason in (*found.reasons, *found.notes)]
    attempt = f"attempt {found.attempt}{'' if found.final else ', another followed'}"
    out.print(f"{found.id}  {found.role}, {attempt}: [bold]{found.verdict}[/]", highlight=False)
    out.print(
        f"user {prompt.user_id}, {prompt.stereotype}, target {prompt.target_item_id}",
        markup=False,
        highlight=False,
    )
    if completion is not None:
        out.print(f"written by {completion.model}", markup=False, highlight=False)
    for number, turn in enumerate(found.turns, 1):
        line = Text(f"{number:>2} {turn['speaker']:<9} ", style="dim")
        for piece in pieces(turn["text"], number, reasons):
            line.append(piece.text, style="bold reverse" if piece.rules else "not dim")
            if piece.rules:
                line.append(f" [{', '.join(piece.rules)}]", style="red")
        out.print(line)
    if not found.turns and completion is not None:
        out.print(completion.text, markup=False)
    for reason in reasons:
        out.print(f"{reason.severity} {reason.rule}: {reason.detail}", markup=False)


async def _read(wanted: str, run: Path | None) -> tuple[Dialogue, Prompt, Completion | None]:
    url = (
        existing(run).url
        if run is not None
        else read_environment(StoreSettings).database_url.get_secret_value()
    )
    store = Store(url)
    try:
        async with store.read() as session:
            rows: Any = await session.execute(
                select(Dialogue, Prompt, Completion)
                .join(Prompt, Prompt.id == Dialogue.prompt_id)
                .outerjoin(Completion, Completion.dialogue_id == Dialogue.id)
                .where(Dialogue.id.in_(await _ids(session, wanted)))
            )
            found = rows.all()
    except (OSError, DBAPIError) as error:
        raise EnvironmentInvalid(f"cannot read the database: {type(error).__name__}") from error
    finally:
        await store.close()
    if not found:
        raise ConfigError(f"there is no dialogue {wanted}; dataset.jsonl and report.json have ids")
    ((dialogue, prompt, completion),) = found
    return dialogue, prompt, completion


async def _ids(session: Any, wanted: str) -> list[UUID]:
    try:
        return [UUID(wanted)]
    except ValueError:
        pass
    plain = wanted.replace("-", "").lower()
    if len(plain) < _LEAST or not set(plain) <= set("0123456789abcdef"):
        raise ConfigError(f"{wanted!r} is no id of a dialogue: give {_LEAST} characters of one")
    low, high = UUID(plain.ljust(32, "0")), UUID(plain.ljust(32, "f"))
    ids = (
        await session.execute(
            select(Dialogue.id).where(Dialogue.id >= low, Dialogue.id <= high).limit(2)
        )
    ).scalars()
    found = list(ids)
    if len(found) > 1:
        raise ConfigError(f"several dialogues begin with {wanted}: give more of the id")
    return found
