"""Many wordings at once, tried only on a text that has a word which they cannot do without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
    """A pattern of many alternatives. Most texts have none of its stems, and are not searched."""

    def __init__(self, pattern: str, stems: Iterable[str]) -> None:
        """`stems` are in lower case; every match of the pattern, in any case, has one of them."""
        self._pattern = re.compile(pattern, re.IGNORECASE)
        self._stems = AhoCorasick(stems)

    def may_be_in(self, text: str) -> bool:
        """Whether a folded text has any of the stems."""
        return bool(self._stems.find_matches_as_indexes(text))

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """What `re.finditer` finds."""
        if self.may_be_in(folded(text)):
            return self._pattern.finditer(text)
        return iter(())
