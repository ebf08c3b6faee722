"""The scripted dialogues are well formed whatever the facts, and differ where they should."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from math import log
from random import Random
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recdial.mentions import mention, mentioned_items, replace_mentions
from recdial.promptfacts import PromptFacts, PromptItem, render_facts
from recdial.settings import STEREOTYPES
from services.generator.scripted.dialogue import TooLong, write_dialogue
from services.generator.scripted.phrases import SCRIPTS, Exchange
from services.generator.scripted.words import genre_noun, slots

GENRES = ("Action", "Comedy", "Drama", "Horror", "Mystery", "Science Fiction", "War")
NEWCOMERS = ("curious_newcomer", "focused_newcomer")

names = st.lists(
    st.sampled_from(["spy", "Zorro", "old age", "woman director", "1970s", "based on play", "{x}"])
    | st.text(max_size=12),
    max_size=4,
).map(tuple)


def prompt_items(prefix: str) -> st.SearchStrategy[PromptItem]:
    return st.builds(
        PromptItem,
        item_id=st.integers(0, 999).map(lambda number: f"{prefix}{number}"),
        title=st.sampled_from(["Zorro", "Qwxyz Rising", "Brrglk", "Yyyqx 2"]),
        year=st.none() | st.integers(1900, 2030),
        genres=st.lists(st.sampled_from(GENRES) | st.text(max_size=10), max_size=3).map(tuple),
        keywords=names,
        directors=names,
        actors=names,
        overview=st.text(max_size=20),
        review=st.text(max_size=20),
    )


all_facts = st.builds(
    PromptFacts,
    liked=st.lists(prompt_items("L"), max_size=3).map(tuple),
    disliked=st.lists(prompt_items("D"), max_size=3).map(tuple),
    target=prompt_items("T"),
)


def user_facts(number: int, *, newcomer: bool) -> PromptFacts:
    """Varied, complete facts for a made-up user."""
    rng = Random(number)

    def item(prefix: str) -> PromptItem:
        tag = rng.randrange(10_000)
        return PromptItem(
            item_id=f"{prefix}{tag}",
            title=f"Title {tag}",
            year=rng.randrange(1950, 2020),
            genres=tuple(rng.sample(GENRES, 2)),
            keywords=tuple(f"theme {rng.randrange(1000)}" for _ in range(4)),
            directors=(f"Director {tag}",),
            actors=(f"Actor {tag}", f"Actress {tag}"),
        )

    return PromptFacts(
        liked=() if newcomer else tuple(item("L") for _ in range(3)),
        disliked=() if newcomer else tuple(item("D") for _ in range(2)),
        target=item("T"),
    )


def dialogues_of(stereotype: str, count: int = 100) -> list[tuple[PromptFacts, list[str]]]:
    found = []
    for number in range(count):
        facts = user_facts(number, newcomer=stereotype in NEWCOMERS)
        found.append((facts, write_dialogue(facts, stereotype, (5, 10), number).split("\n")))
    return found


@settings(max_examples=300)
@given(
    facts=all_facts,
    stereotype=st.sampled_from(STEREOTYPES),
    least=st.integers(2, 10),
    more=st.integers(0, 5),
    seed=st.integers(0, 2**63),
)
def test_every_dialogue_is_well_formed(
    facts: PromptFacts, stereotype: str, least: int, more: int, seed: int
) -> None:
    text = write_dialogue(facts, stereotype, (least, least + more), seed)
    lines = text.split("\n")
    assert len(text.splitlines()) == len(lines)
    assert least <= len(lines) <= least + more
    for number, line in enumerate(lines):
        assert re.match(r"\[AI\] \S" if number % 2 else r"\[USR\] \S", line)
        assert not re.search(r"\[(USR|AI)\]", line[5:])
    last_of_assistant = len(lines) - 1 - len(lines) % 2
    naming = [at for at, line in enumerate(lines) if facts.target.item_id in mentioned_items(line)]
    assert naming == [last_of_assistant]
    assert set(mentioned_items(text)) <= set(facts.item_ids)
    spoken = replace_mentions(text, lambda _: "")
    assert "<id_" not in spoken
    for item in (*facts.liked, *facts.disliked, facts.target):
        assert not re.search(rf"\b{item.title}\b", spoken)


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_no_utterance_and_no_question_is_repeated_in_a_dialogue(stereotype: str) -> None:
    for _, lines in dialogues_of(stereotype):
        assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_no_two_of_a_hundred_users_open_alike(stereotype: str) -> None:
    openings = [lines[0] for _, lines in dialogues_of(stereotype)]
    assert len(set(openings)) == len(openings)


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_a_seed_gives_one_user_other_words(stereotype: str) -> None:
    facts = user_facts(1, newcomer=stereotype in NEWCOMERS)
    dialogues = {write_dialogue(facts, stereotype, (5, 10), seed) for seed in range(100)}
    assert len(dialogues) == 100
    # Of some ten thousand openings for the same facts, a few are drawn twice (birthday paradox).
    assert len({dialogue.split("\n")[0] for dialogue in dialogues}) >= 95


def test_whose_dialogue_it_is_can_be_told_from_its_words() -> None:
    """A naive Bayes classifier of the users' words, item mentions and facts aside, hardly errs."""
    said = {
        stereotype: [
            _own_words(facts, "\n".join(lines[::2])) for facts, lines in dialogues_of(stereotype)
        ]
        for stereotype in STEREOTYPES
    }
    seen = {name: Counter(chain(*texts[:50])) for name, texts in said.items()}
    vocabulary = set().union(*seen.values())

    def score(words: list[str], name: str) -> float:
        total = seen[name].total() + len(vocabulary)
        return sum(log((seen[name][word] + 1) / total) for word in words)

    right = [
        max(STEREOTYPES, key=lambda one: score(words, one)) == name
        for name, texts in said.items()
        for words in texts[50:]
    ]
    assert sum(right) >= 0.95 * len(right)


