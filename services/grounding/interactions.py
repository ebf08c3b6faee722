"""The interactions of a source as columns: what fits in memory when the texts do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.grounding.repeats import RepeatedReviews, Repeats, without_repeats
from services.grounding.sources.protocol import Batch

_PARTS = 64
"""Rows are kept in so many parts, each with all the rows of its users.

What is done for each user then works on a small table that stays in the processor's cache: with one
table for all of the users, nearly every look-up waits for the memory.
"""

_THREADS = 2

_ROWS_AT_ONCE = 1_000_000
"""Rows whose items are looked up together, at least, if there are as many."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Rows of equal length: who rated what how and when, and where in the source it stands.

    `users` are codes of any order, see `Collected.user_ids`; `items` are positions in the sorted
    ids of the catalogue.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int32]
    ratings: NDArray[np.float64]
    timestamps: NDArray[np.int64]
    locators: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.users.size)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Interactions:
        """The rows chosen by a mask, or by positions in their order."""
        return Interactions(
            self.users[rows],
            self.items[rows],
            self.ratings[rows],
            self.timestamps[rows],
            self.locators[rows],
        )

    def with_users(self, users: NDArray[np.int64]) -> Interactions:
        """The same rows with other codes of their users."""
        return Interactions(users, self.items, self.ratings, self.timestamps, self.locators)

    def with_items(self, items: NDArray[np.int32]) -> Interactions:
        """The same rows with other codes of their items."""
        return Interactions(self.users, items, self.ratings, self.timestamps, self.locators)

    def by_user_and_time(self) -> Interactions:
        """The rows ordered by user, then time, then item, then place in the source."""
        order = np.lexsort((self.timestamps, self.users))
        users, times = self.users[order], self.timestamps[order]
        if np.any((users[1:] == users[:-1]) & (times[1:] == times[:-1])):
            order = np.lexsort((self.locators, self.items, self.timestamps, self.users))
        return self.take(order)


@dataclass(frozen=True, slots=True)
class Collected:
    """The interactions with items of the catalogue, and what was left out."""

    rows: Interactions
    user_ids: Any
    """The ids of the users by code, as Arrow strings."""
    repeats: Repeats
    unknown_reviews: int
    """Reviews of items that are not in the catalogue."""
    unknown_items: int
    an_unknown_item: str | None
    """One of them, to be shown."""

    def users_in_order(self, rows: Interactions) -> tuple[list[str], Interactions]:
        """The sorted ids of the users of some rows, and the rows with positions in them as codes.

        Rows of users in the order of their ids, as everything that follows has them.
        """
        codes, places = np.unique(rows.users, return_inverse=True)
        ids: list[str] = self.user_ids.take(codes).to_pylist()
        order = sorted(range(len(ids)), key=ids.__getitem__)
        ranks = np.empty(len(ids), dtype=np.int64)
        ranks[order] = np.arange(len(ids))
        return [ids[place] for place in order], rows.with_users(ranks[places])


