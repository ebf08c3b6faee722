"""Numbers behind a title that make another film of it: "Shrek 7" is not "Shrek"."""

from __future__ import annotations

import re

from recdial.linking.names import PARTS
from recdial.linking.tokens import Tokens

_MOST_DIGITS = 2
"""Films have fewer sequels; what is longer is a year or a sum."""
_PART_GAP = re.compile(r",? |: | ?[-\u2013\u2014] ?")
_NUMBER_GAP = re.compile(r" {1,2}| ?- ?")
# Behind a number, what says that it counts or rates: "times", "or 3 times", "/10", "out of 10".
_COUNTED = re.compile(
    r"\s?[/:.]\d|%|"
    r"(?:(?:\s+(?:or|to|and)\s+|\s?[-\u2013]\s?)\w+)?[\s-]+"
    r"(?:(?:more|other|whole|full|good|straight|different|long|separate|big|solid)\s+)*"
    r"(?:times?|hours?|hrs?|minutes?|mins?|seconds?|days?|nights?|weeks?|weekends?|months?|years?|"
    r"yrs?|decades?|stars?|points?|thumbs|out\s+of|people|persons?|men|women|guys|friends|kids|"
    r"others?|films|movies|seasons?|episodes?|dollars|bucks|am|pm)\b",
    re.IGNORECASE,
)


def is_sequel(tokens: Tokens, last: int) -> bool:
    """Whether the tokens to `last` and the number behind them name a later film of a series.

    "Shrek 7", "rocky viii" and "Dune: Part Three" do; "Shrek 1" is the film itself, and "Shrek 7
    times", "Heat 9/10" or "Alien two weeks ago" count something.
    """
    if tokens.forms[last].isdigit():
        return False
    place = last + 1
    named = place + 1 < len(tokens) and tokens.forms[place] in PARTS
    if named:
        if not _PART_GAP.fullmatch(_between(tokens, place)):
            return False
        place += 1
    if place >= len(tokens) or not _NUMBER_GAP.fullmatch(_between(tokens, place)):
        return False
    number = tokens.forms[place]
    if not (number.isdecimal() and len(number) <= _MOST_DIGITS and int(number) > 1):
        return False
    if named:
        return True
    if tokens.written(place, place).islower() and not tokens.written(last, last).islower():
        return False  # a title's number is written as the title is: in "Seven v Zodiac" it is none
    return _COUNTED.match(tokens.text, tokens.ends[place]) is None


def _between(tokens: Tokens, place: int) -> str:
    """What stands between a token and the one before it."""
    return tokens.text[tokens.ends[place - 1] : tokens.starts[place]]
