"""Well-known films that a catalogue has not are found where they are meant, and only there."""

from __future__ import annotations

import re

import pytest

from recdial.domain import ItemFacts
from recdial.linking import Linker, well_known_films

FILMS = (
    *("Pulp Fiction", "Up in the Air", "Finding Dory", "Oppenheimer", "The Shawshank Redemption"),
    *("Annie Hall", "The Game", "Big Fish", "Valentine's Day", "Heat", "Dune", "12 Angry Men"),
    *("Pride and Prejudice", "Chicago", "Speed"),
)
LINKER = Linker(
    [
        ItemFacts(item_id="A", title="Up", year=2009, actors=("Erin Brockovich",)),
        ItemFacts(item_id="B", title="Finding Nemo", year=2003),
        ItemFacts(item_id="C", title="Dune", year=2021),
    ],
    (*FILMS, "Erin Brockovich"),
)


def films(text: str) -> list[str]:
    return [link.text for link in LINKER.link(text) if link.kind == "film"]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Pulp Fiction is on permanent rotation here.", "Pulp Fiction"),
        ("The whole office goes on about Oppenheimer.", "Oppenheimer"),
        ("Is it as good as Up in the Air?", "Up in the Air"),
        ("There is Finding Dory, too.", "Finding Dory"),
        ("Mine is the Shawshank Redemption.", "the Shawshank Redemption"),
        ("Nothing like Shawshank Redemption.", "Shawshank Redemption"),
        ("I saw Annie Hall again.", "Annie Hall"),
        ("We watched The Game.", "The Game"),
        ("It felt like Big Fish, only longer.", "Big Fish"),
        ('I grew up with "speed" on tape.', "speed"),
        ("I watched Heat last night.", "Heat"),
        ("Heat (1995) is long.", "Heat"),
        ("Have you seen 12 Angry Men?", "12 Angry Men"),
        ("A film called Valentine's Day, I think.", "Valentine's Day"),
        ("The movie Chicago has songs.", "Chicago"),
    ],
)
def test_named_films_are_found(said: str, named: str) -> None:
    assert films(said) == [named]


@pytest.mark.parametrize(
    "said",
    [
        "It is all pulp fiction to me.",
        "My head was up in the air all day.",
        "The heat is unbearable, and so is the speed of this train.",
        "We met on Valentine's Day.",
        "My aunt Annie Hall lives there.",
        "I am from Chicago, where the wind comes from.",
        "I am reading Pride and Prejudice for school.",
        "Pride and Prejudice, the novel, is on my table.",
        "We play the Pulp Fiction soundtrack in the car.",
        "The game is on, the big fish are biting.",
        "Erin Brockovich is in it.",
        "I AM SO TIRED OF PULP FICTION AND OF ALL THIS NOISE.",
    ],
)
def test_other_things_are_no_films(said: str) -> None:
    assert films(said) == []


def test_an_item_of_the_catalogue_is_no_foreign_film() -> None:
    (link,) = LINKER.link("I watched Dune yesterday.")
    assert (link.kind, link.ids) == ("item", ("C",))


def test_a_film_that_begins_with_an_item_is_not_that_item() -> None:
    assert [link.kind for link in LINKER.link("I loved Up in the Air.")] == ["film"]


def test_the_list_is_in_order_and_of_one_form() -> None:
    titles = well_known_films()
    assert len(titles) > 2000
    assert len(set(titles)) == len(titles)
    assert not [
        title for title in titles if title != title.strip() or re.search(r"\(\d{4}\)", title)
    ]
    assert {"Pulp Fiction", "Oppenheimer", "Spirited Away", "Casablanca"} <= set(titles)
