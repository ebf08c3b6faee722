from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.grounding.repeats import RepeatedReviews, without_repeats

Row = tuple[int, int, int]


def kept_rows(*rows: Row, repeated: RepeatedReviews = "last") -> tuple[list[int], int, int]:
    """Which (user, item, time) are kept, and how many duplicates and superseded ones are not."""
    users, items, times = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    kept, repeats = without_repeats(users * 100 + items, times, repeated)
    return np.flatnonzero(kept).tolist(), repeats.duplicates, repeats.superseded


def test_the_latest_review_of_an_item_counts() -> None:
    assert kept_rows((0, 0, 5), (0, 0, 9), (0, 0, 7)) == ([1], 0, 2)


def test_of_exact_duplicates_the_first_row_counts() -> None:
    assert kept_rows((0, 0, 5), (0, 0, 5), (0, 0, 5)) == ([0], 2, 0)


def test_duplicates_and_earlier_reviews_are_counted_apart() -> None:
    assert kept_rows((0, 0, 5), (0, 0, 5), (0, 0, 8), (0, 0, 8)) == ([2], 2, 1)


def test_all_keeps_every_review_but_exact_duplicates() -> None:
    rows = ((0, 0, 5), (0, 0, 5), (0, 0, 8), (0, 1, 5))
    assert kept_rows(*rows, repeated="all") == ([0, 2, 3], 1, 0)


def test_other_users_and_items_at_the_same_time_are_no_duplicates() -> None:
    assert kept_rows((0, 0, 5), (1, 0, 5), (0, 1, 5)) == ([0, 1, 2], 0, 0)


def test_no_rows_have_no_latest_review() -> None:
    assert kept_rows() == ([], 0, 0)


small = st.integers(0, 2)


@given(st.lists(st.tuples(small, small, small), max_size=30))
def test_one_row_of_each_user_and_item_is_kept_and_all_are_accounted_for(rows: list[Row]) -> None:
    found, duplicates, superseded = kept_rows(*rows)
    latest: dict[tuple[int, int], int] = {}
    for place, (user, item, time) in enumerate(rows):
        held = latest.get((user, item))
        if held is None or time > rows[held][2]:
            latest[user, item] = place
    assert found == sorted(latest.values())
    assert duplicates == len(rows) - len(set(rows))
    assert superseded == len(set(rows)) - len(latest)
