"""Which items are which films, by title: the choice of a score, and the account of all items."""

from __future__ import annotations

import heapq
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from services.grounding.title_matching import ItemTitle, Match
from services.grounding.title_parts import title_parts

MAX_EXAMPLES = 20
"""Items shown of each kind: those with the most reviews."""


@dataclass(frozen=True, slots=True)
class MatchExample:
    """One item, and the film that fits its title best."""

    item_id: str
    title: str
    reviews: int
    film_id: str
    film: str
    """Title and year of the film; empty where no film is anything like it."""
    score: float


@dataclass(slots=True)
class MatchReport:
    """What became of every item that was looked for: `items == matched + unmatched + untitled`.

    Items with too few reviews for the k-core are not looked for.
    """

    min_score: float
    items: int = 0
    matched: int = 0
    ambiguous: int = 0
    """Of those matched: several films fit, and the one with the most votes was taken."""
    editions: int = 0
    """Of those matched: more items of a film that an item was matched to before."""
    unmatched: int = 0
    not_films: int = 0
    """Of those unmatched: a TV series, or several films sold together."""
    untitled: int = 0
    """No title is known, so nothing could be looked for."""
    ambiguous_examples: list[MatchExample] = field(default_factory=list)
    unmatched_examples: list[MatchExample] = field(default_factory=list)
    edition_examples: list[MatchExample] = field(default_factory=list)


def match_items(
    found: Iterable[tuple[str, ItemTitle, Match | None]],
    wanted: Mapping[str, int],
    films: Container[str],
    min_score: float,
) -> tuple[dict[str, str], MatchReport]:
    """The film id of each item whose best match scores at least `min_score`, and the account.

    `wanted` has the number of reviews of each item; those that are not in `found` are untitled. A
    film that is not in `films` has no usable facts: its items are unmatched.
    """
    report = MatchReport(min_score, items=len(wanted))
    matches: dict[str, str] = {}
    ambiguous: list[MatchExample] = []
    unmatched: list[MatchExample] = []
    editions: list[MatchExample] = []
    taken: set[str] = set()
    titled = 0
    # Most reviewed first, so that further editions are the less known ones.
    for item_id, title, match in sorted(found, key=lambda each: (-wanted[each[0]], each[0])):
        titled += 1
        example = _example(item_id, title, wanted[item_id], match)
        if match is None or match.score < min_score or match.film.film_id not in films:
            unmatched.append(example)
            report.not_films += title_parts(title.title).sold != "film"
            continue
        matches[item_id] = match.film.film_id
        if match.rivals:
            ambiguous.append(example)
        if match.film.film_id in taken:
            editions.append(example)
        taken.add(match.film.film_id)
    report.matched, report.unmatched = len(matches), len(unmatched)
    report.ambiguous, report.editions = len(ambiguous), len(editions)
    report.untitled = len(wanted) - titled
    report.ambiguous_examples = _first(ambiguous)
    report.unmatched_examples = _first(unmatched)
    report.edition_examples = _first(editions)
    return matches, report


def _example(item_id: str, title: ItemTitle, reviews: int, match: Match | None) -> MatchExample:
    if match is None:
        return MatchExample(item_id, title.title, reviews, "", "", 0.0)
    film = match.film
    shown = film.titles[0] if film.year is None else f"{film.titles[0]} ({film.year})"
    return MatchExample(item_id, title.title, reviews, film.film_id, shown, match.score)


def _first(examples: list[MatchExample]) -> list[MatchExample]:
    return heapq.nsmallest(MAX_EXAMPLES, examples, key=lambda each: (-each.reviews, each.item_id))
