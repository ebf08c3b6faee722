"""Makes a user's interactions into a profile: the target item, and the history before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recdial.domain import LIKED_ABOVE, Interaction, UserProfile

Profile = Literal["strict", "paper"]
DropReason = Literal["no_liked_item", "no_interaction"]


@dataclass(frozen=True, slots=True)
class Drop:
    """A user without a profile, and why."""

    user_id: str
    history_number: int
    reason: DropReason


@dataclass(frozen=True, slots=True)
class Choice:
    """Positions, in a user's interactions in time order, of what goes into the profile."""

    history: range
    target: int


@dataclass(frozen=True, slots=True)
class LatestReviews:
    """Which rows are the last review of their item by their user, and how many were not."""

    kept: NDArray[np.bool_]
    duplicates: int
    """Rows of the same user, item and time as an earlier row."""
    superseded: int
    """Reviews a user replaced by a later one of the same item."""


def build_profile(
    user_id: str, interactions: Sequence[Interaction], *, history: int, profile: Profile
) -> UserProfile | Drop:
    """One user's profile: the target and up to `history` interactions before it, oldest first.

    `interactions` come in any order, one for each item. Ties in time are ordered by item id. What
    the target is depends on `profile`, see `choose`. A user with nothing before the target keeps an
    empty history. Raises ValueError for two interactions with one item.
    """
    if len({interaction.item.item_id for interaction in interactions}) < len(interactions):
        raise ValueError(f"user {user_id} has two interactions with one item: keep the latest only")
    ordered = sorted(interactions, key=lambda each: (each.timestamp, each.item.item_id))
    choice = choose([each.rating for each in ordered], history=history, profile=profile)
    if isinstance(choice, Choice):
        return UserProfile(
            user_id=user_id,
            history=tuple(ordered[position] for position in choice.history),
            target=ordered[choice.target],
        )
    return Drop(user_id, history_number=0, reason=choice)


def choose(ratings: Sequence[float], *, history: int, profile: Profile) -> Choice | DropReason:
    """Choose the target and the history by a user's ratings in time order.

    `strict`: the target is the last liked item (rating > 3), so that the assistant never has to
    recommend what the user dislikes. `paper`: the last item, whatever its rating, as the original
    scripts do. The history is the `history` items just before the target.
    """
    if not ratings:
        return "no_interaction"
    last = len(ratings) - 1
    if profile == "paper":
        target = last
    else:
        liked = (position for position in range(last, -1, -1) if ratings[position] > LIKED_ABOVE)
        target = next(liked, -1)
    if target < 0:
        return "no_liked_item"
    return Choice(range(max(0, target - history), target), target)


def latest_reviews(
    users: NDArray[np.int64], items: NDArray[np.int64], timestamps: NDArray[np.int64]
) -> LatestReviews:
    """Keep one row for each user and item: the one latest in time, of equal ones the first row.

    Shops list the same review under several variants of an item, and people revise reviews; either
    would let one item be both history and target.
    """
    rows = np.arange(users.size)
    order = np.lexsort((-rows, timestamps, items, users))
    same_item = (np.diff(users[order]) == 0) & (np.diff(items[order]) == 0)
    same_time = same_item & (np.diff(timestamps[order]) == 0)
    kept = np.ones(users.size, dtype=np.bool_)
    kept[order[:-1][same_item]] = False
    duplicates = int(np.count_nonzero(same_time))
    return LatestReviews(kept, duplicates, int(np.count_nonzero(same_item)) - duplicates)
