from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.grounding.interactions import collect
from services.grounding.sources.protocol import Batch

Row = tuple[str, str, int]

ids = st.text("abcé🎬", min_size=1, max_size=4)
rows = st.lists(st.tuples(ids, st.sampled_from(["a", "b", "c", "other"]), st.integers(0, 9)))


def batches(found: list[Row], size: int) -> list[Batch]:
    """Batches of `size` rows. Their strings are slices of one array, as a reader's may be."""
    users = pa.array([user for user, _, _ in found], pa.string())
    items = pa.array([item for _, item, _ in found], pa.string())
    return [
        Batch(
            users.slice(start, size),
            items.slice(start, size),
            np.array([float(1 + time % 5) for _, _, time in found[start : start + size]]),
            np.array([time for _, _, time in found[start : start + size]], dtype=np.int64),
            np.arange(start, min(start + size, len(found))),
        )
        for start in range(0, len(found), size)
    ]


@given(rows, st.integers(1, 7))
@settings(deadline=None)
def test_every_row_of_a_known_item_is_collected_with_its_own_values(
    found: list[Row], size: int
) -> None:
    collected = collect(batches(found, size), ["a", "b", "c"], "all")
    distinct = {row: place for place, row in reversed(list(enumerate(found)))}
    known = {row: place for row, place in distinct.items() if row[1] != "other"}
    users, columns = collected.users_in_order(collected.rows)
    assert users == sorted({user for user, _, _ in known})
    assert {
        (users[user], "abc"[item], time): place
        for user, item, time, place in zip(
            columns.users.tolist(),
            columns.items.tolist(),
            columns.timestamps.tolist(),
            columns.locators.tolist(),
            strict=True,
        )
    } == known
    assert columns.ratings.tolist() == [float(1 + time % 5) for time in columns.timestamps]
    others = [row for row in found if row[1] == "other"]
    assert collected.unknown_reviews == len(others)
    assert collected.unknown_items == bool(others)
    assert collected.an_unknown_item == ("other" if others else None)
    assert collected.repeats.duplicates == len(found) - len(others) - len(known)


def test_rows_come_by_user_then_time_then_item() -> None:
    found = [("v", "a", 1), ("u", "b", 2), ("u", "a", 2), ("u", "c", 1)]
    collected = collect(batches(found, 9), ["a", "b", "c"], "last")
    _, columns = collected.users_in_order(collected.rows)
    assert columns.by_user_and_time().locators.tolist() == [3, 2, 1, 0]