def _own_words(facts: PromptFacts, text: str) -> list[str]:
    """The words of a text that are not the prompt's facts."""
    items = (*facts.liked, *facts.disliked, facts.target)
    names = [name for one in items for name in (*one.keywords, *one.actors, *one.directors)]
    bare = replace_mentions(text, lambda _: "")
    for name in sorted(names, key=len, reverse=True):
        bare = bare.replace(name, "")
    return re.findall(r"[a-z]+", bare.lower())


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_every_name_and_number_spoken_is_a_fact_of_the_prompt(stereotype: str) -> None:
    for facts, lines in dialogues_of(stereotype):
        prompt = render_facts(facts, history_shown=stereotype not in NEWCOMERS)
        decade = f"{(facts.target.year or 0) // 10 * 10}s"
        for line in lines:
            said = replace_mentions(line[line.index("]") + 1 :], lambda _: "it")
            numbers = re.findall(r"\d+\w*", said)
            assert all(re.search(rf"\b{one}\b", prompt) or one == decade for one in numbers)
            inside = re.findall(r"(?<=[a-z,] )[A-Z]\w*", said)
            assert set(inside) - {"I", "Sunday"} <= set(re.findall(r"\w+", prompt)), said


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_dialogues_are_short_enough_for_a_small_student(stereotype: str) -> None:
    dialogues = [lines for _, lines in dialogues_of(stereotype)]
    # About four characters a token: 260 tokens on average at most.
    assert sum(map(len, chain(*dialogues))) / len(dialogues) <= 4 * 260
    assert max(len(line.split()) for line in chain(*dialogues)) <= 45


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_all_lengths_of_the_range_occur_and_short_ones_more_often(stereotype: str) -> None:
    lengths = [len(lines) for _, lines in dialogues_of(stereotype, 300)]
    assert set(lengths) == set(range(5, 11))
    assert lengths.count(5) > lengths.count(10)


def test_a_curious_newcomer_opens_with_a_mood_and_no_fact_of_the_target() -> None:
    for facts, lines in dialogues_of("curious_newcomer"):
        target = facts.target
        for fact in (*target.keywords, *target.actors, *target.directors, *target.genres):
            assert not re.search(rf"\b{fact}\b", lines[0], re.IGNORECASE)
        assert any(genre_noun(genre) in " ".join(lines) for genre in target.genres)


def test_a_focused_newcomer_opens_with_demands_the_target_meets() -> None:
    for facts, lines in dialogues_of("focused_newcomer"):
        target = facts.target
        demands = (*target.keywords, *target.actors, *target.directors)
        assert sum(fact in lines[0] for fact in demands) >= 2 or (
            any(keyword in lines[0] for keyword in target.keywords)
            and any(word in lines[0] for word in (f"{target.year}"[:3], "that is"))
        )


