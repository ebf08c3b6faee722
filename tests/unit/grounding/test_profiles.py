from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Interaction, ItemFacts, UserProfile
from services.grounding.profiles import Drop, Profile, build_profile, latest_reviews


def rated(item: str, rating: float, time: int) -> Interaction:
    facts = ItemFacts(item_id=item, title=f"Film {item}")
    return Interaction(item=facts, rating=rating, timestamp=time)


def shown(profile: UserProfile | Drop) -> tuple[str, str]:
    assert isinstance(profile, UserProfile)
    return "".join(each.item.item_id for each in profile.history), profile.target.item.item_id


SEEN = [rated("c", 2, 30), rated("a", 5, 10), rated("d", 1, 40), rated("b", 4, 20)]


def test_strict_takes_the_last_liked_item_and_what_came_before_it() -> None:
    assert shown(build_profile("u", SEEN, history=9, profile="strict")) == ("a", "b")


def test_paper_takes_the_last_item_although_it_is_disliked() -> None:
    assert shown(build_profile("u", SEEN, history=9, profile="paper")) == ("abc", "d")


def test_the_history_is_the_items_just_before_the_target() -> None:
    assert shown(build_profile("u", SEEN, history=2, profile="paper")) == ("bc", "d")
    assert shown(build_profile("u", SEEN, history=0, profile="paper")) == ("", "d")


def test_three_stars_are_not_liked_and_a_little_more_is() -> None:
    neutral = build_profile("u", [rated("a", 3.0, 1)], history=9, profile="strict")
    assert neutral == Drop("u", 0, "no_liked_item")
    assert shown(build_profile("u", [rated("a", 3.1, 1)], history=9, profile="strict")) == ("", "a")


def test_a_user_who_likes_only_the_first_item_keeps_an_empty_history() -> None:
    seen = [rated("a", 5, 1), rated("b", 1, 2)]
    assert shown(build_profile("u", seen, history=9, profile="strict")) == ("", "a")


def test_ties_in_time_are_ordered_by_item_id() -> None:
    seen = [rated("b", 5, 1), rated("c", 5, 1), rated("a", 5, 1)]
    assert shown(build_profile("u", seen, history=9, profile="strict")) == ("ab", "c")


@pytest.mark.parametrize("profile", ["strict", "paper"])
def test_a_user_without_interactions_is_dropped(profile: Profile) -> None:
    assert build_profile("u", [], history=9, profile=profile) == Drop("u", 0, "no_interaction")


def test_two_interactions_with_one_item_are_refused() -> None:
    with pytest.raises(ValueError, match="two interactions with one item"):
        build_profile("u", [rated("a", 5, 1), rated("a", 4, 2)], history=9, profile="strict")


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=8),
    st.integers(0, 4),
    st.sampled_from(["strict", "paper"]),
    st.randoms(),
)
def test_a_profile_does_not_depend_on_the_order_and_never_looks_ahead(
    ratings: list[tuple[int, int]], history: int, profile: Profile, random: object
) -> None:
    seen = [rated(f"i{n}", rating, time) for n, (rating, time) in enumerate(ratings)]
    built = build_profile("u", seen, history=history, profile=profile)
    random.shuffle(seen)  # type: ignore[attr-defined]
    assert build_profile("u", seen, history=history, profile=profile) == built
    if isinstance(built, Drop):
        assert profile == "strict"
        assert not any(each.liked for each in seen)
        return
    assert len(built.history) <= history
    moments = [(each.timestamp, each.item.item_id) for each in (*built.history, built.target)]
    assert moments == sorted(set(moments))
    assert built.target.liked or profile == "paper"


def kept_rows(*rows: tuple[int, int, int]) -> tuple[list[int], int, int]:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    latest = latest_reviews(columns[0], columns[1], columns[2])
    return np.flatnonzero(latest.kept).tolist(), latest.duplicates, latest.superseded


def test_the_latest_review_of_an_item_counts() -> None:
    assert kept_rows((0, 0, 5), (0, 0, 9), (0, 0, 7)) == ([1], 0, 2)


def test_of_exact_duplicates_the_first_row_counts() -> None:
    assert kept_rows((0, 0, 5), (0, 0, 5), (0, 0, 5)) == ([0], 2, 0)


def test_duplicates_and_earlier_reviews_are_counted_apart() -> None:
    assert kept_rows((0, 0, 5), (0, 0, 5), (0, 0, 8), (0, 0, 8)) == ([2], 2, 1)


def test_other_users_and_items_at_the_same_time_are_no_duplicates() -> None:
    assert kept_rows((0, 0, 5), (1, 0, 5), (0, 1, 5)) == ([0, 1, 2], 0, 0)


def test_no_rows_have_no_latest_review() -> None:
    assert kept_rows() == ([], 0, 0)
