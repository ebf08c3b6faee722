"""How good a catalogue is to write dialogues about: what is known of the items, and how popular."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from recdial.domain import Frozen, ItemFacts

FACTS = ("genres", "keywords", "actors", "directors", "overview")
"""The facts whose coverage is reported: those prompts are made of."""

TOP_SHARES = (1, 10, 20)


class LongTail(Frozen):
    """How unevenly interactions are spread over the items."""

    top_percent: dict[str, float]
    """Share of the interactions that is with the most popular 1, 10 and 20 % of the items (at least
    one item)."""
    gini: float
    """0 where all items are equally popular, nearly 1 where one has all interactions."""
    median_interactions: float
    """Of an item."""


class CatalogueQuality(Frozen):
    """What is known of the items of the k-core, and how they are used."""

    coverage: dict[str, float]
    """Share of the items that have the fact at all."""
    long_tail: LongTail
    disliked_share: float
    """Share of the interactions with a rating of 3 or less."""
    disliked_target_share: float
    """Share of the profiles whose target the user rated 3 or less."""


def coverage(items: Collection[ItemFacts]) -> dict[str, float]:
    """The share of the items that have each of `FACTS`; there must be an item."""
    return {
        fact: round(sum(bool(getattr(item, fact)) for item in items) / len(items), 4)
        for fact in FACTS
    }


def long_tail(sizes: NDArray[np.int64]) -> LongTail:
    """How the interactions are spread. `sizes` are those of each item, all above 0.

    Gini: the mean difference between two items' sizes, in units of twice their mean.
    """
    ascending = np.sort(sizes)
    total = int(ascending.sum())
    places = np.arange(1, ascending.size + 1)
    gini = float(((2 * places - ascending.size - 1) * ascending).sum() / (ascending.size * total))
    return LongTail(
        top_percent={
            str(percent): round(int(ascending[-_part(ascending.size, percent) :].sum()) / total, 4)
            for percent in TOP_SHARES
        },
        gini=round(gini, 4),
        median_interactions=float(np.median(ascending)),
    )


def _part(count: int, percent: int) -> int:
    return max(1, round(count * percent / 100))
