"""The rule about content that no data set should teach: insults, threats, sexual detail, harm.

It knows wordings, chosen for precision. It is no moderation model and does not find what is said
in other words.
"""

from __future__ import annotations

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, listed, span
from services.filter.rules.unsafe_wordings import KINDS
from services.filter.rules.wordings import Wordings

_UNSAFE = Wordings(KINDS)


def unsafe_content(candidate: Candidate) -> Reason | None:
    """It has no insults or threats at the other speaker, no sexual detail, no call to harm."""
    if not _UNSAFE.may_be_in(candidate.folded):
        return None
    spans, kinds = [], []
    for number, turn in candidate.numbered:
        for kind, found in _UNSAFE.find(turn.text):
            spans.append(span(number, turn, found.start(), found.end()))
            kinds.append((number, f"{kind} {found[0]!r}"))
    if not spans:
        return None
    return Reason(
        rule="unsafe_content", detail=listed(kinds), turn=spans[0].turn, spans=tuple(spans)
    )
