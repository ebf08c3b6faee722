"""`recdial estimate`: what a run will take, before it is paid for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from recdial.cli.console import err, explained, out
from recdial.cli.run import ConfigArgument, SetOption
from recdial.cli.status import existing
from recdial.config_file import ConfigError, load_config
from recdial.domain import Role
from recdial.environment import read_environment
from recdial.estimate import Estimate, PromptSample, PromptSize, Range, beyond, estimate
from recdial.process_settings import ProcessSettings
from recdial.run_folder import RunFolder
from recdial.settings import RunConfig
from recdial.store import Store, progress, runs

_NO_RUN = UUID(int=0)


def estimate_run(
    config: ConfigArgument,
    users: Annotated[
        int, typer.Option("--users", min=1, help="Users whose prompts are made and counted.")
    ] = 500,
    like: Annotated[
        Path | None,
        typer.Option("--like", help="A run's folder: its dialogues say how long dialogues are."),
    ] = None,
    set_: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show how many prompts, tokens, GPU hours and dollars a run will take, and how much disk.

    Reads the source, makes the prompts of some users, and calls no model. Prices and speeds are
    keys of teacher and student: price_in, price_out, tokens_in_per_s, tokens_out_per_s.
    """
    with explained():
        resolved = load_config(config, set_ or [])
        written = asyncio.run(_tokens_written(existing(like))) if like else None
        sample = _sample(resolved, users, read_environment(ProcessSettings))
        try:
            found = estimate(resolved, sample, written, f"measured in {like}" if like else "")
        except ValueError as error:
            raise ConfigError(f"{config}: {error}") from error
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    _show(found)
    for limit in beyond(resolved, found):
        err.print(f"The run will stop before its end: {limit}.", style="yellow")


def _sample(config: RunConfig, users: int, settings: ProcessSettings) -> PromptSample:
    """The prompts of a seeded sample of the run's users, as the run itself would make them."""
    from services.grounding.files import SourceError
    from services.grounding.profiles import Drop
    from services.grounding.source import ground
    from services.prompter.budget import PromptTooLong
    from services.prompter.drawing import NoStereotypeFits
    from services.prompter.handlers import prompts_of
    from services.prompter.tokens import token_counter

    counter = token_counter(config, settings.models)
    try:
        grounded = ground(config.source, config.grounding, config.profile, config.seed)
        sizes: list[list[PromptSize]] = []
        for profile in grounded.sampled(users, config.seed).profiles():
            if isinstance(profile, Drop):
                continue
            try:
                prompts = prompts_of(_NO_RUN, profile, config, counter)
            except (NoStereotypeFits, PromptTooLong):
                prompts = []
            sizes.append(
                [
                    PromptSize(
                        prompt.stereotype,
                        sum(
                            counter.count(line)
                            for part in prompt.messages
                            for line in part.content.splitlines(keepends=True)
                        ),
                        len(prompt.model_dump_json()),
                    )
                    for prompt in prompts
                ]
            )
    except SourceError as error:
        raise ConfigError(str(error)) from error
    return PromptSample(grounded.report.profiles, sizes, counter.name)


async def _tokens_written(folder: RunFolder) -> dict[Role, float]:
    """The mean number of tokens of a dialogue by role, in a run."""
    store = Store(folder.url)
    try:
        async with store.read() as session:
            found = [
                (await progress.read(session, run.id)).spent for run in await runs.all_runs(session)
            ]
    finally:
        await store.close()
    means = {
        role: spent.tokens_out / spent.calls
        for each in found
        for role, spent in each.items()
        if spent.calls
    }
    if not means:
        raise ConfigError(f"{folder.path}: no dialogue was written in this run")
    return means


def _show(found: Estimate) -> None:
    table = Table("", *(role.value for role in found.roles), box=None)
    rows = found.roles.values()
    table.add_row("prompts", *(f"{one.prompts:,}" for one in rows))
    table.add_row("tokens in", *(_range(one.tokens_in) for one in rows))
    table.add_row("tokens out", *(f"{one.tokens_out:,.0f}" for one in rows))
    hours = (one.gpu_hours for one in rows)
    table.add_row("GPU hours", *("?" if one is None else _range(one, 1) for one in hours))
    table.add_row("cost, USD", *(_range(one.cost, 2) for one in rows))
    out.print(table)
    out.print(
        f"{found.profiles:,} profiles, {found.prompts:,} prompts, from those of "
        f"{found.sampled_profiles:,} profiles; ranges are of 95 % confidence. "
        f"Tokens counted by {found.counted_by}; tokens out {found.tokens_out_from}. "
        f"Disk about {found.disk_bytes / 1e9:,.2f} GB. Each prompt is written once here: repeats, "
        "and training, come on top.",
        soft_wrap=True,
    )


def _range(found: Range, digits: int = 0) -> str:
    if f"{found.low:,.{digits}f}" == f"{found.high:,.{digits}f}":
        return f"{found.mean:,.{digits}f}"
    return f"{found.mean:,.{digits}f} ({found.low:,.{digits}f} to {found.high:,.{digits}f})"
