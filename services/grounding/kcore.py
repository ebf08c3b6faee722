"""The k-core of interactions: the largest part in which all users and items are active enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.int64] | NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round removed: users, items and interactions."""

    users: int
    items: int
    interactions: int


@dataclass(frozen=True, slots=True)
class KCore:
    """Which rows are in the core, and what each round of removals took away."""

    kept: NDArray[np.bool_]
    rounds: tuple[Round, ...]


def k_core(users: Codes, items: Codes, min_user: int, min_item: int) -> KCore:
    """Keep the largest set of interactions in which each user and item has enough of them.

    Row i is an interaction of user `users[i]` with item `items[i]` (codes from 0, any order). Each
    row counts: rows of the same user and item are to be settled before (`repeats.py`). The core is
    unique, so it does not depend on the order of the rows (paper, §3.1, with 12 and 12).
    """
    if users.shape != items.shape or users.ndim != 1:
        raise ValueError(
            f"users {users.shape} and items {items.shape} must be equally long columns"
        )
    kept = np.ones(users.size, dtype=np.bool_)
    alive, rounds = np.arange(users.size), []
    while alive.size:
        user_sizes, item_sizes = np.bincount(users), np.bincount(items)
        few_users, few_items = user_sizes < min_user, item_sizes < min_item
        goes = few_users[users] | few_items[items]
        removed = int(np.count_nonzero(goes))
        if not removed:
            break
        rounds.append(
            Round(
                users=int(np.count_nonzero(few_users & (user_sizes > 0))),
                items=int(np.count_nonzero(few_items & (item_sizes > 0))),
                interactions=removed,
            )
        )
        kept[alive[goes]] = False
        stays = ~goes
        alive, users, items = alive[stays], users[stays], items[stays]
    return KCore(kept, tuple(rounds))
