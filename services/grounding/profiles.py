"""Makes a user's interactions into profiles: a target item each, and the history before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from recdial.domain import LIKED_ABOVE

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
    """Positions, in a user's interactions in time order, of what goes into one profile."""

    history: range
    target: int


def choose(
    ratings: Sequence[float], *, history: int, profile: Profile, histories: int = 1
) -> list[Choice] | DropReason:
    """Choose up to `histories` targets, and what comes before each, by ratings in time order.

    `strict`: the targets are the last liked item (rating > 3), the liked one before it, and so on,
    so that the assistant never has to recommend what the user dislikes. `paper`: the last items,
    whatever their rating, as the original scripts do. A history is the `history` items just before
    its target. Choice number 0 is the latest; a user with fewer targets has fewer choices.
    """
    if not ratings:
        return "no_interaction"
    positions = range(len(ratings) - 1, -1, -1)
    targets = (
        position for position in positions if profile == "paper" or ratings[position] > LIKED_ABOVE
    )
    choices = [
        Choice(range(max(0, target - history), target), target)
        for target in islice(targets, histories)
    ]
    return choices or "no_liked_item"
