"""What looks like the title of a film and is none of the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from recdial.domain import Frozen
from recdial.linking import film_cues as cues
from recdial.linking.context import BRACKETED_YEAR, Context, context_of
from recdial.linking.directors import FAMOUS_DIRECTOR
from recdial.linking.mention import Link
from recdial.linking.shapes import (
    NOT_TITLES,
    PLACES,
    SHAPED,
    are_people,
    has_small_words,
    is_rare,
    is_shaped,
    may_be_made,
)
from recdial.linking.spans import capital_runs
from recdial.linking.tokens import Tokens
from recdial.linking.words import (
    ARTICLES,
    FUNCTION_WORDS,
    OWNERS,
    common_words,
    first_names,
    is_ordinary_word,
    surnames,
)

_MENTION = re.compile(r"<id_[^<>\s]+>")

_POSSESSIVES = ("'s ", "\u2019s ")
_PLAYED = re.compile(
    r" on (?:the |my |a )?(?:PlayStation|Playstation|Xbox|Switch|PC|Steam|Kindle)\b"
)
"""In a run of capitals that is the name of a game."""


class TitleLike(Frozen):
    """A place in a text: `text` is what stands at [start, end)."""

    start: int
    end: int
    text: str


def unlinked_titles(text: str, links: Sequence[Link]) -> tuple[TitleLike, ...]:
    """Places that are written as the title of a film, but are no link.

    That is: words in quotation marks or italics, or a run of capitals, beside words that go with
    films ("have you seen", "a movie called", "starring"), in a list with a film, behind who made
    it, or with a year in brackets behind. Beside words that go with much else ("how about", "is
    a great choice") it takes more than a name: some ordinary words in capitals. Names of people,
    studios, places, days and prizes are none, nor are quoted sayings, books and songs.
    """
    masked = _MENTION.sub(lambda found: "|" * len(found[0]), text)
    context = context_of(masked)
    tokens = context.tokens
    if not tokens:
        return ()
    taken = [(link.start, link.end) for link in links if link.kind in ("item", "person", "film")]
    items = [(link.start, link.end) for link in links if link.kind == "item"]
    found: list[TitleLike] = []
    for start, end in sorted(
        {*_quoted(masked, tokens, context), *_capitals(masked, tokens, context, items, taken)}
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
        if by_itself or cues.is_beside_films(text, start, end) or _has_year(text, end):
            yield start, end


def _capitals(
    text: str,
    tokens: Tokens,
    context: Context,
    items: Sequence[tuple[int, int]],
    taken: Sequence[tuple[int, int]],
) -> Iterator[tuple[int, int]]:
    for start, end in _runs(tokens, context):
        if any(left < end and start < right for left, right in taken):
            continue
        first, last = tokens.at(start, end) or (0, 0)
        if all(form in FUNCTION_WORDS for form in tokens.forms[first : last + 1]):
            continue
        named = cues.NAMED.search(text, max(0, start - 20), start) is not None
        if (
            named
            or _has_year(text, end)
            or _is_listed(text, tokens, context, start, end, items)
            or (
                cues.is_beside_films(text, start, end)
                and not _is_somebody_or_something(text, tokens, start, first, last)
            )
        ):
            places = [(start, end)]
        else:
            places = list(_by_shape(text, tokens, context, start, end))
        if places and not _is_something_else(text, start, end, named=named):
            yield from places


def _is_something_else(text: str, start: int, end: int, *, named: bool) -> bool:
    """Whether what stands around a name makes a book, a song or a game of it."""
    return (
        cues.NOT_A_FILM.search(text, max(0, start - cues.REACH), start) is not None
        or cues.SUNG_OR_PLAYED.match(text, end) is not None
        or _PLAYED.search(text, start, end) is not None
        or (
            not named
            and cues.OF_MUSIC.search(text, max(0, start - 2 * cues.REACH), start) is not None
        )
    )


def _runs(tokens: Tokens, context: Context) -> Iterator[tuple[int, int]]:
    """Runs of capitals; where one begins a sentence, what is behind its first word as well.

    "Think of Bullet Train" is a run, for "Think" has a capital.
    """
    runs = capital_runs(context)
    for (start, end), (other, behind) in pairwise(runs):
        # "The Lantern Keeper's Daughter" is no possession of somebody's: it has an article.
        if (
            tokens.text[end:other] in _POSSESSIVES
            and tokens.forms[(tokens.at(start, end) or (0, 0))[0]] in ARTICLES
        ):
            yield start, behind
    for start, end in runs:
        first, last = tokens.at(start, end) or (0, 0)
        if context.begins_sentence(first) and not tokens.written(first, first).isupper():
            for place in range(first + 1, last + 1):
                if tokens.written(place, place)[0].isupper():
                    yield tokens.starts[place], end
                    break
        yield start, end


def _by_shape(
    text: str, tokens: Tokens, context: Context, start: int, end: int
) -> Iterator[tuple[int, int]]:
    """A run that looks like a title where titles may stand, with who it is of: "Kiki's Wish"."""
    place = tokens.at(start, end) or (0, 0)
    owner = cues.POSSESSOR.search(text, max(0, start - cues.REACH), start)
    if owner and _makes_films(owner[1]) and may_be_made(tokens, *place):
        yield start, end
        return
    if not is_shaped(tokens, *place) or cues.SERIES.match(text[end : end + cues.REACH]):
        return
    if _is_written_as_title(text, tokens, context, start, end):
        yield start, end
        return
    first = owner.start() if owner else start
    before = cues.WEAKLY_BEFORE.search(text, max(0, first - cues.REACH), first)
    beside = before or cues.BEFORE.search(text, max(0, first - cues.REACH), first)
    gives = before is not None and before[0].lower().startswith("give")
    if gives and not cues.GIVE_A_TRY.match(text[end : end + cues.REACH]):
        return
    if beside or cues.WEAKLY_BEHIND.match(text[end : end + cues.REACH]):
        yield first, end


def _is_written_as_title(text: str, tokens: Tokens, context: Context, start: int, end: int) -> bool:
    """Whether a run has what the names of other things seldom have: an article in capitals in the
    midst of a sentence, or small words inside and none of "the", "a" and "my" before."""
    first, last = tokens.at(start, end) or (0, 0)
    if context.begins_sentence(first) or cues.NOT_A_FILM_BEHIND.match(text[end : end + cues.REACH]):
        return False
    if _beside_people(text, start) or _is_owned(tokens, first):
        return False
    return tokens.forms[first] in ARTICLES or has_small_words(tokens, first, last)


def _is_owned(tokens: Tokens, first: int) -> bool:
    return first > 0 and tokens.forms[first - 1] in OWNERS


def _makes_films(owner: str) -> bool:
    last = owner.rsplit(" ", 1)[-1].lower()
    first = owner.split(" ", 1)[0].lower()
    return (
        FAMOUS_DIRECTOR.fullmatch(owner) is not None
        or last in cues.STUDIOS
        or (" " in owner and first in first_names() and last not in common_words())
    )


def _is_listed(
    text: str,
    tokens: Tokens,
    context: Context,
    start: int,
    end: int,
    items: Sequence[tuple[int, int]],
) -> bool:
    """Whether a run is next to an item in a list of films: "<id_A>, X and <id_B>"."""
    first, last = tokens.at(start, end) or (0, 0)
    capitals = sum(tokens.written(at, at)[0].isupper() for at in range(first + 1, last + 1))
    if context.begins_sentence(first) and capitals < SHAPED and not _begins_line(text, start):
        return False  # "Released in Boston, <id_A> ..."
    is_film = is_rare if first == last else is_shaped
    if not is_film(tokens, first, last):
        return False
    before = next((right for _, right in reversed(items) if right <= start), None)
    behind = next((left for left, _ in items if left >= end), None)
    between = cues.AND_IN_LIST if first == last else cues.NEXT_IN_LIST
    if before is not None and between.fullmatch(text, before, start):
        return True
    if behind is not None and between.fullmatch(text, end, behind):
        return True
    return (
        cues.LINE_ENDS.match(text, end) is not None
        and _begins_line(text, start)
        and any(_begins_line(text, item) for item, _ in items)
    )


def _begins_line(text: str, start: int) -> bool:
    """Whether a place begins a line of a list."""
    return cues.LIST_LINE.search(text, max(0, start - cues.REACH), start) is not None


def _has_title_case(tokens: Tokens, first: int, last: int) -> bool:
    words = [
        tokens.written(place, place)
        for place in range(first, last + 1)
        if tokens.forms[place] not in FUNCTION_WORDS or place == first
    ]
    capital = sum(word[0].isupper() or word[0].isdigit() for word in words)
    return capital == len(words)


def _has_year(text: str, end: int) -> bool:
    return BRACKETED_YEAR.match(text, end) is not None


def _is_somebody_or_something(text: str, tokens: Tokens, start: int, first: int, last: int) -> bool:
    forms = tokens.forms[first : last + 1]
    if not NOT_TITLES.isdisjoint(forms) or PLACES.issuperset(forms) or _beside_people(text, start):
        return True
    if are_people(tokens, first, last):
        return True
    if len(forms) == SHAPED and cues.OF_PEOPLE_TOO.search(text, max(0, start - cues.REACH), start):
        return not any(map(is_ordinary_word, forms)) or forms[0] in first_names()
    if len(forms) == 1:
        return forms[0] in first_names() or forms[0] in surnames() or forms[0] in common_words()
    return len(forms) <= 3 and forms[0] in first_names() and forms[-1] not in FUNCTION_WORDS


def _beside_people(text: str, start: int) -> bool:
    return cues.BEFORE_PEOPLE.search(text, max(0, start - cues.PEOPLE_REACH), start) is not None
