"""Where a file is: a path on this machine, or a URL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeGuard
from urllib.parse import urlsplit, urlunsplit

from pydantic import BeforeValidator


def _location(value: object) -> object:
    if isinstance(value, str) and not is_remote(value):
        return Path(value)
    return value


def is_remote(value: object) -> TypeGuard[str]:
    """Whether a location is a URL (`https://…`, `hf://…`, `s3://…`)."""
    return isinstance(value, str) and "://" in value


def without_secrets(url: str) -> str:
    """A URL as it may be shown: without user, password and query."""
    parts = urlsplit(url)
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


Location = Annotated[Path | str, BeforeValidator(_location)]
"""A path (`Path`) or a URL (`str`), as configurations hold it."""
