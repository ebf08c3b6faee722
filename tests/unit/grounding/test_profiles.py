from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grounding.profiles import Choice, Profile, choose


def chosen(ratings: str, profile: Profile = "strict", history: int = 9, histories: int = 1) -> str:
    """What is chosen from ratings like `4215`: histories and targets by position."""
    found = choose(
        [float(rating) for rating in ratings],
        history=history,
        profile=profile,
        histories=histories,
    )
    if isinstance(found, str):
        return found
    return " ".join(f"{''.join(map(str, choice.history))}>{choice.target}" for choice in found)


def test_strict_takes_the_last_liked_item_and_what_came_before_it() -> None:
    assert chosen("5421") == "0>1"


def test_paper_takes_the_last_item_although_it_is_disliked() -> None:
    assert chosen("5421", "paper") == "012>3"


def test_the_history_is_the_items_just_before_the_target() -> None:
    assert chosen("5421", "paper", history=2) == "12>3"
    assert chosen("5421", "paper", history=0) == ">3"


def test_three_stars_are_not_liked_and_a_little_more_is() -> None:
    assert choose([3.0], history=9, profile="strict") == "no_liked_item"
    assert choose([3.1], history=9, profile="strict") == [Choice(range(0, 0), 0)]


def test_a_user_who_likes_only_the_first_item_keeps_an_empty_history() -> None:
    assert chosen("51") == ">0"


@pytest.mark.parametrize("profile", ["strict", "paper"])
def test_a_user_without_interactions_is_dropped(profile: Profile) -> None:
    assert chosen("", profile) == "no_interaction"


def test_further_histories_end_at_the_target_before() -> None:
    assert chosen("54142", histories=2, history=3) == "012>3 0>1"
    assert chosen("54142", "paper", histories=2, history=3) == "123>4 012>3"


def test_a_user_with_fewer_targets_has_fewer_histories() -> None:
    assert chosen("1512", histories=3) == "0>1"
    assert chosen("12", "paper", histories=9) == "0>1 >0"


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=8),
    st.integers(0, 4),
    st.sampled_from(["strict", "paper"]),
    st.integers(1, 4),
)
def test_a_profile_never_looks_ahead_and_more_histories_leave_the_first_alone(
    ratings: list[int], history: int, profile: Profile, histories: int
) -> None:
    found = choose(ratings, history=history, profile=profile, histories=histories)
    if isinstance(found, str):
        assert profile == "strict"
        assert max(ratings) <= 3
        return
    assert 1 <= len(found) <= histories
    assert [found[0]] == choose(ratings, history=history, profile=profile)
    targets = [choice.target for choice in found]
    assert targets == sorted(set(targets), reverse=True)
    for choice in found:
        assert len(choice.history) == min(history, choice.target)
        assert choice.history.stop == choice.target
        assert profile == "paper" or ratings[choice.target] > 3
