"""Writes `docs/config.md`: `python -m recdial.config_doc > docs/config.md`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recdial.process_settings import JobSettings
from recdial.settings import BackendConfig, RunConfig

_HEAD = """\
# Configuration

Generated from `recdial/settings.py` and `recdial/process_settings.py` by
`python -m recdial.config_doc`; do not edit by hand.

A run is one YAML file. Any key can be changed on the command line with `--set key.path=value`.
Paths of `source` are relative to the file. An unknown key is an error.
"""

_PROCESS = """\
## The process

Environment variables that say what a machine is like, not what a run is.
"""


def config_page() -> str:
    """The page, as Markdown."""
    parts = [_HEAD, *_section("The run", RunConfig, "")]
    parts += [_PROCESS, _table(_environment())]
    return "\n".join(parts) + "\n"


def _section(title: str, model: type[BaseModel], prefix: str) -> Iterator[str]:
    inner = {name: below for name, field in model.model_fields.items() if (below := _model(field))}
    yield f"## {title}\n\n{inspect.cleandoc(model.__doc__ or '')}\n"
    yield _table(
        (f"{prefix}{name}", field)
        for name, field in model.model_fields.items()
        if name not in inner
    )
    for name, below in inner.items():
        if name != "student":
            title = "`teacher` and `student`" if below is BackendConfig else f"`{prefix}{name}`"
            yield from _section(title, below, f"{prefix}{name}.")


def _environment() -> Iterator[tuple[str, FieldInfo]]:
    for name, field in JobSettings.model_fields.items():
        yield f"RECDIAL_{name.upper()}", field


def _table(fields: Any) -> str:
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | {_type(field)} | {_default(field)} | {field.description or ''} |"
        for name, field in fields
    ]
    return "\n".join(lines) + "\n"


def _model(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _type(field: FieldInfo) -> str:
    kind = field.annotation
    choices = get_args(kind)
    if choices and all(isinstance(choice, str) for choice in choices):
        return " or ".join(f"`{choice}`" for choice in choices)
    if get_origin(kind) is Union:
        return " or ".join(_named(choice) for choice in choices)
    return _named(kind)


def _named(kind: Any) -> str:
    choices = get_args(kind)
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in choices)
    name = kind.__name__ if isinstance(kind, type) and not choices else str(kind)
    return "`" + re.sub(r"\b(?:\w+\.)+(?=\w)", "", name).replace("|", "\\|") + "`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(required)"
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None or default in ("", ()):
        return "(not set)"
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{default}`"


if __name__ == "__main__":
    sys.stdout.write(config_page())
