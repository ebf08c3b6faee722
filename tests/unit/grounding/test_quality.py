from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import ItemFacts
from services.grounding.quality import coverage, long_tail


def test_coverage_is_the_share_of_items_with_the_fact() -> None:
    items = [
        ItemFacts(item_id="a", title="Alien", genres=("Horror",), overview="A crew answers."),
        ItemFacts(item_id="b", title="Brazil", genres=("Drama",), actors=("Somebody",)),
    ]
    assert coverage(items) == {
        "genres": 1.0,
        "keywords": 0.0,
        "actors": 0.5,
        "directors": 0.0,
        "overview": 0.5,
    }


def test_equally_popular_items_have_no_tail() -> None:
    tail = long_tail(np.full(100, 7))
    assert tail.gini == 0.0
    assert tail.top_percent == {"1": 0.01, "10": 0.1, "20": 0.2}
    assert tail.median_interactions == 7.0


def test_a_few_items_with_most_interactions_are_seen() -> None:
    tail = long_tail(np.array([1] * 99 + [901]))
    assert tail.top_percent["1"] == 0.901
    assert tail.gini == pytest.approx(0.891)
    assert tail.median_interactions == 1.0


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_gini_is_the_mean_difference_over_twice_the_mean(sizes: list[int]) -> None:
    differences = [abs(one - other) for one in sizes for other in sizes]
    expected = sum(differences) / len(sizes) ** 2 / (2 * sum(sizes) / len(sizes))
    assert long_tail(np.array(sizes)).gini == pytest.approx(expected, abs=1e-4)
