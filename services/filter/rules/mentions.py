"""Rules about how items are named: by the id of a known item, as `<id_…>`."""

from __future__ import annotations

import re

from recdial.domain import Reason
from recdial.mentions import replace_mentions
from services.filter.rules.candidate import Candidate, JudgingContext, counted, listed

_BRACKETED = re.compile(r"<([^<>\s]+)>")
_ATTEMPT = re.compile(
    r"<\s*id\b[^<>\n]{0,40}>?"  # <id T603>, < id_T603>
    r"|<?(?<![^\W_])id_[^\s<>]*>?",  # <id_T603 (not closed), id_T603, (id_T603), <id_>, <ID_T603>
    re.IGNORECASE,
)
_QUOTED = 30


def unknown_id(candidate: Candidate) -> Reason | None:
    """Every id mentioned is of an item in the prompt or in the catalogue."""
    first: dict[str, int] = {}
    for number, turn in candidate.numbered:
        for item in turn.items:
            first.setdefault(item, number)
    unknown = [
        (number, item) for item, number in first.items() if not candidate.context.knows(item)
    ]
    if not unknown:
        return None
    return Reason(
        rule="unknown_id",
        detail=f"{len(unknown)} of {counted(len(first), 'id')} mentioned are neither in the "
        f"prompt nor in the catalogue: {listed(unknown)}",
        turn=unknown[0][0],
    )


def malformed_mention(candidate: Candidate) -> Reason | None:
    """Whatever is meant as a mention is written as one.

    Malformed are: `id_` that is not part of a mention (`<id_X` left open, `id_X` without
    brackets, `<id X>`), and an id in brackets without `id_` (`<B00123>`): a known id, or anything
    with a digit in it. A bare id in prose is not looked for, as many are ordinary words or numbers
    (`T2`, `1984`), nor are other tags (`<i>`).
    """
    malformed = [
        (number, repr(attempt if len(attempt) <= _QUOTED else f"{attempt[:_QUOTED]}…"))
        for number, turn in candidate.numbered
        for attempt in _attempts(turn.text, candidate.context)
    ]
    if not malformed:
        return None
    return Reason(
        rule="malformed_mention",
        detail=f"{counted(len(malformed), 'malformed mention')}: {listed(malformed)}",
        turn=malformed[0][0],
    )


def _bracketed(text: str) -> tuple[str, ...]:
    """What stands in brackets where a mention may be meant: `B00123` in `<B00123>`."""
    return tuple(dict.fromkeys(_BRACKETED.findall(_without_mentions(text))))


def _attempts(text: str, context: JudgingContext) -> list[str]:
    rest = _without_mentions(text)
    if "<" not in rest and "_" not in rest:
        return []
    found = [attempt.group() for attempt in _ATTEMPT.finditer(rest)]
    return found + [
        f"<{token}>"
        for token in _bracketed(_ATTEMPT.sub(" ", rest))
        if context.knows(token) or any(character.isdigit() for character in token)
    ]


def _without_mentions(text: str) -> str:
    return replace_mentions(text, lambda _item: " ")
