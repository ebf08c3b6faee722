"""How alike two outputs of greedy decoding are."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_PIECES = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")
"""Words where they are set apart, else characters: not every script has spaces."""


def likeness(one: str, other: str) -> float:
    """From 0 (nothing in common) to 1 (the same words): two outputs for the same prompt.

    It is the mean of two shares of their words: of those before the first difference, and of those
    found in both in the same order. The same weights write the same words up to the first token
    that was close, where the rounding of another batch or another GPU may choose otherwise; after
    it they still write in the same manner. The figure means little alone: compare two of them.
    """
    words, others = _PIECES.findall(one), _PIECES.findall(other)
    if not words and not others:
        return 1.0
    pairs = zip(words, others, strict=False)
    together = next(
        (place for place, (word, found) in enumerate(pairs) if word != found),
        min(len(words), len(others)),
    )
    shared = SequenceMatcher(None, words, others, autojunk=False).ratio()
    return (2 * together / (len(words) + len(others)) + shared) / 2
