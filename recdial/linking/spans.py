"""Places of a text that look like a title, whatever the catalogue has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recdial.linking.context import BRACKETED_YEAR, Context
from recdial.linking.tokens import Tokens
from recdial.linking.words import FUNCTION_WORDS

_LONGEST = 12
_GAP = re.compile(r"[ \t]*[:&,'\u2019.!-]?[ \t]*")


class Match(NamedTuple):
    """A name that is spelt by the tokens from `first` to `last`, both included."""

    first: int
    last: int
    name: int

    def overlaps(self, first: int, last: int) -> bool:
        """Whether it shares a token with these."""
        return self.first <= last and first <= self.last

    def is_part_of(self, first: int, last: int) -> bool:
        """Whether these are all its tokens and more."""
        return first <= self.first and self.last <= last and (first, last) != self[:2]


def chains(matches: Iterable[Match]) -> Iterator[list[Match]]:
    """Matches that overlap one another, in order, without those that are part of a longer one."""
    chain: list[Match] = []
    for match in sorted(matches, key=lambda one: (one.first, -one.last)):
        if chain and match.last <= chain[-1].last:
            continue
        if chain and match.first > chain[-1].last:
            yield chain
            chain = []
        chain.append(match)
    if chain:
        yield chain


def title_like(tokens: Tokens, context: Context) -> Iterator[tuple[int, int]]:
    """Places [start, end) in quotation marks, and runs of words in capitals, in order."""
    found = {span for span in context.quoted if _words(tokens, span) <= _LONGEST}
    found.update(capital_runs(tokens, context))
    yield from sorted(found)


def capital_runs(tokens: Tokens, context: Context) -> Iterator[tuple[int, int]]:
    """Runs of words in capitals, small function words between them included.

    A single word at the beginning of a sentence is none: there all words have a capital.
    """
    if context.shouting:
        return
    place, count = 0, len(tokens)
    while place < count:
        if not _capital(tokens, place):
            place += 1
            continue
        last = place
        ahead = place + 1
        while ahead < count and ahead - place < _LONGEST and _together(tokens, ahead - 1, ahead):
            if _capital(tokens, ahead) or tokens.written(ahead, ahead).isdigit():
                last = ahead
            elif tokens.forms[ahead] not in FUNCTION_WORDS:
                break
            ahead += 1
        if last > place or not context.begins_sentence(place) or _year(tokens, last):
            yield tokens.starts[place], tokens.ends[last]
        place = last + 1


def _capital(tokens: Tokens, place: int) -> bool:
    written = tokens.written(place, place)
    return written[0].isupper() and written not in ("I", "I'm", "I've", "I'd", "I'll", "I\u2019m")


def _together(tokens: Tokens, one: int, other: int) -> bool:
    gap = tokens.text[tokens.ends[one] : tokens.starts[other]]
    return "," not in gap and _GAP.fullmatch(gap) is not None and gap.strip() not in (".", "!", "?")


def _year(tokens: Tokens, last: int) -> bool:
    return BRACKETED_YEAR.match(tokens.text, tokens.ends[last]) is not None


def _words(tokens: Tokens, span: tuple[int, int]) -> int:
    found = tokens.at(*span)
    return found[1] - found[0] + 1 if found else _LONGEST + 1
