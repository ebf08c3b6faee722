from __future__ import annotations

import pytest

from services.evaluator.diversity import cut_to, distinct, mean_similarity, repetition

A, B = ["the", "cat", "sat", "on", "the", "mat"], ["a", "dog", "ran"]


def test_distinct_counts_ngrams_within_texts() -> None:
    assert distinct([A], 1) == 5 / 6
    assert distinct([A, A], 1) == 5 / 12
    # Bigrams: 5 and 2, all different; none joins the two texts.
    assert distinct([A, B], 2) == 1
    assert distinct([A, A], 2) == 0.5


def test_distinct_of_nothing_is_unknown() -> None:
    assert distinct([], 1) is None
    assert distinct([["one"]], 2) is None


@pytest.mark.parametrize(
    ("amount", "kept"), [(0, []), (4, [A[:4]]), (6, [A]), (8, [A, B[:2]]), (99, [A, B])]
)
def test_texts_are_cut_to_an_amount(amount: int, kept: list[list[str]]) -> None:
    assert cut_to([A, B], amount) == kept


def test_a_text_that_loops_repeats_itself() -> None:
    assert repetition(["yes", "it", "is", "so"] * 5) == 1 - 4 / 17
    assert repetition(["one", "two", "three", "four", "five"]) == 0
    assert repetition(["short"]) == 0


def test_similarity_is_the_mean_over_pairs() -> None:
    assert mean_similarity([A, A]) == 1
    assert mean_similarity([A, A, B]) == pytest.approx(1 / 3)
    assert mean_similarity([[], []]) == 0
    assert mean_similarity([A]) is None
