"""Well-known films: of those that a catalogue has not, where they are named all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from recdial.linking import film_cues as cues
from recdial.linking.context import Context, is_ordinary
from recdial.linking.names import title_forms
from recdial.linking.shapes import NOT_TITLES, PLACES
from recdial.linking.words import ARTICLES, FUNCTION_WORDS, OWNERS, first_names, surnames

_LISTED = re.compile(r"(?P<title>.+) \((?P<year>\d{4})\)")
_HOLIDAYS = frozenset("day eve christmas halloween night sunday friday monday".split())
_CALLED = re.compile(
    r"\b(?:called|titled|entitled|(?:the|a) (?:film|movie|picture)) $", re.IGNORECASE
)
"""Before the name of somebody, or of a city, that is a film's here."""
_SHORTEST = 4
_NAME_WORDS = 3
_ENOUGH = 2


@cache
def well_known_films() -> tuple[str, ...]:
    """The titles of the films listed in `well_known_films.txt`, those of one name once."""
    listed = files("recdial.linking").joinpath("well_known_films.txt").read_text(encoding="utf-8")
    return tuple(
        dict.fromkeys(
            found["title"] for found in map(_LISTED.fullmatch, listed.splitlines()) if found
        )
    )


def film_forms(title: str) -> Iterator[tuple[str, ...]]:
    """The ways to name a film: as a whole, and without its article where more than a word is left.

    Not by a part of its title: that may be what a series is called, or anything.
    """
    whole = next(title_forms(title), None)
    if whole is None:
        return
    yield whole.forms
    if len(whole.forms) > _ENOUGH and whole.forms[0] in ARTICLES:
        yield whole.forms[1:]


def stands_as_film(
    forms: tuple[str, ...], context: Context, first: int, last: int, *, is_name: bool = False
) -> bool:
    """Whether tokens that spell the title of a film are meant as it, and not as its book or hero.

    `is_name`: the catalogue has somebody who is called so.

    It takes quotation marks, a year in brackets, words beside it that go with films, or capitals:
    of a name of several words in all of them, of one word that is neither ordinary nor a name.
    """
    text, tokens = context.tokens.text, context.tokens
    start, end = tokens.starts[first], tokens.ends[last]
    if cues.NOT_A_FILM.search(text, max(0, start - cues.REACH), start):
        return False
    if cues.NOT_A_FILM_BEHIND.match(text, end) or cues.SUNG_OR_PLAYED.match(text, end):
        return False
    if context.is_part_of_name(first, last):
        return False
    if context.is_quoted(first, last) or context.year_behind(last) is not None:
        return True
    if forms[0] in ARTICLES and len(forms) > 1 and tokens.written(first, first).islower():
        first, forms = first + 1, forms[1:]  # "Mine is the Shawshank Redemption"
    elif first and tokens.forms[first - 1] in OWNERS:
        return False  # "the Cold War", "my Heat DVD"
    words, capital, small = context.capitals(first, last)
    if small or not words or context.shouting:
        return False
    beside = cues.is_beside_films(text, start, end)
    if not beside and cues.OF_MUSIC.search(text, max(0, start - 2 * cues.REACH), start):
        return False
    if len(forms) == 1:
        return capital == 1 and _is_one_word(forms, text, start, beside=beside, is_name=is_name)
    if _is_somebody(forms) or not _HOLIDAYS.isdisjoint(forms) or PLACES.issuperset(forms):
        return beside
    return capital >= (_ENOUGH if is_ordinary(forms) and not beside else 1)


def _is_one_word(
    forms: tuple[str, ...], text: str, start: int, *, beside: bool, is_name: bool
) -> bool:
    if is_name or _is_name(forms[0]):
        return _CALLED.search(text, max(0, start - cues.REACH), start) is not None
    return len(forms[0]) >= _SHORTEST and (beside or not is_ordinary(forms))


def _is_name(form: str) -> bool:
    return form in first_names() or form in surnames() or form in PLACES or form in NOT_TITLES


def _is_somebody(forms: tuple[str, ...]) -> bool:
    """Whether a title is called after somebody: "Annie Hall"."""
    return (
        len(forms) <= _NAME_WORDS and forms[0] in first_names() and FUNCTION_WORDS.isdisjoint(forms)
    )
