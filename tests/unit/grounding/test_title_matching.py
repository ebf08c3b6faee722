from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.title_matching import EDITIONS, measure
from recdial.settings import DEFAULT_MIN_TITLE_SCORE
from services.grounding.title_matching import (
    NO_YEAR,
    ONE_YEAR_OFF,
    UNCERTAIN,
    Film,
    ItemTitle,
    Match,
    title_index,
)
from services.grounding.title_parts import normalised_words, title_parts

SOLD_AS = {
    "Harry Potter and the Sorcerer's Stone (Full-Screen Edition)": "Harry Potter and the "
    "Sorcerer's Stone",
    "Braveheart [Sapphire Series] [Blu-ray]": "Braveheart",
    "Kill Bill - Volume One": "Kill Bill: Vol. 1",
    "Kill Bill - Volume 2": "Kill Bill: Vol. 2",
    "The Lord of the Rings - The Two Towers (Platinum Series Special Extended Edition)": (
        "The Lord of the Rings: The Two Towers"
    ),
    "300 (Two-Disc Special Edition)": "300",
    "The Dark Knight (+BD Live) [Blu-ray]": "The Dark Knight",
    "Inception (Blu-ray/DVD Combo + Digital Copy)": "Inception",
    "Star Trek (Three Disc + Digital Copy and Easter Eggs) [Blu-ray]": "Star Trek",
    "Despicable Me 2 (Blu-ray + DVD + Digital HD with UltraViolet)": "Despicable Me 2",
    "Les Miserables (2012) (Blu-ray + DVD + Digital Copy + UltraViolet)": "Les Misérables",
    "The Godfather Part II": "The Godfather: Part II",
    "GODFATHER, THE: PART III [VHS]": "The Godfather: Part III",
    "Terminator 2: Judgment Day (Extreme DVD)": "Terminator 2: Judgment Day",
    "Mission: Impossible 3 (Two-Disc Collector's Edition)": "Mission: Impossible III",
    "Crouching Tiger, Hidden Dragon": "Crouching Tiger, Hidden Dragon",
    "Sin City (Recut, Extended, & Unrated)": "Sin City",
    "Walt Disney's Pinocchio (70th Anniversary Edition)": "Pinocchio",
    "The 40-Year-Old Virgin (Unrated Widescreen Edition)": "The 40 Year Old Virgin",
    "Blade Runner (The Final Cut)": "Blade Runner",
    "Amadeus: Director's Cut (Two-Disc Special Edition)": "Amadeus",
    "Good, the Bad and the Ugly, The": "The Good, the Bad and the Ugly",
    "ET The Extra Terrestrial DVD": "E.T. the Extra-Terrestrial",
    "Spider Man [Blu-ray]": "Spiderman",
    "Fast and Furious": "Fast & Furious",
    "(500) Days of Summer [DVD]": "(500) Days of Summer",
    "Open Season 2 [DVD]": "Open Season 2",
    "The Final Cut": "The Final Cut",
    "Star Wars Trilogy (Widescreen Edition)": None,
    "Friends: The Complete Fourth Season": None,
    "Friends (Season 4)": None,
    "24: Season 3": None,
    "Die Hard Collection (Die Hard / Die Hard 2)": None,
    "Amadeus 2": None,
    "I Still Know What You Did Last Summer": None,
    "Land of the Dead": None,
    "[DVD]": None,
    "$": None,
    "": None,
}
"""Titles as a shop writes them, and the film's; None for what is no film of the catalogue."""

OTHERS = (
    "Friends",
    "24",
    "Die Hard",
    "Star Wars",
    "Kill Bill",
    "I Know What You Did Last Summer",
    "Dawn of the Dead",
)


def films() -> list[Film]:
    titles = [title for title in SOLD_AS.values() if title] + list(OTHERS)
    return [Film(str(number), (title,)) for number, title in enumerate(titles, start=1)]


def best(title: str, *known: Film, **dated: int) -> Match | None:
    return title_index(known).best(ItemTitle(title, **dated))


def film(film_id: str, title: str, year: int | None = None, votes: int = 0) -> Film:
    return Film(film_id, (title,), year, votes)


@pytest.mark.parametrize(("sold", "expected"), SOLD_AS.items())
def test_titles_of_shops_find_their_film_and_no_other(sold: str, expected: str | None) -> None:
    match = title_index(films()).best(ItemTitle(sold))
    found = match and match.score >= DEFAULT_MIN_TITLE_SCORE and match.film.titles[0]
    assert (found or None) == expected


