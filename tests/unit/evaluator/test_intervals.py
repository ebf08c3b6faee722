from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from services.evaluator.intervals import difference_of_shares, mean, share


@pytest.mark.parametrize(("hits", "of"), [(0, 20), (20, 20), (7, 20), (1, 1), (3, 1000)])
def test_a_share_has_wilsons_interval(hits: int, of: int) -> None:
    found = share(hits, of)
    expected = binomtest(hits, of).proportion_ci(confidence_level=0.95, method="wilson")
    assert found.value == hits / of
    assert found.interval is not None
    assert found.interval.low == pytest.approx(expected.low, abs=1e-9)
    assert found.interval.high == pytest.approx(expected.high, abs=1e-9)


def test_none_of_twenty_may_still_be_one_in_seven() -> None:
    interval = share(0, 20).interval
    assert interval is not None
    assert interval.low == 0
    assert 0.14 < interval.high < 0.17


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(0, 0).value is None


def test_the_bootstrap_covers_the_mean_as_often_as_it_says() -> None:
    rng = random.Random(3)
    covered = 0
    for trial in range(60):
        interval = mean([rng.gauss(5, 2) for _ in range(40)], trial).interval
        assert interval is not None
        covered += interval.low <= 5 <= interval.high
    assert covered >= 51  # 57 expected; fewer than 51 come once in two hundred


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = [number**0.5 for number in range(40)]
    assert mean(values, 1) == mean(values, 1)
    assert mean(values, 1).value == mean(values, 2).value
    assert mean(values, 1) != mean(values, 2)


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0, 3.0]])
def test_one_value_or_equal_ones_give_no_interval(values: list[float]) -> None:
    found = mean(values, 1)
    assert found.value == 3
    assert found.interval is None


def test_no_value_gives_no_mean() -> None:
    assert mean([], 1).value is None
    assert difference_of_shares([], [], 1).value is None


def test_a_difference_is_paired() -> None:
    left = [True] * 15 + [False] * 5
    # The same numbers, but other pairs.
    alike = difference_of_shares(left, [True] * 10 + [False] * 10, 1)
    crossed = difference_of_shares(left, [False] * 10 + [True] * 10, 1)
    assert alike.value == crossed.value == 0.25
    assert alike.interval is not None
    assert crossed.interval is not None
    assert alike.interval.method == "bootstrap"
    width = alike.interval.high - alike.interval.low
    assert width < crossed.interval.high - crossed.interval.low


def test_all_against_none_still_has_an_interval() -> None:
    # Newcombe by hand: Wilson of 20/20 is [0.839, 1], of 0/20 [0, 0.161].
    interval = difference_of_shares([True] * 20, [False] * 20, 1).interval
    assert interval is not None
    assert interval.method == "newcombe"
    assert interval.low == pytest.approx(1 - (0.16113**2 * 2) ** 0.5, abs=1e-4)
    assert interval.high == 1


def test_pairs_that_are_all_alike_do_not_prove_there_is_no_difference() -> None:
    interval = difference_of_shares([True] * 4, [True] * 4, 1).interval
    assert interval is not None
    assert interval.low < -0.4
    assert interval.high > 0.4


def test_both_sides_need_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        difference_of_shares([True], [], 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_a_difference_of_shares_is_in_its_interval(pairs: list[tuple[bool, bool]]) -> None:
    left, right = [one for one, _ in pairs], [other for _, other in pairs]
    found = difference_of_shares(left, right, 1)
    assert found.value is not None
    assert found.interval is not None
    assert -1 <= found.interval.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.interval.high <= 1
