"""A prompt keeps within its tokens, and loses the least important facts first."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Interaction, ItemFacts, UserProfile
from recdial.promptfacts import PromptFacts, PromptItem, parse_facts, render_facts, section_lines
from recdial.settings import STEREOTYPES, RunConfig
from recdial.stereotypes import Feature
from recdial.tokens import BYTES_PER_TOKEN
from services.prompter.budget import CUT_ORDER, WHOLE_ITEM, PromptTooLong, fit
from services.prompter.prompts import Prompt, build_prompt, prompt_row, system_message
from services.prompter.tokens import ESTIMATE, TokenCounter

MakeConfig = Callable[..., RunConfig]
RUN = UUID(int=1)
WORDS = TokenCounter("words", lambda line: len(line.split()))


def item(item_id: str, words: int = 5) -> PromptItem:
    text = " ".join(["word"] * words)
    return PromptItem(
        item_id=item_id,
        title=f"Title {item_id}",
        genres=("Drama", "War"),
        keywords=(text, "x"),
        directors=("A B",),
        actors=("C D", "E F"),
        collection=text,
        overview=text,
        visual_caption=text,
        review=text,
    )


FACTS = PromptFacts(liked=(item("H1"), item("H3")), disliked=(item("H2"),), target=item("T"))
AGES = ["H1", "H2", "H3"]


def fitted_to(limit: int) -> tuple[PromptFacts, dict[str, int]]:
    found = fit(FACTS, AGES, ["rules"], limit, WORDS)
    assert found.tokens <= limit
    return found.facts, found.cut


FULL = fit(FACTS, AGES, ["rules"], 10_000, WORDS).tokens


def test_what_fits_is_left_alone() -> None:
    assert fitted_to(FULL) == (FACTS, {})


def test_one_token_too_many_costs_the_oldest_items_least_important_feature() -> None:
    facts, cut = fitted_to(FULL - 1)
    assert cut == {"history.visual_caption": 1}
    assert facts.liked[0] == FACTS.liked[0].model_copy(update={"visual_caption": ""})
    assert (facts.liked[1], facts.disliked, facts.target) == (
        FACTS.liked[1],
        FACTS.disliked,
        FACTS.target,
    )


def test_everything_is_cut_in_the_documented_order_and_the_target_stays() -> None:
    orders = []
    for limit in range(FULL, 0, -1):
        try:
            facts, cut = fitted_to(limit)
        except PromptTooLong:
            break
        orders.append(list(cut))
        assert (facts.target.item_id, facts.target.title) == ("T", "Title T")
    longest = orders[-1]
    assert longest == [f"{section}.{what}" for section, what in CUT_ORDER]
    assert all(order == longest[: len(order)] for order in orders)
    assert facts.liked == facts.disliked == ()


def test_every_feature_of_history_and_target_has_its_place_in_the_order() -> None:
    assert sorted(CUT_ORDER) == sorted(
        [(section, feature) for section in ("history", "target") for feature in Feature]
        + [("history", WHOLE_ITEM)]
    )


def test_a_limit_that_nothing_can_meet_says_so() -> None:
    with pytest.raises(PromptTooLong, match=r"rules and the target alone are [0-9]+ tokens.*raise"):
        fit(FACTS, AGES, ["rules " * 100], 120, WORDS)


@given(st.integers(100, FULL + 30))
def test_the_count_is_that_of_the_text(limit: int) -> None:
    found = fit(FACTS, AGES, ["rules", *section_lines()], limit, WORDS)
    lines = render_facts(found.facts, history_shown=True).split("\n")
    counted = 48 + 2 + sum(len(line.split()) + 1 for line in lines)
    empty = sum(not part for part in (found.facts.liked, found.facts.disliked))
    # The lines `none` of empty sections are always counted: 2 tokens each.
    assert found.tokens == counted + 2 * (2 - empty)


def long_profile(reviews: str = "word " * 300) -> UserProfile:
    def rated(number: int) -> Interaction:
        facts = ItemFacts(
            item_id=f"I{number}",
            title=f"Title {number}",
            year=1990 + number,
            genres=("Drama",),
            keywords=("sea", "storm"),
            directors=("Ann Director",),
            actors=("Bob Actor", "Cid Actor"),
            overview="A long story. " * 40,
        )
        return Interaction(item=facts, rating=5, timestamp=number, review_text=reviews)

    history = tuple(rated(number) for number in range(9))
    return UserProfile(user_id="u", history=history, target=rated(9))


@pytest.mark.parametrize("limit", [600, 700, 900, 1500, 3000])
@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_prompts_keep_within_the_limit_and_keep_rules_and_target(
    stereotype: str, limit: int, make_config: MakeConfig
) -> None:
    config = make_config(prompting={"max_prompt_tokens": limit})
    prompt = build_prompt(RUN, long_profile(), stereotype, config)
    assert prompt.budget is not None
    assert prompt.budget.tokens <= limit
    assert (prompt.budget.limit, prompt.budget.counted_by) == (limit, "estimate")
    size = sum(len(message.content.encode()) for message in prompt.messages)
    assert size / BYTES_PER_TOKEN <= prompt.budget.tokens
    assert prompt.messages[0].content == system_message(stereotype, config)
    facts = parse_facts(prompt.messages[1].content)
    assert (facts.target.item_id, facts.target.title) == ("I9", "Title 9")
    assert facts.item_ids == prompt.item_ids
    assert prompt_row(RUN, prompt, long_profile())["budget"] == prompt.budget.model_dump()


def test_without_a_limit_nothing_is_counted(make_config: MakeConfig) -> None:
    prompt = build_prompt(RUN, long_profile(), "preference_driven_searcher", make_config())
    assert prompt.budget is None
    assert prompt_row(RUN, prompt, long_profile())["budget"] is None


def test_a_limit_that_is_not_reached_changes_no_word(
    profile: UserProfile, make_config: MakeConfig
) -> None:
    def made(**prompting: int) -> Prompt:
        config = make_config(prompting=prompting)
        return build_prompt(RUN, profile, "preference_driven_searcher", config)

    limited = made(max_prompt_tokens=5000)
    assert limited.messages == made().messages
    assert limited.budget is not None
    assert limited.budget.cut == {}


def test_the_estimate_takes_other_scripts_for_what_they_cost() -> None:
    assert ESTIMATE.count("") == 0
    assert ESTIMATE.count("abcd") == 2
    assert ESTIMATE.count("東京物語") == 4
