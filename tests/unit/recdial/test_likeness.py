"""How alike two greedy outputs are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recdial.llm.likeness import likeness

TEXTS = st.lists(st.sampled_from("abcd"), max_size=12).map(" ".join)


@given(TEXTS, TEXTS)
def test_it_is_a_share_and_one_for_the_same_words_only(one: str, other: str) -> None:
    found = likeness(one, other)

    assert 0 <= found <= 1
    assert (found == 1) == (one == other)


def test_white_space_does_not_count() -> None:
    assert likeness("[USR] Hi\n[AI]  Hello ", "[USR] Hi [AI] Hello") == 1


def test_nothing_in_common() -> None:
    assert likeness("one two", "three four") == 0
    assert likeness("", "three") == 0


def test_a_common_beginning_weighs_more_than_the_same_words_later() -> None:
    assert likeness("a b c x y z", "a b c p q r") > likeness("x y z a b c", "p q r a b c")
