"""The k-core of interactions: the largest part in which all users and items are active enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Round:
    """What one round removed: users, items and interactions (distinct user-item pairs)."""

    users: int
    items: int
    interactions: int


@dataclass(frozen=True, slots=True)
class KCore:
    """Which rows are in the core, and what each round of removals took away."""

    kept: NDArray[np.bool_]
    rounds: tuple[Round, ...]


def k_core(
    users: NDArray[np.int64], items: NDArray[np.int64], min_user: int, min_item: int
) -> KCore:
    """Keep the largest set of interactions in which each user and item has enough of them.

    Row i is an interaction of user `users[i]` with item `items[i]` (codes from 0, any order). Rows
    of the same user and item count once, and are kept or removed together. The core is unique, so
    it does not depend on the order of the rows (paper, §3.1, with 12 and 12).
    """
    if users.shape != items.shape or users.ndim != 1:
        raise ValueError(
            f"users {users.shape} and items {items.shape} must be equally long columns"
        )
    item_count = int(items.max()) + 1 if items.size else 0
    pairs, pair_of_row = np.unique(users * item_count + items, return_inverse=True)
    alive = np.arange(pairs.size)
    pair_users, pair_items = np.divmod(pairs, max(item_count, 1))
    rounds: list[Round] = []
    while alive.size:
        user_sizes = np.bincount(pair_users[alive])
        item_sizes = np.bincount(pair_items[alive])
        few_users, few_items = user_sizes < min_user, item_sizes < min_item
        stays = ~(few_users[pair_users[alive]] | few_items[pair_items[alive]])
        if stays.all():
            break
        rounds.append(
            Round(
                users=int(np.count_nonzero(few_users & (user_sizes > 0))),
                items=int(np.count_nonzero(few_items & (item_sizes > 0))),
                interactions=int(alive.size - np.count_nonzero(stays)),
            )
        )
        alive = alive[stays]
    kept_pairs = np.zeros(pairs.size, dtype=np.bool_)
    kept_pairs[alive] = True
    return KCore(kept_pairs[pair_of_row], tuple(rounds))
