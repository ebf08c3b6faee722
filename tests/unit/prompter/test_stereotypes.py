"""The table of stereotypes, and the draw of one for a user."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.settings import STEREOTYPES
from services.prompter.stereotypes import STEREOTYPE_TABLE, NoStereotypeFits, draw_stereotype

NEWCOMERS = ("curious_newcomer", "focused_newcomer")


def test_the_table_holds_the_papers_five_in_their_order() -> None:
    assert tuple(STEREOTYPE_TABLE) == STEREOTYPES
    axes = {row.display_name: (row.preference, row.clarity) for row in STEREOTYPE_TABLE.values()}
    assert axes == {
        "Curious Newcomer": ("none", "vague"),
        "Focused Newcomer": ("none", "specific"),
        "History-Based Browser": ("implicit", "none"),
        "Guided Explorer": ("implicit", "vague"),
        "Preference-Driven Searcher": ("explicit", "specific"),
    }


def test_only_the_newcomers_show_no_history() -> None:
    without = [name for name, row in STEREOTYPE_TABLE.items() if not row.shows_history]
    assert without == list(NEWCOMERS)
    assert not any(STEREOTYPE_TABLE[name].history_features for name in without)


def test_users_with_a_history_are_spread_evenly() -> None:
    drawn = Counter(draw_stereotype(7, f"u{n}", 0, STEREOTYPES, True) for n in range(5000))
    assert set(drawn) == set(STEREOTYPES)
    # 1000 each; the standard deviation of a count is 28.
    assert all(abs(count - 1000) < 120 for count in drawn.values())


def test_users_without_a_history_are_newcomers_evenly() -> None:
    drawn = Counter(draw_stereotype(7, f"u{n}", 0, STEREOTYPES, False) for n in range(2000))
    assert set(drawn) == set(NEWCOMERS)
    # 1000 each; the standard deviation of a count is 22.
    assert all(abs(count - 1000) < 100 for count in drawn.values())


def test_seed_user_and_history_number_each_change_the_draw() -> None:
    def draws(seed: int, prefix: str, history_number: int) -> list[str]:
        return [
            draw_stereotype(seed, f"{prefix}{n}", history_number, STEREOTYPES, True)
            for n in range(50)
        ]

    lists = [draws(1, "u", 0), draws(2, "u", 0), draws(1, "v", 0), draws(1, "u", 1)]
    assert len(set(map(tuple, lists))) == 4
    assert draws(1, "u", 0) == lists[0]


@given(st.permutations(STEREOTYPES), st.integers(1, 5), st.text(), st.booleans())
def test_the_order_of_the_allowed_ones_does_not_matter(
    order: list[str], size: int, user_id: str, has_history: bool
) -> None:
    allowed = [*NEWCOMERS, *order[:size]]
    drawn = draw_stereotype(7, user_id, 0, allowed, has_history)
    assert drawn in allowed
    assert drawn == draw_stereotype(7, user_id, 0, allowed[::-1], has_history)


def test_a_user_no_allowed_stereotype_fits_is_refused_with_what_to_do() -> None:
    with pytest.raises(NoStereotypeFits, match=r"user u1 has no history.*allow curious_newcomer"):
        draw_stereotype(7, "u1", 0, ("guided_explorer", "history_based_browser"), False)
