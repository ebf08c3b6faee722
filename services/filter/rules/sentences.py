"""Cuts utterances into sentences and clauses, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|st|vs|jr|sr|vol|no|[a-z])\.$", re.IGNORECASE)
_ABBREVIATED = 3
"""Letters of the longest abbreviation."""

_END = re.compile(r"[.!?\u2026]+[\"\u201d')\]*_]*(?=\s|$)|\n+|;")
_CLAUSE = re.compile(
    r"\s[-\u2013\u2014]\s|[,;:]?\s+(?:but|yet|however|while|whereas|although|though|unlike|instead)\b"
    r"|,\s+(?:and|so|then|which|because|since)\b",
    re.IGNORECASE,
)


class Piece(NamedTuple):
    """A part of a text: what stands at [start, end)."""

    start: int
    end: int
    text: str

    @property
    def is_question(self) -> bool:
        """Whether it ends with a question mark."""
        return self.text.rstrip("\"\u201d')]*_ ").endswith("?")


def sentences(text: str) -> Iterator[Piece]:
    """The sentences of a text, in order."""
    start = 0
    for end in _END.finditer(text):
        last_word = max(start, end.start() - _ABBREVIATED)
        if end[0] == "." and _ABBREVIATION.search(text, last_word, end.end()):
            continue
        yield from _piece(text, start, end.end())
        start = end.end()
    yield from _piece(text, start, len(text))


def clauses(sentence: Piece) -> Iterator[Piece]:
    """The clauses of a sentence: cut at "but", "while", ", and", dashes and the like."""
    start = 0
    for cut in _CLAUSE.finditer(sentence.text):
        yield from _piece(sentence.text, start, cut.start(), sentence.start)
        start = cut.start()
    yield from _piece(sentence.text, start, len(sentence.text), sentence.start)


def _piece(text: str, start: int, end: int, offset: int = 0) -> Iterator[Piece]:
    said = text[start:end]
    if said and not said.isspace():
        yield Piece(offset + start, offset + end, said)
