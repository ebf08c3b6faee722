from __future__ import annotations

from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import ItemFacts
from recdial.linking import Linker
from recdial.linking.unlinked import unlinked_titles

ITEMS = [
    ItemFacts(
        item_id="heat",
        title="Heat",
        year=1995,
        actors=("Al Pacino",),
        directors=("Michael Mann",),
        genres=("Crime",),
        keywords=("bank robbery",),
    ),
    ItemFacts(item_id="up", title="Up", year=2009),
    ItemFacts(item_id="her", title="Her", year=2013),
    ItemFacts(item_id="out", title="Get Out", year=2017),
    ItemFacts(item_id="alien", title="Alien", year=1979),
    ItemFacts(item_id="aliens", title="Aliens", year=1986),
    ItemFacts(item_id="dune84", title="Dune", year=1984),
    ItemFacts(item_id="dune21", title="Dune", year=2021),
    ItemFacts(item_id="se7en", title="Se7en", year=1995),
    ItemFacts(item_id="walle", title="WALL·E", year=2008),
    ItemFacts(item_id="amelie", title="Amélie", year=2001),
    ItemFacts(item_id="thelma", title="Thelma & Louise", year=1991),
    ItemFacts(item_id="gf2", title="The Godfather Part II", year=1974),
    ItemFacts(item_id="oceans", title="Ocean's Eleven", year=2001),
    ItemFacts(item_id="mi", title="Mission: Impossible", year=1996),
    ItemFacts(item_id="t2", title="Terminator 2: Judgment Day [DVD]", year=1991),
    ItemFacts(item_id="shaw", title="The Shawshank Redemption", year=1994),
]
LINKER = Linker(ITEMS)


SERIES = Linker(
    [
        ItemFacts(item_id="shrek", title="Shrek", year=2001, actors=("Mike Myers",)),
        ItemFacts(item_id="rocky", title="Rocky", year=1976),
        ItemFacts(item_id="alien", title="Alien", year=1979),
        ItemFacts(item_id="alien3", title="Alien 3", year=1992),
        ItemFacts(item_id="toy", title="Toy Story", year=1995),
        ItemFacts(item_id="toy2", title="Toy Story 2", year=1999),
        ItemFacts(item_id="predator", title="The Predator", year=2018),
        ItemFacts(item_id="love", title="Love", year=2015),
        ItemFacts(item_id="star", title="Star", year=2001),
        ItemFacts(item_id="holiday", title="Holiday", year=1938),
        ItemFacts(item_id="holidays", title="Holidays", year=2016),
        ItemFacts(item_id="war", title="War Games", year=1983, keywords=("space war",)),
        ItemFacts(
            item_id="john", title="Being John Malkovich", year=1999, actors=("John Malkovich",)
        ),
        ItemFacts(item_id="empire", title="Star Wars: Episode V - The Empire Strikes Back"),
        ItemFacts(item_id="wars", title="Star Wars", year=1977),
    ]
)


def items(text: str, *favoured: str) -> list[tuple[str, tuple[str, ...]]]:
    links = LINKER.link(text, favoured=favoured)
    return [(link.text, link.ids) for link in links if link.kind == "item"]


@pytest.mark.parametrize(
    ("text", "written", "item_id"),
    [
        ("It is <id_heat> again.", "<id_heat>", "heat"),
        ("I watched Heat twice.", "Heat", "heat"),
        ("Heat's ending, I loved Heat's ending.", "Heat", "heat"),
        ('Try "Up", it is short.', "Up", "up"),
        ("Try *Her* tonight.", "Her", "her"),
        ("We saw Up last week.", "Up", "up"),
        ("Get Out scared me.", "Get Out", "out"),
        ("I liked Aliens more.", "Aliens", "aliens"),
        ("the one from Dune (1984)", "Dune", "dune84"),
        ("Dune (2021) is long", "Dune", "dune21"),
        ("I saw Seven with him.", "Seven", "se7en"),
        ("Have you seen Wall-E?", "Wall-E", "walle"),
        ("Then Amelie it is.", "Amelie", "amelie"),
        ("thelma and louise, of course", "thelma and louise", "thelma"),
        ("The Godfather 2 is better.", "The Godfather 2", "gf2"),
        ("I know Oceans 11 by heart.", "Oceans 11", "oceans"),
        ("Mission: Impossible made me sweat.", "Mission: Impossible", "mi"),
        ("Terminator 2 is on.", "Terminator 2", "t2"),
        ("The Shawshenk Redemption is slow.", "The Shawshenk Redemption", "shaw"),
    ],
)
def test_a_title_is_found_however_it_is_written(text: str, written: str, item_id: str) -> None:
    assert (written, (item_id,)) in items(text)


@pytest.mark.parametrize(
    "text",
    [
        "It was taken up by her, and the heat got me.",
        "I need to get out of here.",
        "Heat Wave was fine.",
        "an alien looked at us",
        "Ask her. Up there it is cold.",
        "Alien (1999) is another one.",
    ],
)
def test_ordinary_words_are_no_titles(text: str) -> None:
    assert items(text) == []


def test_of_several_items_the_favoured_ones_are_meant() -> None:
    assert items("I watched Dune.") == [("Dune", ("dune21", "dune84"))]
    assert items("I watched Dune.", "dune84") == [("Dune", ("dune84",))]


def test_people_genres_and_keywords_are_found_by_their_names() -> None:
    links = LINKER.link("A sci-fi with al pacino? No, Al Pacino robs banks, a bank robbery.")
    assert [(link.kind, link.text, link.ids) for link in links] == [
        ("genre", "sci-fi", ("Science Fiction",)),
        ("person", "Al Pacino", ("Al Pacino",)),
        ("keyword", "bank robbery", ("bank robbery",)),
    ]


