"""Makes the profiles of a k-core's users, some users at a time."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from recdial.domain import Interaction, ItemFacts, UserProfile
from services.grounding.interactions import Interactions
from services.grounding.profiles import Choice, Drop, DropReason
from services.grounding.sources.protocol import InteractionSource, ReadShown, changed
from services.grounding.uncollected import uncollected

BLOCK_USERS = 1000
"""Users whose reviews are read and whose profiles are made together."""

Chosen: TypeAlias = tuple[int, list[Choice] | DropReason]
"""A user, by its place, and what it leads to."""

_INTERACTIONS = TypeAdapter(list[Interaction])


@dataclass(frozen=True, slots=True)
class Core:
    """The k-core's rows by user and time, and where those of each user are."""

    rows: Interactions
    user_ids: Sequence[str]
    starts: NDArray[np.int64]
    """Where the rows of each user start, and last their number."""
    items: Sequence[ItemFacts]
    """The facts of the item of each code of the rows."""

    def ratings(self, user: int) -> list[float]:
        """The user's ratings in time order."""
        found: list[float] = self.rows.ratings[self.starts[user] : self.starts[user + 1]].tolist()
        return found


@dataclass(frozen=True, slots=True)
class Block:
    """Some users in a row: what each leads to."""

    _core: Core
    _chosen: Sequence[Chosen]
    _read: ReadShown
    _source: InteractionSource

    @property
    def users(self) -> list[str]:
        """The ids of the users, sorted."""
        return [self._core.user_ids[user] for user, _ in self._chosen]

    @property
    def keys(self) -> set[tuple[str, int]]:
        """The (user id, history number) of everything the block leads to."""
        return {(self._core.user_ids[user], number) for user, number, _ in _numbered(self._chosen)}

    def outcomes(self, skip: Container[tuple[str, int]] = frozenset()) -> list[UserProfile | Drop]:
        """The profiles and the dropped users, but those to be skipped; texts are read just now.

        Raises SourceError if the source was written to since its first reading.
        """
        found: list[UserProfile | Drop] = []
        wanted = [
            (user, number, choice)
            for user, number, choice in _numbered(self._chosen)
            if (self._core.user_ids[user], number) not in skip
        ]
        with uncollected():
            seen = self._interactions(_shown_rows(self._core, wanted))
            for user, number, choice in wanted:
                user_id, start = self._core.user_ids[user], int(self._core.starts[user])
                if isinstance(choice, str):
                    found.append(Drop(user_id, number, choice))
                    continue
                found.append(
                    UserProfile(
                        user_id=user_id,
                        history_number=number,
                        history=tuple(seen[start + place] for place in choice.history),
                        target=seen[start + choice.target],
                    )
                )
        return found

    def _interactions(self, places: NDArray[np.int64]) -> dict[int, Interaction]:
        rows = self._core.rows.take(places)
        reviews = self._read(rows.locators)
        users = [self._core.user_ids[code] for code in rows.users.tolist()]
        items = [self._core.items[code] for code in rows.items.tolist()]
        ids = [item.item_id for item in items]
        ratings, times = rows.ratings.tolist(), rows.timestamps.tolist()
        if list(zip(users, ids, ratings, times, strict=True)) != [one[:4] for one in reviews]:
            raise changed(self._source.path)
        made = _INTERACTIONS.validate_python(
            [
                {
                    "item": item,
                    "rating": rating,
                    "timestamp": time,
                    "review_title": review.title,
                    "review_text": review.text,
                }
                for item, rating, time, review in zip(items, ratings, times, reviews, strict=True)
            ]
        )
        return dict(zip(places.tolist(), made, strict=True))


@contextmanager
def blocks_of(
    core: Core, chosen: Sequence[Chosen], source: InteractionSource, size: int
) -> Iterator[Iterator[Block]]:
    """The users in blocks of a size, in their order. Memory is that of a block.

    Raises SourceError if the source cannot be read again.
    """
    rows = _shown_rows(core, _numbered(chosen))
    with source.shown(core.rows.locators[rows]) as read:
        yield (
            Block(core, chosen[start : start + size], read, source)
            for start in range(0, len(chosen), size)
        )


def _numbered(chosen: Iterable[Chosen]) -> Iterator[tuple[int, int, Choice | DropReason]]:
    """The user, the number of the history, and what it leads to: a choice, or why not."""
    for user, choices in chosen:
        for number, choice in enumerate([choices] if isinstance(choices, str) else choices):
            yield user, number, choice


def _shown_rows(
    core: Core, wanted: Iterable[tuple[int, int, Choice | DropReason]]
) -> NDArray[np.int64]:
    """The rows whose texts these choices show, each once, in order."""
    shown = [
        np.arange(choice.history.start, choice.target + 1) + core.starts[user]
        for user, _, choice in wanted
        if not isinstance(choice, str)
    ]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *shown]))
