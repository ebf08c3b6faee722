"""What the names of films look like, beside those of people, places and other things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from recdial.linking.directors import FAMOUS_DIRECTOR
from recdial.linking.tokens import Tokens
from recdial.linking.words import ARTICLES, FUNCTION_WORDS, first_names, is_ordinary_word, surnames

_POSSESSED = re.compile(r"\w['\u2019]s \w")
SHAPED = 2
"""Words a name needs for its shape to say anything."""
LONGEST_NAME = 3
"""Words of the longest name of a person."""
NOT_TITLES = frozenset(
    """
    oscar oscars academy award awards cannes sundance hollywood bollywood netflix hulu disney pixar
    marvel dc mcu hbo amazon prime imdb tmdb studio ghibli dreamworks warner universal paramount
    lionsgate blumhouse nolan january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday christmas halloween
    thanksgiving easter valentine american british
    english french german italian spanish japanese korean chinese european indian russian
    western sci fi cgi tv dvd blu ray vhs ok okay usa uk god lord hi hello hey thanks thank yes no
    oh well great sure absolutely definitely mr mrs ms dr imax dolby atmos noir genre
    option
    """.split()
)
PLACES = frozenset(
    """
    new york london paris los angeles tokyo america europe asia africa zealand south north east west
    san francisco hong kong rome berlin vienna madrid venice chicago boston england france germany
    italy spain japan china korea india russia mexico canada australia ireland scotland buenos aires
    middle eastern western northern southern ancient roman empire city town united states kingdom
    wild vegas las orleans texas california manhattan brooklyn philadelphia nashville munich dublin
    moscow berlin barcelona lisbon athens istanbul cairo delhi mumbai sydney melbourne toronto
    seattle boston dallas houston miami detroit denver hawaii alaska florida brazil argentina egypt
    greece turkey
    """.split()
)
_NOTION_ENDS = frozenset(
    """
    comedy comedies drama dramas film films movie movies western westerns fiction realism romance
    horror thriller thrillers musical musicals documentary documentaries mystery mysteries arts
    evening night day eve morning weekend university college school festival award awards prize
    globe bridge tower canyon river war depression empire age century army party west east music
    score animation adventure action fantasy genre history series trilogy saga franchise style
    choice question year birthday luck problem idea thing something much you us street
    """.split()
)
"""How names end that are no films': "Romantic Comedy", "Golden Globe", "Happy New Year"."""
_STARTS = frozenset(
    """
    what have it that do did can if even not also really any there all alright had has is are was
    were and but so or no yes my i you we they he she this these those how why when who good nice
    haha lol thanks then maybe just well enjoy check another its
    """.split()
)
"""What a sentence begins with, where none has an end: "I like Seven What else"."""
_TITLES_OF_PEOPLE = frozenset(
    """
    aunt uncle mister mom mum dad grandma grandpa queen king prince princess president detective
    doctor professor sir lady lord saint st pope emperor agent captain colonel general officer
    inspector sergeant king darth best
    """.split()
)


_INSIDE = frozenset("of the in on at to for from with by a an".split())
_OFFICES = _TITLES_OF_PEOPLE | frozenset(
    """
    secretary minister ministry duke duchess earl master head chief director member university
    college school museum bank city kingdom republic department statue battle church board academy
    institute house knights order war treaty department office court school bay gulf isle tower
    """.split()
)
"""What names of offices, institutions and places begin with: "Secretary of Defense"."""


def has_small_words(tokens: Tokens, first: int, last: int) -> bool:
    """Whether words in capitals have small ones between them, as titles and offices do."""
    if tokens.forms[first] in _OFFICES or tokens.written(last, last).isupper():
        return False
    return any(tokens.forms[place] in _INSIDE for place in range(first + 1, last))


def are_people(tokens: Tokens, first: int, last: int) -> bool:
    """Whether a name is that of some people: "Drew Barrymore and Adam Sandler"."""
    parts = list(_parts(tokens.forms[first : last + 1]))
    return len(parts) > 1 and all(map(_is_somebody, parts))


def may_be_made(tokens: Tokens, first: int, last: int) -> bool:
    """Whether what somebody has made may be a film: their fans, prizes and countries are not."""
    forms = tokens.forms[first : last + 1]
    if forms[-1] in _NOTION_ENDS or not NOT_TITLES.isdisjoint(forms) or PLACES.issuperset(forms):
        return False
    return len(forms) > 1 or not is_ordinary_word(forms[0])


def is_shaped(tokens: Tokens, first: int, last: int) -> bool:
    """Whether words in capitals look like a title and not like a name: some are ordinary."""
    forms = tokens.forms[first : last + 1]
    content = [form for form in forms if form not in FUNCTION_WORDS and not form.isdigit()]
    if (
        len(content) < SHAPED
        or tokens.written(first, last).isupper()
        or forms[-1] in _NOTION_ENDS | _STARTS
        or not NOT_TITLES.isdisjoint(forms)
    ):
        return False
    if PLACES.issuperset(content) or any(map(_is_somebody, _parts(forms))):
        return False
    if forms[0] in ("something", "anything") and len(forms) == SHAPED:
        return False
    if forms[0] in _TITLES_OF_PEOPLE and not is_ordinary_word(forms[-1]):
        return False
    inside = any(form in FUNCTION_WORDS for form in forms[1:-1])
    ordinary = sum(is_ordinary_word(form) and form not in PLACES for form in content)
    possessed = forms[0] in ARTICLES and _POSSESSED.search(tokens.written(first, last)) is not None
    return ordinary > 0 and (
        inside or possessed or 2 * ordinary > len(content) or len(content) > LONGEST_NAME
    )


def _parts(forms: Sequence[str]) -> Iterator[Sequence[str]]:
    """What "and" and "or" join."""
    at = 0
    for place, form in enumerate([*forms, "and"]):
        if form in ("and", "or"):
            yield forms[at:place]
            at = place + 1


def _is_somebody(forms: Sequence[str]) -> bool:
    return (
        1 < len(forms) <= LONGEST_NAME
        and forms[0] in first_names()
        and FUNCTION_WORDS.isdisjoint(forms[1:])
    )


def is_rare(tokens: Tokens, first: int, last: int) -> bool:
    """Whether a word is neither ordinary nor known as the name of somebody or something."""
    form = tokens.forms[first]
    return not (
        form in first_names()
        or form in surnames()
        or is_ordinary_word(form)
        or form in PLACES
        or form in NOT_TITLES
        or FAMOUS_DIRECTOR.fullmatch(tokens.written(first, last)) is not None
    )
