"""The files of a source on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recdial.locations import TMDB_API
from recdial.settings import DEFAULT_MIN_TITLE_SCORE, SourceConfig
from services.grounding.fetching import fetch


@dataclass(frozen=True)
class SourceFiles:
    """What a `SourceConfig` names, each a path (but TMDB's API)."""

    kind: str
    reviews: Path
    tmdb: Path | Literal["api"]
    credits: Path | None = None
    keywords: Path | None = None
    metadata: Path | None = None
    links: Path | None = None
    min_title_score: float = DEFAULT_MIN_TITLE_SCORE


def source_files(source: SourceConfig, copies: Path) -> SourceFiles:
    """The files of a source; those behind URLs are fetched into `copies` first.

    Raises SourceError for one that cannot be fetched.
    """
    paths = {
        key: place if isinstance(place, Path) else fetch(place, copies.expanduser())
        for key, place in source.files.items()
        if place != TMDB_API
    }
    return SourceFiles(
        kind=source.kind,
        min_title_score=source.min_title_score,
        tmdb=paths.pop("tmdb", TMDB_API),
        **paths,
    )
