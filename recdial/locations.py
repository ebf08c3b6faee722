"""Where a file is: a path on this machine, or a URL."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias, TypeGuard
from urllib.parse import urlsplit, urlunsplit

Location: TypeAlias = Path | str
"""A path (`Path`) or a URL (`str`), as configurations hold it."""


def location(value: object) -> object:
    """A text as a location: a URL stays one, anything else is a path. Other values stay."""
    return Path(value) if isinstance(value, str) and not is_remote(value) else value


def is_remote(value: object) -> TypeGuard[str]:
    """Whether a location is a URL (`https://…`, `hf://…`, `s3://…`)."""
    return isinstance(value, str) and "://" in value


def without_secrets(url: str) -> str:
    """A URL as it may be shown: without user, password and query."""
    parts = urlsplit(url)
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
