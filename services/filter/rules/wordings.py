"""Many wordings at once, tried only on a text that has a word which they cannot do without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

_TAKEN_FOR_ASCII = str.maketrans("\u0130\u0131\u017f", "iis")
"""The letters that `re.IGNORECASE` takes for an i or s, and `str.lower` does not."""


def folded(text: str) -> str:
    """The text in lower case, letter for letter as `re.IGNORECASE` has it.

    To look in it for a pattern in lower case is much faster than to ignore case.
    """
    return text.lower() if text.isascii() else text.translate(_TAKEN_FOR_ASCII).lower()


class Wording(NamedTuple):
    """A regular expression in lower case; all it matches has one of the stems in it."""

    pattern: str
    stems: tuple[str, ...]


class Wordings:
    """Many wordings, by kind. Only those are looked for of which a text has a stem."""

    def __init__(self, kinds: Mapping[str, Iterable[Wording]]) -> None:
        """Every match of a wording, in any case, has one of its stems, which are in lower case."""
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        by_stem: dict[str, list[int]] = {}
        for kind, wordings in kinds.items():
            for wording in wordings:
                for stem in wording.stems:
                    by_stem.setdefault(stem, []).append(len(self._patterns))
                pattern = re.compile(rf"\b(?:{wording.pattern})(?!\w)", re.IGNORECASE)
                self._patterns.append((kind, pattern))
        self._stems = AhoCorasick(by_stem)
        self._of_stem = list(by_stem.values())

    def may_be_in(self, text: str) -> bool:
        """Whether a folded text has any of the stems."""
        return bool(self._stems.find_matches_as_indexes(text))

    def find(self, text: str) -> list[tuple[str, re.Match[str]]]:
        """What stands in a text, in order, with its kind; of what overlaps, the first."""
        stems = {stem for stem, _, _ in self._stems.find_matches_as_indexes(folded(text), True)}
        wordings = {place for stem in stems for place in self._of_stem[stem]}
        found = [
            (kind, match)
            for kind, pattern in (self._patterns[place] for place in sorted(wordings))
            for match in pattern.finditer(text)
        ]
        apart: list[tuple[str, re.Match[str]]] = []
        for kind, match in sorted(found, key=lambda one: (one[1].start(), -one[1].end())):
            if not apart or match.start() >= apart[-1][1].end():
                apart.append((kind, match))
        return apart
