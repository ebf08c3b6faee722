"""What looks like the title of a film and is none of the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from recdial.domain import Frozen
from recdial.linking.context import BRACKETED_YEAR, Context
from recdial.linking.mention import Link
from recdial.linking.spans import capital_runs
from recdial.linking.tokens import Tokens, tokens_of
from recdial.linking.words import FUNCTION_WORDS, common_words, first_names, surnames

_MENTION = re.compile(r"<id_[^<>\s]+>")

# "have you seen X", "a film called X", "I recommend X": what follows is a title where it has
# capitals. "I love X" may be anybody.
_BEFORE = re.compile(
    r"\b(?:(?:seen|watch(?:ed|ing)?|re-?watch(?:ed|ing)?|saw|see|stream(?:ed)?|rent(?:ed)?)"
    r"|(?:recommend(?:ed)?|suggest(?:ed)?|try|tried|check(?:ed)? out|go (?:for|with))"
    r"|(?:film|movie|picture|thriller|comedy|drama|classic|documentary|sequel|gem|title)"
    r"(?:,? (?:is|called|titled|named|entitled|like|such as))?"
    r"|(?:called|titled|entitled)|(?:loved|enjoyed|adored|hated|liked|disliked|finished)"
    r"|(?:films|movies|stories|pictures|something|anything|one) (?:like|such as)"
    r"|(?:close|similar|akin) to|along the lines of|in the (?:vein|spirit|style) of"
    r"|(?:talk|talking|talked|heard|hear|raved?|raving|know|told me|read) (?:\w+ )?about"
    r"|remind(?:s|ed) me of|compared to)"
    r",? (?:the (?:film|movie|classic|original) )?[\"\u201c*_'\u2018]*$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:called|titled|entitled) [\"\u201c*_'\u2018]*$", re.IGNORECASE)
_BEHIND = re.compile(
    r"^[\"\u201d*_'\u2019]*,? (?:starring|directed by|is an? (?:\w+ ){0,3}(?:film|movie|thriller|"
    r"comedy|drama|classic)|(?:stars|features) [A-Z])"
)
_STARRING = re.compile(
    r"\b(?:starring|stars|featuring|features|with|by|director|directed by|actor|actress|from|and|"
    r"cast|includes?|including|works? of|fan of|likes? of)[:,]? $",
    re.IGNORECASE,
)
_STARRING_REACH = 24
"""Letters before a name in which the words of `_STARRING` have room."""
_NOT_TITLES = frozenset(
    """
    oscar oscars academy award awards cannes sundance hollywood bollywood netflix hulu disney pixar
    marvel dc mcu hbo amazon prime imdb tmdb studio ghibli dreamworks warner universal paramount
    lionsgate blumhouse nolan january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday christmas halloween
    thanksgiving easter valentine new york london paris los angeles tokyo america american british
    english french german italian spanish japanese korean chinese european european indian russian
    western sci fi cgi tv dvd blu ray vhs ok okay usa uk god lord hi hello hey thanks thank yes no
    oh well great sure absolutely definitely mr mrs ms dr
    """.split()
)


class TitleLike(Frozen):
    """A place in a text: `text` is what stands at [start, end)."""

    start: int
    end: int
    text: str


def unlinked_titles(text: str, links: Sequence[Link]) -> tuple[TitleLike, ...]:
    """Places that are written as the title of a film, but are no link.

    That is: words in quotation marks or italics, or a run of capitals, beside words that go with
    films ("have you seen", "a movie called", "starring") or with a year in brackets behind. Names
    of people, studios, places, days and prizes are none, nor are quoted sayings.
    """
    masked = _MENTION.sub(lambda found: "|" * len(found[0]), text)
    tokens = tokens_of(masked)
    if not tokens:
        return ()
    context = Context(tokens)
    taken = [(link.start, link.end) for link in links if link.kind in ("item", "person")]
    found: list[TitleLike] = []
    for start, end in sorted(
        {*_quoted(masked, tokens, context), *_capitals(masked, tokens, context)}
    ):
        if any(left < end and start < right for left, right in taken):
            continue
        taken.append((start, end))
        found.append(TitleLike(start=start, end=end, text=text[start:end]))
    return tuple(found)


def _quoted(text: str, tokens: Tokens, context: Context) -> Iterator[tuple[int, int]]:
    for start, end in context.quoted:
        place = tokens.at(start, end)
        if place is None or not _has_title_case(tokens, *place):
            continue
        content = sum(
            tokens.forms[at] not in FUNCTION_WORDS for at in range(place[0], place[1] + 1)
        )
        # Two words in capitals and quotation marks are a title wherever they stand.
        by_itself = content > 1 and not _is_somebody_or_something(text, tokens, start, *place)
        if by_itself or _is_beside_films(text, start, end) or _has_year(text, end):
            yield start, end


def _capitals(text: str, tokens: Tokens, context: Context) -> Iterator[tuple[int, int]]:
    for start, end in capital_runs(tokens, context):
        place = tokens.at(start, end)
        if place is None:
            continue
        named = _NAMED.search(text, max(0, start - 20), start) is not None
        somebody = _is_somebody_or_something(text, tokens, start, *place)
        if named or _has_year(text, end) or (_is_beside_films(text, start, end) and not somebody):
            yield start, end


def _has_title_case(tokens: Tokens, first: int, last: int) -> bool:
    words = [
        tokens.written(place, place)
        for place in range(first, last + 1)
        if tokens.forms[place] not in FUNCTION_WORDS or place == first
    ]
    capital = sum(word[0].isupper() or word[0].isdigit() for word in words)
    return capital == len(words)


def _is_beside_films(text: str, start: int, end: int) -> bool:
    return (
        _BEFORE.search(text, max(0, start - 60), start) is not None
        or _BEHIND.match(text[end : end + 60]) is not None
    )


def _has_year(text: str, end: int) -> bool:
    return BRACKETED_YEAR.match(text, end) is not None


def _is_somebody_or_something(text: str, tokens: Tokens, start: int, first: int, last: int) -> bool:
    forms = tokens.forms[first : last + 1]
    if any(form in _NOT_TITLES for form in forms) or _beside_people(text, start):
        return True
    if len(forms) == 1:
        return forms[0] in first_names() or forms[0] in surnames() or forms[0] in common_words()
    return len(forms) <= 3 and forms[0] in first_names() and forms[-1] not in FUNCTION_WORDS


def _beside_people(text: str, start: int) -> bool:
    return _STARRING.search(text, max(0, start - _STARRING_REACH), start) is not None
