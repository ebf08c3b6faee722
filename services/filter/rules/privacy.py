"""The rule about personal data: no way to reach a person, and no number that identifies one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recdial.contacts import EMAIL, LINK, PHONE, contacts, may_have_contacts
from recdial.domain import Reason, Turn
from recdial.mentions import mention, replace_mentions
from services.filter.rules.candidate import Candidate, counted, listed, span

_NAMES = {EMAIL: "e-mail address", PHONE: "phone number", LINK: "link"}
_ADDRESSED = re.compile(r"://|\bwww\.|[/@]", re.IGNORECASE)
"""What tells a link from the name of a shop: Netflix.com is no personal data."""

_STREET = (
    r"\d{1,5}[a-z]? (?:[A-Z][\w'.-]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr"
    r"|Rise|Grove|Gardens?|Hill|Row|Mews|Walk|Parade|Quay|Boulevard|Blvd|Court|Ct|Square|Terrace|Place|Way|Crescent|Close)\b\.?"
)
_PATTERNS = {
    "account": re.compile(r"(?<![\w.@/])@[A-Za-z]\w*(?:[._]\w+)*[\d_.]\w*"),
    "address": re.compile(
        rf"(?:(?i:\b(?:liv(?:e|es|ed|ing)|address|home|house|flat|apartment|place|office|send|mail"
        rf"|ship|deliver|meet me|find me|visit(?: me)?|come (?:over|round|by))\b)"
        rf"[^.!?\n\d]{{0,30}}?(?P<cued>\b{_STREET})"
        rf"|(?P<full>\b{_STREET},? (?:(?i:apt|apartment|flat|suite|unit)\b|[A-Z][\w .'-]{{2,30}},? "
        rf"(?:[A-Z]{{2}} \d{{5}}|[A-Z]{{1,2}}\d[\dA-Z]? \d[A-Z]{{2}})\b)))"
    ),
    "social security number": re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
}
"""A street alone may be a title: 84 Charing Cross Road, 21 Jump Street, 10 Cloverfield Lane."""

_DIGIT = re.compile(r"\d")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")


def personal_data(candidate: Candidate) -> Reason | None:
    """It has no e-mail or street address, phone number, link, account or number of a card."""
    texts = [replace_mentions(turn.text, _nothing) for turn in candidate.dialogue.turns]
    said = "\n".join(texts)
    spelt_out = may_have_contacts(_DIGIT.sub("", said))
    if not spelt_out and not _may_have_any(said):
        return None
    found = [
        (span(number, turn, start, end), kind)
        for (number, turn), text in zip(candidate.numbered, texts, strict=True)
        if spelt_out or _may_have_any(text)
        for start, end, kind in _apart(_found(turn))
    ]
    if not found:
        return None
    places = tuple(place for place, _kind in found)
    kinds = [(place.turn, kind) for place, kind in found]
    return Reason(
        rule="personal_data",
        detail=f"{counted(len(places), 'piece')} of personal data: {listed(kinds)}",
        turn=places[0].turn,
        spans=places,
    )


def _apart(found: Iterator[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Of findings that overlap, the first; of those that start together, the longest."""
    behind = 0
    for start, end, kind in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= behind:
            yield start, end, kind
            behind = end


def _found(turn: Turn) -> Iterator[tuple[int, int, str]]:
    text = replace_mentions(turn.text, lambda item: " " * len(mention(item)))
    for contact in contacts(text):
        if contact.kind != LINK or _ADDRESSED.search(text, contact.start, contact.end):
            yield contact.start, contact.end, _NAMES[contact.kind]
    if not _may_have_any(text):
        return
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            start, end = match.span(match.lastgroup or 0)
            yield start, end, kind
    for match in _CARD.finditer(text):
        if _has_check_digit(match[0]):
            yield match.start(), match.end(), "card number"


def _may_have_any(text: str) -> bool:
    return "@" in text or _DIGIT.search(text) is not None


def _nothing(_item: str) -> str:
    return ""


def _has_check_digit(number: str) -> bool:
    """Whether the last digit is the one that Luhn's algorithm asks for, as of every card."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
