"""Where a file is: a path on this machine, or a URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, TypeAlias, TypeGuard
from urllib.parse import urlsplit, urlunsplit

TMDB_API: Literal["api"] = "api"
"""As `source.tmdb`: no file, but TMDB itself is asked. A file of this name is `./api`."""

Location: TypeAlias = str | Path
"""A path (`Path`), or a URL or TMDB_API (`str`), as configurations hold it."""


def location(value: object) -> object:
    """A text as a location: a URL stays one, anything else is a path. Other values stay.

    Raises ValueError for what begins as a URL and is none.
    """
    if is_remote(value):
        _check_url(value)
    elif isinstance(value, str) and value != TMDB_API:
        return Path(value)
    return value


def is_remote(value: object) -> TypeGuard[str]:
    """Whether a location is a URL (`https://…`, `hf://…`, `s3://…`)."""
    return isinstance(value, str) and "://" in value


def without_secrets(url: str) -> str:
    """A URL as it may be shown: without user, password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:  # not a URL, so nobody knows what in it is secret
        return f"{url.partition('://')[0]}://…"
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def text_without_secrets(text: str) -> str:
    """A text, such as a library's error, with every URL in it as it may be shown."""
    return _URL.sub(lambda found: without_secrets(found[0]), text)


_URL = re.compile(r"[a-zA-Z][\w+.-]*://[^\s'\"<>]+")


def _check_url(url: str) -> None:
    wrong = "is not a URL that can be read: write it as https://server/path or hf://…"
    try:
        parts = urlsplit(url)
        # Elsewhere (`hf://datasets/…`) what stands in its place need not be a server.
        if parts.scheme in ("http", "https") and not (parts.hostname and parts.port != 0):
            raise ValueError(wrong)
    except ValueError:  # whose text may quote a part of a password
        raise ValueError(wrong) from None
