"""The places a verdict points at, in the text they are in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from recdial.domain import Reason


class Piece(NamedTuple):
    """A stretch of an utterance, and the rules that point at it."""

    text: str
    rules: tuple[str, ...]


def pieces(text: str, number: int, reasons: Iterable[Reason]) -> list[Piece]:
    """An utterance cut where the evidence of reasons begins and ends; `number` is from 1.

    Joined, the pieces are the text. Evidence that covers all of a longer utterance marks it whole.
    """
    spans = [
        (max(0, span.start), min(span.end, len(text)), reason.rule)
        for reason in reasons
        for span in reason.spans
        if span.turn == number
    ]
    cuts = sorted({0, len(text), *(place for start, end, _ in spans for place in (start, end))})
    return [
        Piece(
            text[start:end],
            tuple(dict.fromkeys(rule for left, right, rule in spans if left <= start < right)),
        )
        for start, end in pairwise(cuts)
        if start < end
    ]
