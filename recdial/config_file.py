"""Reads the YAML of a run, applies `--set key.path=value`, and says clearly what is wrong in it.

The stereotypes of a user's own are read with it and become part of the configuration.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from recdial.settings import RunConfig
from recdial.stereotypes import Stereotype

M = TypeVar("M", bound=BaseModel)


class ConfigError(Exception):
    """A configuration that cannot be used; the text names key, value and what is allowed."""


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The configuration in a file, with overrides such as `grounding.users=40` applied.

    Paths of the source are taken relative to the file. Raises ConfigError.
    """
    return resolve_paths(read_config(path, overrides), path.parent)


def read_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """As `load_config`, with the paths of the source as they are written. Raises ConfigError.

    Files of stereotypes are on this machine whoever does the run: they are read here.
    """
    raw = _mapping(_text(path), str(path), "examples/demo.yaml")
    for override in overrides:
        _override(raw, override)
    _read_stereotypes(raw, path.parent)
    return validate_config(raw, str(path))


def validate_config(raw: dict[str, Any], origin: str) -> RunConfig:
    """The configuration in a mapping. Raises ConfigError naming every wrong key."""
    return _validate(RunConfig, raw, origin)


def parse_stereotype(text: str, origin: str) -> Stereotype:
    """The stereotype in a YAML text. Raises ConfigError naming every wrong key."""
    return _validate(Stereotype, _mapping(text, origin, "services/prompter/README.md"), origin)


def resolve_paths(config: RunConfig, base: Path) -> RunConfig:
    """The configuration with the paths of its source made absolute; relative ones are in `base`."""
    source = config.source
    resolved = {
        key: (base / path.expanduser()).resolve()
        for key, path in source.files.items()
        if isinstance(path, Path)
    }
    return config.model_copy(update={"source": source.model_copy(update=resolved)})


def dump_config(config: RunConfig) -> str:
    """The resolved configuration as YAML; reading it again gives the same configuration."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def differences(before: RunConfig, after: RunConfig) -> list[str]:
    """The keys in which two configurations differ, as `key: before -> after`."""
    left, right = _flat(before.model_dump(mode="json")), _flat(after.model_dump(mode="json"))
    return [
        f"{key}: {left.get(key)!r} -> {right.get(key)!r}"
        for key in dict.fromkeys([*left, *right])
        if left.get(key) != right.get(key)
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error


def _mapping(text: str, origin: str, example: str) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{origin}: is not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{origin}: must hold keys and values, see {example}")
    return raw


def _read_stereotypes(raw: dict[str, Any], folder: Path) -> None:
    """Replace the names of files by what is in them."""
    prompting = raw.get("prompting")
    if not isinstance(prompting, dict) or not prompting.get("stereotype_files"):
        return
    files = prompting["stereotype_files"]
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise ConfigError(
            f"prompting.stereotype_files: {files!r} is not allowed: write a list of paths, "
            "e.g. [my_stereotype.yaml]"
        )
    paths = [folder / Path(file).expanduser() for file in files]
    found = [parse_stereotype(_text(path), str(path)) for path in paths]
    own = prompting.setdefault("own_stereotypes", [])
    if isinstance(own, list):
        prompting["own_stereotypes"] = [*own, *found]
        del prompting["stereotype_files"]


def _validate(model: type[M], raw: dict[str, Any], origin: str) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        lines = [_explain(found, model) for found in error.errors(include_url=False)]
        raise ConfigError("\n".join([f"{origin}: {len(lines)} wrong", *lines])) from error


def _override(raw: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError(f"--set {override}: write it as key.path=value, e.g. grounding.users=40")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: the value is not valid YAML: {error}") from error
    *sections, last = key.split(".")
    for depth, section in enumerate(sections):
        found = raw.setdefault(section, {})
        if not isinstance(found, dict):
            name = ".".join(sections[: depth + 1])
            raise ConfigError(f"--set {override}: {name} is a value, it has no keys")
        raw = found
    raw[last] = value


def _explain(error: Any, model: type[BaseModel]) -> str:
    location = tuple(part for part in error["loc"] if part != "function-after")
    key = ".".join(str(part) for part in location) or "(the whole file)"
    match error["type"]:
        case "extra_forbidden":
            allowed = _keys_beside(location, model)
            near = difflib.get_close_matches(str(location[-1]), allowed, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            return f"  {key}: unknown key; {hint}allowed keys here: {', '.join(allowed)}"
        case "missing":
            return f"  {key}: is missing and has no default"
        case "value_error":
            return f"  {key}: {error['ctx']['error']}"
        case _:
            return f"  {key}: {error['input']!r} is not allowed: {error['msg']}"


def _keys_beside(location: tuple[Any, ...], model: type[BaseModel]) -> list[str]:
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        # `tuple[Model, ...]` for a list of models.
        annotation: Any = model.model_fields[str(part)].annotation
        annotation = next(iter(get_args(annotation)), annotation)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat.update(_flat(inner, f"{prefix}.{key}" if prefix else key))
    return flat
