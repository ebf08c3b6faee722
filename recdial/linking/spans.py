"""Places of a text that look like a title, whatever the catalogue has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from recdial.linking.context import BRACKETED_YEAR, Context
from recdial.linking.tokens import Tokens
from recdial.linking.words import FUNCTION_WORDS

_LONGEST = 12
_FIRST_PERSON = frozenset({"I", "I'm", "I've", "I'd", "I'll", "I\u2019m"})
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


def title_like(context: Context) -> Sequence[tuple[int, int]]:
    """Places [start, end) in quotation marks, and runs of words in capitals, in order."""
    runs = capital_runs(context)
    if not context.quoted:
        return runs
    quoted = (span for span in context.quoted if _words(context.tokens, span) <= _LONGEST)
    return sorted({*quoted, *runs})


@lru_cache(maxsize=256)
def capital_runs(context: Context) -> tuple[tuple[int, int], ...]:
    """Runs of words in capitals, small function words between them included.

    A single word at the beginning of a sentence is none: there all words have a capital.
    """
    if context.shouting:
        return ()
    tokens, runs = context.tokens, []
    places = [place for place in context.capital_words if not _is_speaker(tokens, place)]
    capital = frozenset(places)
    behind = 0
    for place in places:
        if place < behind:
            continue
        last = place
        for ahead in range(place + 1, min(len(tokens), place + _LONGEST)):
            if not _together(tokens, ahead - 1, ahead):
                break
            if ahead in capital or tokens.written(ahead, ahead).isdigit():
                last = ahead
            elif tokens.forms[ahead] not in FUNCTION_WORDS:
                break
        if last > place or not context.begins_sentence(place) or _year(tokens, last):
            runs.append((tokens.starts[place], tokens.ends[last]))
        behind = last + 1
    return tuple(runs)


def _is_speaker(tokens: Tokens, place: int) -> bool:
    """Whether a word is "I", whose capital says nothing."""
    return (
        tokens.text[tokens.starts[place]] == "I" and tokens.written(place, place) in _FIRST_PERSON
    )


def _together(tokens: Tokens, one: int, other: int) -> bool:
    gap = tokens.text[tokens.ends[one] : tokens.starts[other]]
    return "," not in gap and _GAP.fullmatch(gap) is not None and gap.strip() not in (".", "!", "?")


def _year(tokens: Tokens, last: int) -> bool:
    return BRACKETED_YEAR.match(tokens.text, tokens.ends[last]) is not None


def _words(tokens: Tokens, span: tuple[int, int]) -> int:
    found = tokens.at(*span)
    return found[1] - found[0] + 1 if found else _LONGEST + 1