@pytest.mark.parametrize("stereotype", NEWCOMERS)
def test_newcomers_and_their_assistant_mention_the_target_only(stereotype: str) -> None:
    for facts, lines in dialogues_of(stereotype):
        assert mentioned_items("\n".join(lines)) == (facts.target.item_id,)


@pytest.mark.parametrize("stereotype", [name for name in STEREOTYPES if name not in NEWCOMERS])
def test_users_with_a_history_open_with_it(stereotype: str) -> None:
    for facts, lines in dialogues_of(stereotype):
        assert any(item.item_id in mentioned_items(lines[0]) for item in facts.liked)


def test_a_browser_and_a_searcher_speak_of_dislikes_too() -> None:
    for stereotype in ("history_based_browser", "preference_driven_searcher"):
        citing = sum(
            any(item.item_id in mentioned_items(lines[0]) for item in facts.disliked)
            for facts, lines in dialogues_of(stereotype)
        )
        assert citing > 50


def test_a_browser_says_nothing_of_what_the_target_is_like() -> None:
    for facts, lines in dialogues_of("history_based_browser"):
        others = {word for item in (*facts.liked, *facts.disliked) for word in item.keywords}
        for keyword in set(facts.target.keywords) - others:
            assert not re.search(rf"\b{keyword}\b", "\n".join(lines))


def test_an_explorer_hints_at_the_target_in_the_opening_without_its_people() -> None:
    for facts, lines in dialogues_of("guided_explorer"):
        target = facts.target
        assert any(keyword in lines[0] for keyword in target.keywords)
        for person in (*target.actors, *target.directors):
            assert person not in "\n".join(lines)


def test_a_searcher_opens_with_history_and_several_wishes_at_once() -> None:
    for facts, lines in dialogues_of("preference_driven_searcher"):
        target = facts.target
        assert any(keyword in lines[0] for keyword in target.keywords)
        wishes = (*target.keywords, *target.actors, *target.directors)
        assert sum(fact in lines[0] for fact in wishes) >= 2


def test_the_usual_genre_is_one_of_the_movies_it_is_said_of() -> None:
    for number in range(200):
        facts = user_facts(number, newcomer=False)
        words = slots(facts, Random(number))
        if "usual" in words:
            genres = {mention(item.item_id): set(item.genres) for item in facts.liked}
            shared = genres[words["liked"]] & genres[words["liked2"]]
            assert any(genre_noun(genre)[:-1] in words["usual"] for genre in shared)


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_a_target_without_facts_still_gets_its_dialogue(stereotype: str) -> None:
    facts = PromptFacts(target=PromptItem(item_id="T", title="Heat"))
    for seed in range(50):
        assert 5 <= len(write_dialogue(facts, stereotype, (5, 10), seed).split("\n")) <= 10


def test_a_length_the_script_cannot_fill_is_refused_with_what_to_do() -> None:
    facts = PromptFacts(target=PromptItem(item_id="T", title="Heat"))
    with pytest.raises(TooLong, match=r"40 utterances .* lower prompting\.min_utterances"):
        write_dialogue(facts, "curious_newcomer", (40, 50), 1)


def needed(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def spoken_before_the_end(stereotype: str) -> list[str]:
    script = SCRIPTS[stereotype]
    exchanges: tuple[Exchange, ...] = (*script.exchanges, *script.small_talk)
    talk = [phrase for exchange in exchanges for phrase in (*exchange.ask, *exchange.answer)]
    return [*chain(*script.opening), *talk, *script.thanks]


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_the_phrases_ask_only_for_slots_that_exist_and_name_the_target_once(
    stereotype: str,
) -> None:
    known = set().union(
        *(slots(user_facts(n, newcomer=False), Random(n)).keys() for n in range(20))
    )
    script = SCRIPTS[stereotype]
    for phrase in (*spoken_before_the_end(stereotype), *chain(*script.recommendation)):
        assert needed(phrase) <= known
    assert not any("target" in needed(phrase) for phrase in spoken_before_the_end(stereotype))
    first, *rest = script.recommendation
    assert all("target" in needed(phrase) for phrase in first)
    assert not any("target" in needed(phrase) for phrase in chain(*rest))


@pytest.mark.parametrize("stereotype", STEREOTYPES)
def test_small_talk_needs_no_facts(stereotype: str) -> None:
    for exchange in SCRIPTS[stereotype].small_talk:
        assert not any(needed(phrase) for phrase in (*exchange.ask, *exchange.answer))
