"""What grounding asks of a source of interactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.grounding.files import SourceError
from services.grounding.rows import ReadReport


class Review(NamedTuple):
    """One user's rating (0.5 to 5) and review of one item, at a time in ms since the epoch."""

    user_id: str
    item_id: str
    rating: float
    timestamp: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Good interactions as columns of equal length, in the order of the source, without texts."""

    users: Any
    """Arrow strings: who, by the source's id. Never empty."""
    items: Any
    """Arrow strings: what."""
    ratings: NDArray[np.float64]
    """0.5 to 5."""
    timestamps: NDArray[np.int64]
    """Milliseconds since the epoch."""
    locators: NDArray[np.int64]
    """Where each stands, for `shown`: any number that grows along the source."""


ReadShown: TypeAlias = Callable[[NDArray[np.int64]], list[Review]]
"""Reads the reviews at some locators, in their order. Raises SourceError if they are gone."""


class InteractionSource(Protocol):
    """One source: read once as columns, then again for the texts of what is shown."""

    @property
    def path(self) -> Path:
        """What messages name."""

    def batches(self, report: ReadReport) -> Iterator[Batch]:
        """Stream the good interactions; keep the account of all others in `report`.

        Memory does not grow with the source. Raises SourceError if the source cannot be read, has
        nothing good, or more bad rows than `report` allows.
        """

    def shown(self, locators: NDArray[np.int64]) -> AbstractContextManager[ReadShown]:
        """Make ready to read the reviews at these locators, in any order and in parts.

        Raises SourceError if one of them is gone.
        """


def changed(path: Path) -> SourceError:
    """The error for a file that was written to between the two times it is read."""
    return SourceError(f"{path}: changed while it was read. Let its writer finish, then run again.")
