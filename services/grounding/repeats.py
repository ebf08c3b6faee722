"""Several reviews of one item by one user: which of them are interactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RepeatedReviews = Literal["last", "all"]


@dataclass(frozen=True, slots=True)
class Repeats:
    """How many rows are no interaction of their own."""

    duplicates: int
    """Rows of the same user, item and time as an earlier row."""
    superseded: int
    """Reviews a user replaced by a later one of the same item."""


def without_repeats(
    pairs: NDArray[np.int64], timestamps: NDArray[np.int64], repeated: RepeatedReviews
) -> tuple[NDArray[np.bool_], Repeats]:
    """Which rows are interactions. `pairs` has the same number for the same user and item.

    Of rows with the same time the first is kept, always. Of several times, `last` keeps the latest:
    shops list a review under several variants of an item, and people revise reviews; either would
    let one item be both history and target. `all` keeps each, as the original scripts do.
    """
    kept = np.ones(pairs.size, dtype=np.bool_)
    by_pair = np.argsort(pairs)
    ordered = pairs[by_pair]
    same = ordered[1:] == ordered[:-1]
    if not same.any():
        return kept, Repeats(0, 0)
    # Few rows are repeated, so only these are put in order of time.
    among = np.concatenate((same, [False])) | np.concatenate(([False], same))
    rows = np.sort(by_pair[among])
    order = rows[np.lexsort((-rows, timestamps[rows], pairs[rows]))]
    same_item = np.diff(pairs[order]) == 0
    same_time = same_item & (np.diff(timestamps[order]) == 0)
    duplicates = int(np.count_nonzero(same_time))
    later = same_item if repeated == "last" else same_time
    kept[order[:-1][later]] = False
    return kept, Repeats(duplicates, int(np.count_nonzero(later)) - duplicates)
