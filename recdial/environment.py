"""Reads what the environment tells a process, and says clearly what is missing or wrong there."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)


class EnvironmentInvalid(Exception):
    """An environment a process cannot work with; the text names each variable."""


def read_environment(settings: type[S]) -> S:
    """The settings of a process.

    Raises EnvironmentInvalid, which does not quote values: they may be secrets.
    """
    try:
        return settings()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        lines = [f"  {_explain(settings, one)}" for one in found]
        raise EnvironmentInvalid(
            "\n".join(["the environment does not say all that is needed:", *lines])
        ) from None


def _explain(settings: type[BaseSettings], found: Any) -> str:
    name = str(found["loc"][0])
    variable = f"{settings.model_config.get('env_prefix', '')}{name}".upper()
    field = settings.model_fields.get(name)
    meaning = (field.description or "") if field else ""
    wrong = "is not set" if found["type"] == "missing" else found["msg"]
    return f"{variable}: {wrong}. {meaning}".rstrip()
