"""What of a profile reaches the prompt, and how much of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Interaction, ItemFacts, UserProfile
from recdial.promptfacts import PromptFacts, one_line
from recdial.settings import PromptingConfig
from services.prompter.features import cut, prompt_facts
from services.prompter.stereotypes import STEREOTYPE_TABLE

SEARCHER = STEREOTYPE_TABLE["preference_driven_searcher"]


def rated(item_id: str, rating: float, timestamp: int = 0, **facts: object) -> Interaction:
    item = ItemFacts.model_validate({"item_id": item_id, "title": f"title {item_id}", **facts})
    return Interaction(
        item=item,
        rating=rating,
        timestamp=timestamp,
        review_title="headline",
        review_text="one two three",
    )


def searcher_facts(history: list[Interaction], target: Interaction, **limits: int) -> PromptFacts:
    profile = UserProfile(user_id="u", history=tuple(history), target=target)
    return prompt_facts(profile, SEARCHER, PromptingConfig.model_validate(limits), "strict")


def test_a_rating_above_three_is_liked_and_others_are_not() -> None:
    facts = searcher_facts([rated("A", 3.0), rated("B", 3.1), rated("C", 5)], rated("D", 4))
    assert [item.item_id for item in facts.liked] == ["B", "C"]
    assert [item.item_id for item in facts.disliked] == ["A"]


def test_an_item_rated_again_is_listed_once_with_its_last_rating() -> None:
    facts = searcher_facts([rated("A", 5, 1), rated("B", 5, 2), rated("A", 1, 3)], rated("D", 4))
    assert [item.item_id for item in facts.liked] == ["B"]
    assert [item.item_id for item in facts.disliked] == ["A"]


def test_the_target_is_never_part_of_the_history() -> None:
    facts = searcher_facts([rated("A", 5, 1), rated("D", 2, 2)], rated("D", 4, 3))
    assert facts.item_ids == ("A", "D")
    assert not facts.disliked


def test_limits_keep_the_first_names_and_whole_words() -> None:
    many = tuple("abcdefghijklmnop")
    target = rated("D", 4, keywords=many, actors=many, overview="alpha beta gamma")
    facts = searcher_facts(
        [rated("A", 5)],
        target,
        max_keywords=2,
        max_actors=3,
        max_overview_chars=12,
        max_review_chars=13,
    )
    assert facts.target.keywords == ("a", "b")
    assert facts.target.actors == ("a", "b", "c")
    assert facts.target.overview == "alpha beta"
    assert facts.liked[0].review == "headline: one"


def test_limits_of_zero_hide_a_feature() -> None:
    target = rated("D", 4, keywords=("a",), actors=("b",), overview="c")
    facts = searcher_facts(
        [rated("A", 5)],
        target,
        max_keywords=0,
        max_actors=0,
        max_overview_chars=0,
        max_review_chars=0,
    )
    assert (facts.target.keywords, facts.target.actors, facts.target.overview) == ((), (), "")
    assert facts.liked[0].review == ""


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_cut_text_is_the_longest_run_of_whole_words_that_fits(text: str, limit: int) -> None:
    line, short = one_line(text), cut(text, limit)
    assert len(short) <= limit
    assert line.startswith(short)
    words = line.split()
    if words and len(words[0]) <= limit:
        fitting = max(
            joined
            for count in range(1, len(words) + 1)
            if len(joined := " ".join(words[:count])) <= limit
        )
        assert short == fitting
    else:
        assert short == line[:limit]
