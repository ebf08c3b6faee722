"""Where a file is: a path on this machine, or a URL."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, TypeGuard
from urllib.parse import urlsplit, urlunsplit

TMDB_API: Literal["api"] = "api"
"""As `source.tmdb`: no file, but TMDB itself is asked. A file of this name is `./api`."""

Location: TypeAlias = str | Path
"""A path (`Path`), or a URL or TMDB_API (`str`), as configurations hold it."""


def location(value: object) -> object:
    """A text as a location: a URL stays one, anything else is a path. Other values stay."""
    if isinstance(value, str) and value != TMDB_API and not is_remote(value):
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
