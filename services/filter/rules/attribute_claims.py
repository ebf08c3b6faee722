"""What a piece of an utterance says of films that their records deny."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from recdial.domain import ItemFacts, Turn
from recdial.linking import Link
from recdial.linking.directors import FAMOUS_DIRECTOR, may_name_director
from recdial.linking.tokens import tokens_of
from services.filter.rules import attribute_frames as frames
from services.filter.rules.sentences import Piece

_YEARS_APART = 1
_NEAR = 45
"""Characters before a claim in which a negation or a wish concerns it."""

Denied: TypeAlias = tuple[int, int, str, str]
"""Where a claim stands, what it says, and what the record says."""


def denied(
    turn: Turn, links: Sequence[Link], piece: Piece, about: Sequence[ItemFacts]
) -> Iterator[Denied]:
    """The claims of a piece that the records of all items it may be about deny."""
    yield from _people(turn, links, piece, about)
    yield from _genres(turn, links, piece, about)
    yield from _years(piece, about)


def _around(
    turn: Turn, links: Sequence[Link], piece: Piece, start: int, end: int
) -> tuple[str, str]:
    """What stands before and behind a place of a piece, with ITEM for every item."""

    def masked(left: int, right: int) -> str:
        parts, at = [], left
        for link in links:
            if link.kind == "item" and left <= link.start and link.end <= right:
                parts += [turn.text[at : link.start], frames.ITEM]
                at = link.end
        return "".join([*parts, turn.text[at:right]])

    return masked(piece.start, start), masked(end, piece.end)


def _people(
    turn: Turn, links: Sequence[Link], piece: Piece, about: Sequence[ItemFacts]
) -> Iterator[Denied]:
    for start, end, name, known in _names(turn, links, piece):
        before, behind = _around(turn, links, piece, start, end)
        if _unsure(before):
            continue
        directs = _framed(before, behind, frames.DIRECTOR_BEFORE, frames.DIRECTOR_BEHIND)
        first = frames.LISTED.sub("", before)
        acts = not directs and (
            _framed(first, behind, frames.ACTOR_BEFORE, frames.ACTOR_BEHIND)
            or (
                known
                and _framed(before, behind, frames.KNOWN_ACTOR_BEFORE, frames.KNOWN_ACTOR_BEHIND)
            )
        )
        if directs and all(
            item.directors and not _is_one_of(name, item.directors) for item in about
        ):
            yield start, end, f"was directed by {name}", ", ".join(about[-1].directors)
        elif acts and all(
            item.actors and not _is_one_of(name, (*item.actors, *item.directors)) for item in about
        ):
            yield start, end, f"has {name} in it", ", ".join(about[-1].actors[:5])
        elif (
            not directs
            and not acts
            and (known or FAMOUS_DIRECTOR.fullmatch(name))
            and _is_his(before, behind)
            and all(
                item.directors and not _is_one_of(name, (*item.actors, *item.directors))
                for item in about
            )
        ):
            yield start, end, f"is of {name}", ", ".join(about[-1].directors)


def _is_his(before: str, behind: str) -> bool:
    """Whether a name stands for who made the film: "Spielberg's ITEM", "ITEM is pure Spielberg"."""
    return (
        frames.HIS_ITEM.match(behind) is not None
        or frames.PURELY_BEFORE.search(before) is not None
        or (
            frames.OF_HIS_BEFORE.search(before) is not None
            and frames.OF_HIS_BEHIND.match(behind) is not None
        )
        or (before.endswith(f"{frames.ITEM}, ") and frames.HIS_FILM.match(behind) is not None)
    )


def _names(turn: Turn, links: Sequence[Link], piece: Piece) -> Iterator[tuple[int, int, str, bool]]:
    """The people named in a piece, and whether the catalogue knows them.

    Besides these there are famous directors, and what is written like a name.
    """
    taken = [(link.start, link.end) for link in within(links, piece, "person")]
    yield from ((link.start, link.end, link.text, True) for link in within(links, piece, "person"))
    famous = (FAMOUS_DIRECTOR,) if may_name_director(piece.text) else ()
    for pattern in (*famous, frames.NAME):
        for found in pattern.finditer(piece.text):
            name = found[0].rstrip()
            start = piece.start + found.start()
            end = start + len(name)
            if not any(left < end and start < right for left, right in taken):
                taken.append((start, end))
                yield start, end, name, False


def _framed(before: str, behind: str, lead: re.Pattern[str], trail: re.Pattern[str]) -> bool:
    return lead.search(before) is not None or trail.match(behind) is not None


def _genres(
    turn: Turn, links: Sequence[Link], piece: Piece, about: Sequence[ItemFacts]
) -> Iterator[Denied]:
    for link in within(links, piece, "genre"):
        before, behind = _around(turn, links, piece, link.start, link.end)
        if _says_genre(link.text.lower(), before, behind) and all(
            _denies(item, link.ids) for item in about
        ):
            yield link.start, link.end, f"is {link.text}", ", ".join(about[-1].genres)


def _says_genre(genre: str, before: str, behind: str) -> bool:
    """Whether a film is said to be of a genre."""
    if frames.GENRE_EXACTLY.match(behind) or _is_example(before, behind):
        return True
    if _unsure(before):
        return False
    if frames.GENRE_OF_ITEM_BEFORE.search(before) and frames.GENRE_OF_ITEM_BEHIND.match(behind):
        return True
    trail = frames.GENRE_FILM_BEHIND if genre in frames.NOUNS_AS_WELL else frames.GENRE_BEHIND
    return frames.GENRE_BEFORE.search(before) is not None and trail.match(behind) is not None


def _is_example(before: str, behind: str) -> bool:
    """Whether an item is an example of the genre: "a comedy such as ITEM"."""
    return (
        frames.GENRE_EXAMPLE_BEHIND.match(behind) is not None
        and frames.GENRE_EXAMPLE_BEFORE.search(before) is not None
    )


def denied_of_example(
    turn: Turn, links: Sequence[Link], piece: Piece, item: ItemFacts
) -> Iterator[Denied]:
    """The genres that an item at the end of a piece is an example of, and that its
    record denies."""
    for link in within(links, piece, "genre"):
        if _is_example(*_around(turn, links, piece, link.start, link.end)) and _denies(
            item, link.ids
        ):
            yield link.start, link.end, f"is {link.text}", ", ".join(item.genres)


def _denies(item: ItemFacts, genres: Sequence[str]) -> bool:
    recorded = frozenset(item.genres)
    return bool(recorded) and not any(
        genre in recorded or frames.COMPATIBLE_GENRES.get(genre, recorded) & recorded
        for genre in genres
    )


def _years(piece: Piece, about: Sequence[ItemFacts]) -> Iterator[Denied]:
    if not frames.ANY_YEAR.search(piece.text):
        return
    for found in frames.YEAR_FRAMES.finditer(piece.text):
        group = found.lastindex or 0
        year = int(found[group])
        before = piece.text[: found.start(group)]
        since = before[before.rfind(">") + 1 :]  # "I like <id_A>, which is from 1995"
        if _unsure(since) or frames.NOT_ITS_OWN.search(since):
            continue
        if all(item.year is not None and abs(year - item.year) > _YEARS_APART for item in about):
            start, end = piece.start + found.start(group), piece.start + found.end(group)
            yield start, end, f"is of {year}", str(about[-1].year)


def _unsure(before: str) -> bool:
    """Whether the words before a claim make it none: a negation, a wish, a comparison."""
    near = before[-_NEAR:]
    return frames.NEGATED.search(near) is not None or frames.WISHED.search(near) is not None


def _is_one_of(name: str, people: Sequence[str]) -> bool:
    wanted = _plain(name)
    last = wanted.split()[-1]
    return any(
        wanted == known or known.split()[-1] in (last, last.removesuffix("s"))
        for known in map(_plain, people)
        if known
    )


def _plain(name: str) -> str:
    return " ".join(tokens_of(name).forms) or name.lower()


def within(links: Sequence[Link], piece: Piece, kind: str = "item") -> Iterator[Link]:
    """The links of a kind that stand in a piece."""
    return (
        link
        for link in links
        if link.kind == kind and piece.start <= link.start and link.end <= piece.end
    )