def test_the_year_tells_remakes_apart_and_one_year_off_costs_a_little() -> None:
    remakes = (film("1", "Ocean's Eleven", 1960), film("2", "Ocean's Eleven", 2001))
    assert best("Ocean's Eleven (2001)", *remakes) == Match(remakes[1], 1.0)
    assert best("Ocean's Eleven [DVD] (1961)", *remakes) == Match(remakes[0], ONE_YEAR_OFF)
    assert best("Ocean's Eleven", *remakes, year=2001) == Match(remakes[1], 1.0)
    assert best("Ocean's Eleven (1985)", *remakes) is None


def test_an_edition_cannot_be_older_than_its_film() -> None:
    remakes = (film("1", "Ocean's Eleven", 1960, 10), film("2", "Ocean's Eleven", 2001, 1000))
    assert best("Ocean's Eleven", *remakes, not_after=1997) == Match(remakes[0], NO_YEAR)


def test_remakes_without_a_year_give_the_most_voted_at_a_lower_score() -> None:
    few, many = film("1", "King Kong", 1933, 100), film("2", "King Kong", 2005, 300)
    expected = round(NO_YEAR * (1 - UNCERTAIN * 0.25), 4)
    assert best("King Kong [DVD]", few, many) == Match(many, expected, (few,))
    unvoted = (film("11", "King Kong", 1933), film("2", "King Kong", 2005))
    match = best("King Kong", *unvoted)
    assert match is not None
    assert match.film.film_id == "2"
    assert match.score == round(NO_YEAR * (1 - UNCERTAIN * 0.5), 4)


def test_a_title_without_its_subtitle_needs_the_very_year() -> None:
    borat = film("1", "Borat: Cultural Learnings of America", 2006)
    match = best("Borat (2006)", borat)
    assert match is not None
    assert match.score >= DEFAULT_MIN_TITLE_SCORE
    assert best("Borat (2007)", borat) is None
    assert best("Borat", borat) is None


def test_the_original_title_finds_the_film_too() -> None:
    amelie = Film("1", ("Amélie", "Le Fabuleux Destin d'Amélie Poulain"), 2001)
    match = best("Fabuleux destin d'Amelie Poulain, Le (2001) [Import]", amelie)
    assert match == Match(amelie, 1.0)


def test_what_is_like_nothing_has_no_match() -> None:
    assert best("Alien", film("1", "Casablanca", 1942)) is None
    assert best("Alien") is None


def test_on_real_titles_the_known_share_is_found(shared_data: Path) -> None:
    counts = measure(shared_data, DEFAULT_MIN_TITLE_SCORE, EDITIONS[::5])
    editions = counts["editions, without year"]
    assert editions.right >= 0.99 * editions.items
    assert counts["misspelt, with year"].right >= 0.75 * counts["misspelt, with year"].items
    assert counts["ReDial, with year"].right >= 120
    # Without a year, a remake the catalogue lacks cannot be told from the film it has.
    assert counts["ReDial, without year"].wrong <= 12
    for name, found in counts.items():
        if name.endswith("with year"):
            assert found.wrong == 0, name


TITLES = st.text(
    st.characters(categories=("L", "M", "N", "P", "S", "Zs")) | st.sampled_from("()[]:-,'& "),
    max_size=30,
)
PLAIN_TITLES = st.lists(
    st.sampled_from(
        ["alien", "night", "2", "of", "the", "IV", "café", "Émile's", "x-ray", "season"]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(TITLES | st.text(max_size=30))
@settings(max_examples=300)
def test_normalising_is_idempotent(title: str) -> None:
    words = normalised_words(title)
    assert normalised_words(" ".join(words)) == words


@given(PLAIN_TITLES, st.lists(st.sampled_from(EDITIONS[:13]), max_size=3))
def test_what_names_an_edition_changes_nothing(title: str, editions: list[str]) -> None:
    plain, sold = title_parts(title), title_parts(title + "".join(editions))
    assert (sold.words, sold.bare, sold.sold) == (plain.words, plain.bare, plain.sold)


@given(TITLES | st.text(max_size=40), TITLES, st.none() | st.integers(1850, 2050))
@settings(max_examples=200)
def test_no_title_whatsoever_breaks_the_matcher(title: str, other: str, year: int | None) -> None:
    known = [Film("1", (title, other), year, 5), Film("2", (other,), 1999)]
    for each in (title, other, f"{title} {other}", f"{title} [DVD]"):
        match = title_index(known).best(ItemTitle(each, year))
        assert match is None or 0 < match.score <= 1


@given(TITLES, st.integers(1900, 2020))
def test_a_film_is_found_by_its_own_title(title: str, year: int) -> None:
    match = best(title, Film("1", (title,), year), year=year)
    assert (match is not None and match.score == 1.0) or not normalised_words(title)