def collect(
    batches: Iterable[Batch], item_ids: Sequence[str], repeated: RepeatedReviews
) -> Collected:
    """Collect the interactions with the items of the sorted `item_ids`, and settle repeated ones.

    Memory grows with their number by about 70 bytes each (the user's id is most of it).
    """
    import pyarrow as pa

    known = {item_id: code for code, item_id in enumerate(item_ids)}
    parts = [_Part() for _ in range(_PARTS)]
    unknown: set[str] = set()
    unknown_reviews = 0
    for batch in _larger(batches):
        names = batch.items.dictionary_encode()
        ids = names.dictionary.to_pylist()
        code_of_id = np.array([known.get(item_id, -1) for item_id in ids], dtype=np.int32)
        codes = code_of_id[names.indices.to_numpy()] if ids else code_of_id
        unknown.update(ids[place] for place in np.flatnonzero(code_of_id < 0).tolist())
        unknown_reviews += int(np.count_nonzero(codes < 0))
        _divide(batch, codes, parts)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="collecting") as threads:
        settled = list(
            threads.map(lambda part: part.settle(len(item_ids), repeated), _emptied(parts))
        )
    user_ids = pa.chunked_array([part.user_ids for part in settled], pa.string())
    repeats = Repeats(
        sum(part.repeats.duplicates for part in settled),
        sum(part.repeats.superseded for part in settled),
    )
    users_before = np.cumsum([0, *(len(part.user_ids) for part in settled)])
    rows = [
        part.rows.with_users(part.rows.users + before)
        for part, before in zip(settled, users_before, strict=False)
    ]
    settled.clear()
    return Collected(
        rows=_joined(rows),
        user_ids=user_ids,
        repeats=repeats,
        unknown_reviews=unknown_reviews,
        unknown_items=len(unknown),
        an_unknown_item=min(unknown, default=None),
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    rows: Interactions
    user_ids: Any
    repeats: Repeats


class _Part:
    """The rows of some of the users, in the order of the source."""

    def __init__(self) -> None:
        self._users: list[Any] = []
        self._rows: list[Interactions] = []

    def add(self, users: Any, rows: Interactions) -> None:
        self._users.append(users)
        self._rows.append(rows)

    def settle(self, items: int, repeated: RepeatedReviews) -> _Settled:
        import pyarrow as pa

        names = pa.concat_arrays([pa.array([], pa.string()), *self._users]).dictionary_encode()
        self._users.clear()
        rows = _joined(self._rows).with_users(names.indices.to_numpy().astype(np.int64))
        kept, repeats = without_repeats(rows.users * items + rows.items, rows.timestamps, repeated)
        return _Settled(rows.take(kept), names.dictionary, repeats)


def _emptied(parts: list[_Part]) -> Iterator[_Part]:
    while parts:
        yield parts.pop()


def _larger(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The same rows in fewer batches, so that an item of many is looked up less often."""
    gathered: list[Batch] = []
    for batch in batches:
        gathered.append(batch)
        if sum(one.ratings.size for one in gathered) >= _ROWS_AT_ONCE:
            yield _one_batch(gathered)
            gathered.clear()
    if gathered:
        yield _one_batch(gathered)


def _one_batch(batches: list[Batch]) -> Batch:
    import pyarrow as pa

    if len(batches) == 1:
        return batches[0]
    return Batch(
        users=pa.concat_arrays([batch.users for batch in batches]),
        items=pa.concat_arrays([batch.items for batch in batches]),
        ratings=np.concatenate([batch.ratings for batch in batches]),
        timestamps=np.concatenate([batch.timestamps for batch in batches]),
        locators=np.concatenate([batch.locators for batch in batches]),
    )


def _divide(batch: Batch, codes: NDArray[np.int32], parts: list[_Part]) -> None:
    """Give each part the rows of its users whose items are known (not -1), in their order."""
    known = np.flatnonzero(codes >= 0)
    part_of_row = _parts(batch.users)[known]
    order = known[np.argsort(part_of_row, kind="stable")]
    sizes = np.bincount(part_of_row, minlength=_PARTS)
    users = batch.users.take(order)
    rows = Interactions(
        users=np.broadcast_to(np.int64(0), order.size),  # set when the part is settled
        items=codes[order],
        ratings=batch.ratings[order],
        timestamps=batch.timestamps[order],
        locators=batch.locators[order],
    )
    stops = np.cumsum(sizes)
    for part, stop, size in zip(parts, stops.tolist(), sizes.tolist(), strict=True):
        if size:
            part.add(users.slice(stop - size, size), _slice(rows, stop - size, stop))


def _slice(rows: Interactions, start: int, stop: int) -> Interactions:
    # Copies, so that the whole batch is not kept for one part of it.
    return Interactions(
        rows.users[start:stop],
        rows.items[start:stop].copy(),
        rows.ratings[start:stop].copy(),
        rows.timestamps[start:stop].copy(),
        rows.locators[start:stop].copy(),
    )


def _parts(ids: Any) -> NDArray[np.uint8]:
    """A part for each id, by its length and two of its bytes: the same for the same id."""
    _, offsets_buffer, data_buffer = ids.buffers()
    if not len(ids):
        return np.empty(0, dtype=np.uint8)
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]
    data = np.frombuffer(data_buffer, dtype=np.uint8)
    starts, lengths = offsets[:-1], np.diff(offsets)
    middle, last = data[starts + lengths // 2], data[starts + lengths - 1]
    mixed = last.astype(np.uint32) * 131 + middle.astype(np.uint32) * 31 + lengths.astype(np.uint32)
    parts: NDArray[np.uint8] = (mixed % _PARTS).astype(np.uint8)
    return parts


def _joined(parts: list[Interactions]) -> Interactions:
    """The rows of all parts, one after the other. The parts are given up as they are copied."""
    size = sum(map(len, parts))
    rows = Interactions(
        users=np.empty(size, dtype=np.int64),
        items=np.empty(size, dtype=np.int32),
        ratings=np.empty(size, dtype=np.float64),
        timestamps=np.empty(size, dtype=np.int64),
        locators=np.empty(size, dtype=np.int64),
    )
    while parts:
        part = parts.pop()
        start = size - len(part)
        rows.users[start:size] = part.users
        rows.items[start:size] = part.items
        rows.ratings[start:size] = part.ratings
        rows.timestamps[start:size] = part.timestamps
        rows.locators[start:size] = part.locators
        size = start
    return rows
