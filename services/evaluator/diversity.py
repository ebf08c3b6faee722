"""How varied texts are, by their tokens. Pure functions.

A corpus has fewer distinct words for each token the longer it is, so corpora are compared on equal
amounts of text (`cut_to`). Tokens are lower-cased by whoever gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

Tokens = Sequence[str]


def cut_to(texts: Iterable[Tokens], amount: int) -> list[Tokens]:
    """The first texts of so many tokens together; the last of them is cut."""
    kept: list[Tokens] = []
    for text in texts:
        if amount <= 0:
            break
        kept.append(text[:amount])
        amount -= len(text)
    return kept


def distinct(texts: Iterable[Tokens], n: int) -> float | None:
    """Distinct n-grams as a share of all (distinct-n of Li et al., 2016); None without any.

    An n-gram does not go over the end of its text.
    """
    grams = [gram for text in texts for gram in _grams(text, n)]
    return len(set(grams)) / len(grams) if grams else None


def repetition(text: Tokens, n: int = 4) -> float:
    """The share of a text's n-grams that stood in it before: 0 for one that says nothing twice."""
    grams = list(_grams(text, n))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def mean_similarity(texts: Sequence[Tokens]) -> float | None:
    """How much two texts share, on average over all pairs: Jaccard index of their bigrams.

    None for fewer than two texts. Texts without a bigram share nothing with any.
    """
    bags = [set(_grams(text, 2)) for text in texts]
    indices = [
        len(left & right) / len(left | right) if left or right else 0.0
        for left, right in combinations(bags, 2)
    ]
    return sum(indices) / len(indices) if indices else None


def _grams(text: Tokens, n: int) -> Iterator[tuple[str, ...]]:
    return zip(*(text[start:] for start in range(n)), strict=False)
