"""A text without a stem cannot match: that is proved of every pattern that is not tried then."""

from __future__ import annotations

import importlib
import re
import string
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pytest

from services.filter.rules import leakage, unsafe_wordings
from services.filter.rules.wordings import Wording, Wordings, folded

PARSER: Any = importlib.import_module("re._parser")
PATTERNS = {
    "leakage": (leakage.LEAKS, leakage.STEMS),
    **{f"leakage {number}": wording for number, wording in enumerate(leakage.FURTHER, 1)},
    **{
        f"unsafe, {kind} {number}": wording
        for kind, wordings in unsafe_wordings.KINDS.items()
        for number, wording in enumerate(wordings, 1)
    },
}

Ends = frozenset[str]
"""What matches without a stem may end with, as far as a stem begins with it."""


class Avoiding:
    """Follows a pattern for the matches that have no stem in them."""

    def __init__(self, stems: Iterable[str]) -> None:
        self._stems = tuple(stems)
        self._begun = {stem[:size] for stem in self._stems for size in range(len(stem))}
        self._letters = {*"".join(self._stems), "\0"}
        self._behind = cache(self._unless_stem)

    def behind(self, parsed: Iterable[tuple[Any, Any]], ends: Ends) -> Ends:
        """The ends behind a part of a pattern, by those before it."""
        for kind, of in parsed:
            match str(kind):
                case "LITERAL":
                    ends = self._with(ends, chr(of).lower())
                case "IN" | "ANY" | "NOT_LITERAL":
                    ends = self._with(ends, self._letters)
                case "BRANCH":
                    ends = frozenset().union(*(self.behind(branch, ends) for branch in of[1]))
                case "SUBPATTERN":
                    ends = self.behind(of[-1], ends)
                case "MAX_REPEAT":
                    least, most, repeated = of
                    ends = self._repeated(least, most, repeated, ends)
                case "AT" | "ASSERT" | "ASSERT_NOT":
                    pass  # without it more would match, never less
                case other:
                    raise NotImplementedError(other)
        return ends

    def _repeated(self, least: int, most: int, parsed: Sequence[Any], ends: Ends) -> Ends:
        found = ends if least == 0 else Ends()
        for times in range(1, most + 1):
            ends = self.behind(parsed, ends)
            if times >= least:
                if ends <= found:
                    break
                found |= ends
        return found

    def _with(self, ends: Ends, letters: Iterable[str]) -> Ends:
        found = (self._behind(end, letter) for end in ends for letter in letters)
        return Ends(end for end in found if end is not None)

    def _unless_stem(self, end: str, letter: str) -> str | None:
        text = end + letter
        if text.endswith(self._stems):
            return None
        return next(text[at:] for at in range(len(text) + 1) if text[at:] in self._begun)


def can_avoid(pattern: str, stems: Iterable[str]) -> bool:
    """Whether a match of a pattern may have none of the stems in it."""
    return bool(Avoiding(stems).behind(PARSER.parse(pattern), Ends({""})))


@pytest.mark.parametrize(("pattern", "stems"), PATTERNS.values(), ids=PATTERNS.keys())
def test_every_match_has_a_stem(pattern: str, stems: Sequence[str]) -> None:
    assert not can_avoid(pattern, stems)


@pytest.mark.parametrize(
    ("pattern", "avoids"),
    [
        (r"\b(?:hot|cold) (?:dog|cat)s?\b", False),
        (r"\b(?:hot|cold) (?:dog|cow)s?\b", True),
        (r"do[g-]s|cats?", True),
        (r"(?:a ){2}\w+ (?:dog){1,3}", False),
        (r"(?:dog)*", True),
        (r"(?:CA|DO)(?:t|g)(?<! )", True),
    ],
)
def test_a_wording_without_a_stem_is_seen(pattern: str, avoids: bool) -> None:
    assert can_avoid(pattern, ["dog", "cat"]) == avoids


def test_folding_makes_equal_what_is_equal_in_any_case() -> None:
    text = "".join(map(chr, range(sys.maxunicode + 1)))
    letters = {match[0] for match in re.finditer("[a-z]", text, re.IGNORECASE)}
    lower = frozenset(string.ascii_lowercase)
    assert letters == {one for one, by in zip(text, folded(text), strict=True) if by in lower}
    assert all(re.fullmatch(folded(letter), letter, re.IGNORECASE) for letter in letters)


@pytest.mark.parametrize(
    "text", ["a dog", "HOT DOGS", "hot dog\u017f, cats", "\u0130s it?", "\u0131s it", "I\u017f it"]
)
def test_what_is_found_is_what_the_patterns_find(text: str) -> None:
    kinds = {
        "animal": [Wording(r"(?:hot )?dogs?", ("dog",))],
        "question": [Wording("is it", ("is it",))],
    }
    found = [match.span() for _, match in Wordings(kinds).find(text)]
    either = re.compile(r"\b(?:hot )?dogs?|\bis it", re.IGNORECASE)
    assert found == [match.span() for match in either.finditer(text)] != []


def test_a_text_without_a_stem_is_not_searched() -> None:
    assert Wordings({"animal": [Wording("dog|cat", ("dog",))]}).find("a cat") == []


def test_of_what_overlaps_the_first_and_longest_counts() -> None:
    kinds = {"one": [Wording("hot dogs", ("dog",))], "two": [Wording("dogs? and cats", ("dog",))]}
    found = [
        (kind, match[0]) for kind, match in Wordings(kinds).find("hot dogs and cats, dog and cats")
    ]
    assert found == [("one", "hot dogs"), ("two", "dog and cats")]