PIECES = [
    "Heat",
    '"Up"',
    " (1995)",
    "<id_heat>",
    "ß",
    "İ",
    "e\u0301",
    "ﬁ",
    "😀",
    " and ",
    "Dune",
    "'s",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8))).map("".join))
def test_links_stand_where_they_say_in_any_text(text: str) -> None:
    links = LINKER.link(text)
    assert list(links) == sorted(links, key=lambda link: (link.start, link.end, link.kind))
    for link in links:
        assert text[link.start : link.end] == link.text
    named = [link for link in links if link.kind == "item"]
    assert all(one.end <= other.start for one, other in pairwise(named))
    for found in unlinked_titles(text, links):
        assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Have you seen Harbor of Clocks?", "Harbor of Clocks"),
        ('I loved "The Copper Garden" most.', "The Copper Garden"),
        ("The Lantern Keeper (2011) is slow.", "The Lantern Keeper"),
        ("a movie called Marrow", "Marrow"),
    ],
)
def test_what_looks_like_a_title_and_is_none_of_the_catalogues(text: str, title: str) -> None:
    assert [found.text for found in unlinked_titles(text, LINKER.link(text))] == [title]


@pytest.mark.parametrize(
    "text",
    [
        "I watched Heat and <id_up>.",
        'It is so bad it\'s "good".',
        "I like Tom Hanks and New York.",
        "We watch on Netflix every Sunday Night, with Christopher.",
        "An Academy Award winner starring Meryl Streep.",
        "I saw it *twice*, really.",
    ],
)
def test_what_is_written_like_a_title_and_is_something_else(text: str) -> None:
    assert unlinked_titles(text, LINKER.link(text)) == ()


def named(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(link.kind, link.text, link.ids) for link in SERIES.link(text)]


@pytest.mark.parametrize(
    "text",
    [
        "I love it, what a star he is.",
        "Holiday plans? We loved holiday trips, and watched stars.",
        "Holidays are fine, and we loved holidays.",
        "Star of the show: love.",
    ],
)
def test_a_title_that_is_an_ordinary_word_is_none_in_plain_prose(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ('Try "Love" next.', "love"),
        ("We watched Holiday again.", "holiday"),
        ("There is Star (2001) too.", "star"),
    ],
)
def test_a_title_that_is_an_ordinary_word_is_one_where_it_stands_as_such(
    text: str, item_id: str
) -> None:
    assert [ids for _, _, ids in named(text)] == [(item_id,)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I saw Toy Story 2 and Toy Story.", [("Toy Story 2", "toy2"), ("Toy Story", "toy")]),
        ("a great space War Games evening", [("War Games", "war")]),
        ("I saw Being John Malkovich.", [("Being John Malkovich", "john")]),
        ("I saw Being John Malkovitch.", [("Being John Malkovitch", "john")]),
        ("I saw Bieng John Malkovich.", [("Bieng John Malkovich", "john")]),
    ],
)
def test_of_names_that_overlap_the_longest_title_is_meant(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert named(text) == [("item", written, (item_id,)) for written, item_id in found]


def test_a_person_beside_a_title_is_one() -> None:
    assert named("I saw Shrek with John Malkovich.") == [
        ("item", "Shrek", ("shrek",)),
        ("person", "John Malkovich", ("John Malkovich",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I watched Shrek 7 yesterday.",
        "I watched Rocky VIII yesterday.",
        "have you seen predator viii? watched predator seven?",
        "Alien 5 is out.",
        'They call it "Shrek 7", or Shrek: Part Seven.',
        "We liked Shrek, Chapter 3.",
        "I saw the Star Wars Episode IX premiere.",
        "I loved Shrek-7.",
    ],
)
def test_a_sequel_that_the_catalogue_lacks_is_not_the_first_film(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ("I watched Alien 3 yesterday.", "alien3"),
        ("I watched Shrek 1 yesterday.", "shrek"),
        ("I watched Shrek 7 times.", "shrek"),
        ("I watched Shrek two or three times.", "shrek"),
        ("have you watched predator two weeks ago?", "predator"),
        ("I give Shrek 9/10.", "shrek"),
        ("I saw Rocky 10 whole years ago.", "rocky"),
        ("I saw Rocky, 3 of us did.", "rocky"),
        ("I saw Star Wars Episode V.", "empire"),
    ],
)
def test_a_number_behind_a_title_may_be_its_own_or_count_something(text: str, item_id: str) -> None:
    assert [ids for kind, _, ids in named(text) if kind == "item"] == [(item_id,)]


@pytest.mark.parametrize(
    "text",
    [
        "I am afraid of aliens, of all the aliens.",
        "I loved aliens and predators.",
        "Those Predators scared me.",
        'They call them "predators".',
    ],
)
def test_a_plural_is_no_slip_in_a_title(text: str) -> None:
    assert named(text) == []


def test_a_possessive_names_the_title() -> None:
    assert named("I liked Alien's crew, and saw The Predator's end.") == [
        ("item", "Alien", ("alien",)),
        ("item", "The Predator", ("predator",)),
    ]


def test_unlinked_titles_take_time_linear_in_the_text() -> None:
    """Each name is judged by what stands just before it, however far the text reaches back."""
    text = "We met Meryl Streep there. " * 2
    far = "starring " + "so and so " * 10
    assert unlinked_titles(text, ()) == unlinked_titles(far + text, ())

    def seconds(count: int) -> float:
        said = "Have you seen Harbor of Clocks yet, my dear old friend? " * count
        began = perf_counter()
        assert len(unlinked_titles(said, ())) == count
        return perf_counter() - began

    seconds(1)
    assert min(seconds(400) for _ in range(3)) < 30 * min(seconds(50) for _ in range(3))
