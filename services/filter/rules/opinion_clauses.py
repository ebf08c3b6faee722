"""Which items the clauses of a sentence are about, where each may hold an opinion of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from recdial.linking import Link
from services.filter.rules.sentences import Piece, clauses

_ID = r"<id_[^<>]+>"
_CONTRAST = re.compile(r"\W*(?:but|yet|however|while|whereas|although|though)\b", re.IGNORECASE)
_OF_THE_SAME = re.compile(
    r"\b(?:it|this one|that one|them|me|us|i['\u2019]?m|i am|i was|i had|i got|i couldn)\b",
    re.IGNORECASE,
)
"""In a clause after "but": it is about what came before."""

_RELATIVE = re.compile(r"\W*(?:which|who)\b[^,]*(?:,|$)", re.IGNORECASE)
_LISTING = re.compile(r"\W*(?:(?:and|or|&|plus)\W*)?", re.IGNORECASE)
_CUT = re.compile(r",(?: and| or)?\s|\s(?:and|or)\s(?=\S)", re.IGNORECASE)
_ELLIPSIS = re.compile(
    rf"(?:,| and| but)\s+(?={_ID}(?:,? (?:and |or )?{_ID})*"
    r"[^<,.]{0,20}\b(?:less so|not so much|(?:is|was|were|are|did|does) not\b\W*$"
    r"|(?:isn|wasn|weren|didn|doesn)['\u2019]t\b\W*$|not (?:really|at all|quite|for me)"
    r"|anything but|the opposite))",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:after|before|until|since|besides|from|miss|missed|remind(?:s|ed) me of|think of|next to"
    r"|like (?:in|with|at|after|during)|as in)(?: the \w+ of)? "
    rf"(?:{_ID},? (?:and )?)*$",
    re.IGNORECASE,
)
"""Before an item that a clause mentions beside what it is about."""

_BEFORE = 60
"""Characters in which that is looked for."""


def about_items(sentence: Piece, items: Sequence[Link]) -> Iterator[tuple[str, list[Link]]]:
    """The texts of a sentence that may hold an opinion, each with the items it is about."""
    all_named = within(items, sentence)
    main = [link for link in all_named if not _is_aside(sentence, link)] or all_named
    text, named, last = "", list[Link](), list[Link]()
    for clause in _cut(sentence, items):
        said = clause.text
        relative = _RELATIVE.match(said) if last else None
        if relative is not None:
            yield relative[0], last
            said = said[relative.end() :]
        own = within(all_named, clause)
        if own:
            yield text, named
            text, named, last = said, [link for link in own if link in main], own[-1:]
        elif _CONTRAST.match(said):
            yield text, named
            text = said if _OF_THE_SAME.search(said) else ""
        else:
            text += said
    yield text, named


def within(links: Sequence[Link], piece: Piece) -> list[Link]:
    """The links that stand in a piece."""
    return [link for link in links if piece.start <= link.start and link.end <= piece.end]


def _is_aside(sentence: Piece, link: Link) -> bool:
    """Whether an item is only mentioned as what was before, or what something is like."""
    at = link.start - sentence.start
    return _ASIDE.search(sentence.text, max(0, at - _BEFORE), at) is not None


def _cut(sentence: Piece, items: Sequence[Link]) -> Iterator[Piece]:
    for clause in clauses(sentence):
        for part in _between(clause, within(items, clause)):
            yield from _halves(part)


def _between(clause: Piece, named: Sequence[Link]) -> Iterator[Piece]:
    """A clause cut between items with more between them than a list has."""
    start = clause.start
    for one, other in pairwise(named):
        between = clause.text[one.end - clause.start : other.start - clause.start]
        cuts = list(_CUT.finditer(between))
        if not cuts or _LISTING.fullmatch(between):
            continue
        at = one.end + cuts[-1].start()
        yield Piece(start, at, clause.text[start - clause.start : at - clause.start])
        start = at
    yield Piece(start, clause.end, clause.text[start - clause.start :])


def _halves(clause: Piece) -> Iterator[Piece]:
    """A clause cut where its end is short for the opposite: "I loved A, B less so"."""
    found = _ELLIPSIS.search(clause.text)
    at = found.start() if found else 0
    if at:
        yield Piece(clause.start, clause.start + at, clause.text[:at])
    yield Piece(clause.start + at, clause.end, clause.text[at:])
