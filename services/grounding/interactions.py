"""The interactions of a source as columns: what fits in memory when the texts do not."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.grounding.reviews import Review


@dataclass(frozen=True, slots=True)
class Interactions:
    """Rows of equal length: who rated what how and when, and on which line of the file it stands.

    `users` and `items` are codes: positions in `user_ids` and `item_ids`, which are sorted.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ratings: NDArray[np.float64]
    timestamps: NDArray[np.int64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.users.size)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Interactions:
        """The rows chosen by a mask, or by positions in their order."""
        return Interactions(
            self.user_ids,
            self.item_ids,
            self.users[rows],
            self.items[rows],
            self.ratings[rows],
            self.timestamps[rows],
            self.lines[rows],
        )

    def by_user_and_time(self) -> Interactions:
        """The rows ordered by user id, then time, then item id."""
        return self.take(np.lexsort((self.items, self.timestamps, self.users)))

    def user_count(self) -> int:
        """How many users the rows are of."""
        return int(np.unique(self.users).size)

    def item_count(self) -> int:
        """How many items the rows are of."""
        return int(np.unique(self.items).size)


def collect(reviews: Iterable[Review], line: Callable[[], int]) -> Interactions:
    """Columns of a stream of reviews; `line` says on which line the latest review stands."""
    user_codes: dict[str, int] = {}
    item_codes: dict[str, int] = {}
    users, items, timestamps, lines = array("q"), array("q"), array("q"), array("q")
    ratings = array("d")
    for review in reviews:
        users.append(user_codes.setdefault(review.user_id, len(user_codes)))
        items.append(item_codes.setdefault(review.item_id, len(item_codes)))
        ratings.append(review.rating)
        timestamps.append(review.timestamp)
        lines.append(line())
    return Interactions(
        user_ids=tuple(sorted(user_codes)),
        item_ids=tuple(sorted(item_codes)),
        users=_ranks(user_codes)[np.array(users, dtype=np.int64)],
        items=_ranks(item_codes)[np.array(items, dtype=np.int64)],
        ratings=np.array(ratings, dtype=np.float64),
        timestamps=np.array(timestamps, dtype=np.int64),
        lines=np.array(lines, dtype=np.int64),
    )


def _ranks(codes: dict[str, int]) -> NDArray[np.int64]:
    """For each code in order of first use, the code in order of the ids."""
    ranks = np.empty(len(codes), dtype=np.int64)
    for rank, key in enumerate(sorted(codes)):
        ranks[codes[key]] = rank
    return ranks
