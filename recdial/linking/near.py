"""Titles that are spelt nearly right: one slip of the keyboard, found without going through all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recdial.linking.words import ARTICLES, singulars

SHORTEST = 7
"""Letters a title must have to be recognised in spite of a slip."""


class NearSpellings:
    """Names by what is left of them when any one letter is left out.

    Two spellings with one letter wrong, missing, added or swapped with its neighbour have such a
    rest in common. Kept as sorted hashes: 12 bytes for each letter of the catalogue's titles.
    """

    def __init__(self, names: Sequence[tuple[str, ...]]) -> None:
        """Index names, each as the forms of its tokens."""
        self._forms = list(names)
        self._names = ["".join(name) for name in names]
        rests = [
            (hash(rest), place)
            for place, name in enumerate(self._names)
            if len(name) >= SHORTEST
            for rest in _rests(name)
        ]
        hashes = np.array([found for found, _ in rests], dtype=np.int64)
        places = np.array([place for _, place in rests], dtype=np.int32)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._places = hashes[order], places[order]

    def find(self, forms: tuple[str, ...]) -> list[int]:
        """Positions of the names that differ from the forms in one letter, or in spaces only.

        A word and its plural are no slips of each other: "Predators" is not "The Predator".
        """
        wanted = "".join(forms)
        if len(wanted) < SHORTEST or not self._names:
            return []
        from rapidfuzz.distance import OSA

        keys = np.array([hash(rest) for rest in _rests(wanted)], dtype=np.int64)
        first = np.searchsorted(self._hashes, keys, side="left")
        behind = np.searchsorted(self._hashes, keys, side="right")
        places = {
            int(place)
            for start, stop in zip(first.tolist(), behind.tolist(), strict=True)
            for place in self._places[start:stop]
        }
        return sorted(
            place
            for place in places
            if OSA.distance(wanted, self._names[place], score_cutoff=1) <= 1
            and _digits(wanted) == _digits(self._names[place])
            and not _are_numbers_of_one_noun(forms, self._forms[place])
        )


def _rests(name: str) -> set[str]:
    return {name, *(name[:place] + name[place + 1 :] for place in range(len(name)))}


def _are_numbers_of_one_noun(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether these are one word in the singular and in the plural, articles aside."""
    nouns = [name[1:] if name[0] in ARTICLES else name for name in (one, other)]
    if any(len(noun) != 1 for noun in nouns):
        return False
    left, right = nouns[0][0], nouns[1][0]
    return left in singulars(right) or right in singulars(left)


def _digits(name: str) -> str:
    """The number in a name: another one is another film, not a slip."""
    return "".join(letter for letter in name if letter.isdigit())
