"""A text as tokens that look alike however they are written, with their places in the text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from types import MappingProxyType

# "A.I.", "E.T." and "L.A." are one token; so is a word with apostrophes inside ("ocean's").
_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"
    r"|(?:[^\W_](?:[\u0300-\u036f])*)+(?:['\u2019\u02bc](?:[^\W_][\u0300-\u036f]*)+)*"
    r"|&"
)
# Plain English has nothing else, and is cut much faster so.
_ASCII_TOKEN = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*|&")
_ASCII_INITIALS = re.compile(r"[A-Za-z]\.[A-Za-z]\.")
_APOSTROPHES = ("'", "\u2019", "\u02bc")
_POSSESSIVE = frozenset({"'s", "\u2019s", "\u02bcs", "'S", "\u2019S"})
_DROPPED = re.compile(r"['\u2019\u02bc.]")
_SAME = MappingProxyType(
    {"&": "and"}
    | {word: str(n) for n, word in enumerate("one two three four five six seven".split(), 1)}
    | {word: str(n) for n, word in enumerate("eight nine ten eleven twelve thirteen".split(), 8)}
    | {word: str(n) for n, word in enumerate("ii iii iv v vi vii viii ix x xi xii xiii".split(), 2)}
)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text: their common forms, and where each stands in the text."""

    text: str
    forms: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.forms)

    def written(self, first: int, last: int) -> str:
        """What stands in the text from one token to another, both included."""
        return self.text[self.starts[first] : self.ends[last]]

    @cached_property
    def joined(self) -> str:
        """The forms with a space of its own on each side: names are found in it by whole words."""
        return join(self.forms)

    @cached_property
    def _joined_starts(self) -> list[int]:
        return list(accumulate([len(form) + 2 for form in self.forms], initial=0))

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last token of a place [start, end) in `joined`."""
        return bisect_left(self._joined_starts, start), bisect_left(self._joined_starts, end) - 1

    def at(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and the last token that stand within [start, end) of the text, if any do."""
        first, behind = bisect_left(self.starts, start), bisect_right(self.ends, end)
        return (first, behind - 1) if first < behind else None


def join(forms: tuple[str, ...] | list[str]) -> str:
    """Forms of tokens as `Tokens.joined` has them."""
    return "".join(f" {form} " for form in forms)


@lru_cache(maxsize=1024)  # several rules look at the same utterance
def tokens_of(text: str) -> Tokens:
    """The tokens of a text.

    Case, accents, apostrophes and punctuation do not count, nor does a possessive "'s"; "&" is
    "and", and numbers are digits whether written as words (to thirteen) or in Roman numerals (from
    II).
    """
    plain = text.isascii() and _ASCII_INITIALS.search(text) is None
    spans = [found.span() for found in (_ASCII_TOKEN if plain else _TOKEN).finditer(text)]
    if any(mark in text for mark in _APOSTROPHES):
        spans = [
            (start, end - 2 if end - start > 2 and text[end - 2 : end] in _POSSESSIVE else end)
            for start, end in spans
        ]
    return Tokens(
        text,
        tuple([form_of(text[start:end]) for start, end in spans]),
        tuple([start for start, _ in spans]),
        tuple([end for _, end in spans]),
    )


@lru_cache(maxsize=65_536)
def form_of(word: str) -> str:
    """The common form of one token."""
    if word.isascii():
        form = word.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", word.casefold())
        form = "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()
    if not form.isalnum():
        form = _DROPPED.sub("", form)
        form = "".join(mark for mark in form if mark.isalnum() or mark == "&") or form
    return _SAME.get(form, form)
