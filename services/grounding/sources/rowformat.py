"""How the rows of a source name their fields, and what judges a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.grounding.sources.protocol import Review

YEAR_1_MS, YEAR_10000_MS = -62_135_596_800_000, 253_402_300_800_000
"""The times a calendar knows, in milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class RowFormat:
    """The fields of a row. Texts are strings, `rating` is 1 to 5, `timestamp` a whole number."""

    user: str
    items: tuple[str, ...]
    """The fields that may hold the item; the first that is there counts."""
    rating: str
    timestamp: str
    title: str
    text: str
    parse: Callable[[object], Review]
    """Judges one row: its review, or BadRow. It alone decides on a row that is in any way odd."""
    ms: int = 1
    """Milliseconds in one unit of `timestamp`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that is read."""
        return (self.user, *self.items, self.rating, self.timestamp, self.title, self.text)
