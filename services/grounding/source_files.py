"""The files of a source on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recdial.settings import SourceConfig
from services.grounding.fetching import fetch


@dataclass(frozen=True)
class SourceFiles:
    """What a `SourceConfig` names, each a path."""

    kind: str
    reviews: Path
    tmdb: Path
    credits: Path | None = None
    metadata: Path | None = None
    links: Path | None = None
    min_title_score: float = 0.9


def source_files(source: SourceConfig, copies: Path) -> SourceFiles:
    """The files of a source; those behind URLs are fetched into `copies` first.

    Raises SourceError for one that cannot be fetched.
    """
    paths = {
        key: place if isinstance(place, Path) else fetch(place, copies.expanduser())
        for key, place in source.files.items()
    }
    return SourceFiles(kind=source.kind, min_title_score=source.min_title_score, **paths)
