"""Ways to reach a person that stand in a text: e-mail addresses, phone numbers and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

EMAIL, PHONE, LINK = "[email]", "[phone]", "[link]"
"""The kinds; also what is put in the place of what is removed."""

_DOMAINS = "com|net|org|edu|gov|info|biz|io|tv|co\\.[a-z]{2}"
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|(?<![a-z])www\.)[^\s<>\"]*[^\s<>\".,;:!?'()\[\]]",
    re.IGNORECASE,
)
_DOMAIN_ENDS = re.compile(rf"\.(?:{_DOMAINS})\b", re.IGNORECASE)
_BARE_URL = re.compile(
    rf"(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:{_DOMAINS})(?![\w-])"
    r"(?:/(?:[^\s<>\"]*[^\s<>\".,;:!?'()\[\]])?)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_SPELT_ADDRESS = re.compile(
    r"(?<![\w.+%-])[\w.+%-]+(?:"
    r" ?[(\[{] ?at ?[)\]}] ?[\w-]+(?:(?:\.| dot | ?[(\[{] ?dot ?[)\]}] ?)[\w-]+)+"
    r"| at [\w-]+(?: dot [\w-]+)*? dot (?:com|net|org|edu|gov|info|io|uk|de|fr)\b"
    r")",
    re.IGNORECASE,
)
_SPELT_AT = re.compile(r"[(\[{] ?at ?[)\]}]| dot ", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w.,/$€£#+-])(?:"
    r"\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"  # +44 20 7946 0958
    r"|(?:1[ .-]?)?\(\d{3}\)[ .-]?\d{3}[ .-]?\d{4}"  # (555) 123-4567
    r"|(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}"  # 555-123-4567
    r"|\d{3}-\d{4}"  # 555-1234
    r"|(?P<national>0\d{1,4}[ ./-]\d{2,4}(?:[ ./-]?\d{2,4}){1,3})"  # 020 7946 0958
    r"|\d{10,11}"
    r")(?![\w-]|[.,]\d| \d\d\b)"  # nor one more pair of digits: numbers of a lottery
)
_SOME_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")
"""No phone number has fewer digits, or more than a bracket and blanks between them."""
_NATIONAL_DIGITS = 9


class Contact(NamedTuple):
    """A way to reach a person: what stands at [start, end) of a text."""

    start: int
    end: int
    kind: str
    """`EMAIL`, `PHONE` or `LINK`."""


def contacts(text: str) -> Iterator[Contact]:
    """The links, e-mail addresses and phone numbers of a text, one kind after another.

    What looks like a phone number and is a ten-digit one of something else is found as well. Places
    may overlap: the address in a link is found as both. Linear in the length of the text.
    """
    for kind, pattern in _patterns(text):
        for found in pattern.finditer(text):
            if _is_contact(found):
                yield Contact(found.start(), found.end(), kind)


def may_have_contacts(text: str) -> bool:
    """Whether any pattern may match a text."""
    return next(_patterns(text), None) is not None


def without_contacts(text: str) -> str:
    """A text on one line with placeholders for links, e-mail addresses and phone numbers."""
    for kind, pattern in _patterns(text):
        text = pattern.sub(partial(_placeholder, kind), text)
    return text


def _patterns(text: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The patterns that may match a text: to rule one out is much faster than to try it."""
    if "://" in text or "ww." in text.lower():
        yield LINK, _URL
    if "@" in text:
        yield EMAIL, _ADDRESS
    if _SPELT_AT.search(text):
        yield EMAIL, _SPELT_ADDRESS
    if _DOMAIN_ENDS.search(text):
        yield LINK, _BARE_URL
    if _SOME_DIGITS.search(text):
        yield PHONE, _PHONE


def _is_contact(found: re.Match[str]) -> bool:
    """Whether a match is what it looks like: a national phone number has digits enough."""
    national = found.re is _PHONE and found["national"]
    return not national or sum(map(str.isdigit, found[0])) >= _NATIONAL_DIGITS


def _placeholder(kind: str, found: re.Match[str]) -> str:
    return kind if _is_contact(found) else found[0]
