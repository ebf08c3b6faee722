from __future__ import annotations

from itertools import combinations

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.grounding.kcore import KCore, Round, k_core

Pair = tuple[int, int]


def core_of(pairs: list[Pair], min_user: int, min_item: int) -> KCore:
    columns: NDArray[np.int64] = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return k_core(columns[:, 0], columns[:, 1], min_user, min_item)


def kept(pairs: list[Pair], min_user: int, min_item: int) -> set[Pair]:
    mask = core_of(pairs, min_user, min_item).kept
    return {pair for pair, stays in zip(pairs, mask, strict=True) if stays}


def is_core(pairs: set[Pair], min_user: int, min_item: int) -> bool:
    users, items = [user for user, _ in pairs], [item for _, item in pairs]
    return all(users.count(user) >= min_user for user in users) and all(
        items.count(item) >= min_item for item in items
    )


def brute_force(pairs: list[Pair], min_user: int, min_item: int) -> set[Pair]:
    """The union of all subsets that are cores: cores are closed under union."""
    distinct = sorted(set(pairs))
    subsets = (
        set(subset) for size in range(len(distinct) + 1) for subset in combinations(distinct, size)
    )
    return set().union(*(subset for subset in subsets if is_core(subset, min_user, min_item)))


graphs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=10, unique=True)
sizes = st.integers(1, 3)


@given(graphs, sizes, sizes)
@settings(max_examples=150, deadline=None)
def test_the_core_is_the_largest_there_is(pairs: list[Pair], min_user: int, min_item: int) -> None:
    assert kept(pairs, min_user, min_item) == brute_force(pairs, min_user, min_item)


@given(st.permutations(range(40)), st.integers(0, 10_000), sizes, sizes)
@settings(max_examples=50, deadline=None)
def test_the_core_does_not_depend_on_the_order_of_rows(
    order: list[int], seed: int, min_user: int, min_item: int
) -> None:
    drawn = np.random.default_rng(seed).integers(0, 9, size=(40, 2))
    pairs = [(int(user), int(item)) for user, item in drawn]
    shuffled = [pairs[position] for position in order]
    assert kept(pairs, min_user, min_item) == kept(shuffled, min_user, min_item)


@given(graphs, sizes, sizes)
@settings(max_examples=50, deadline=None)
def test_rounds_account_for_everything_removed(
    pairs: list[Pair], min_user: int, min_item: int
) -> None:
    core = core_of(pairs, min_user, min_item)
    left = kept(pairs, min_user, min_item)
    removed = set(pairs) - left
    assert sum(each.interactions for each in core.rounds) == len(removed)
    users_gone = {user for user, _ in pairs} - {user for user, _ in left}
    # A user all of whose items go is gone too, without having been removed for being too small.
    assert sum(each.users for each in core.rounds) <= len(users_gone)


def test_removing_an_item_can_remove_a_user_in_the_next_round() -> None:
    square = [(user, item) for user in (0, 1) for item in (0, 1)]
    core = core_of([*square, (2, 0), (2, 5)], 2, 2)
    assert core.rounds == (Round(users=0, items=1, interactions=1), Round(1, 0, 1))
    assert core.kept.tolist() == [True] * 4 + [False] * 2


def test_each_row_counts_and_repeats_are_settled_before() -> None:
    assert core_of([(0, 0), (0, 0)], 2, 2).kept.tolist() == [True, True]
    assert core_of([(0, 0), (0, 0)], 3, 1).kept.tolist() == [False, False]


edges = st.sets(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=120)


@given(edges, st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_with_one_k_it_is_the_k_core_of_graph_theory(pairs: set[Pair], k: int) -> None:
    graph = networkx.Graph((f"user {user}", f"item {item}") for user, item in pairs)
    expected = networkx.k_core(graph, k)
    found = kept(sorted(pairs), k, k)
    assert {frozenset((f"user {user}", f"item {item}")) for user, item in found} == {
        frozenset(edge) for edge in expected.edges
    }


def test_no_interactions_have_an_empty_core() -> None:
    core = core_of([], 12, 12)
    assert core.kept.size == 0
    assert core.rounds == ()


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        k_core(np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64), 1, 1)
