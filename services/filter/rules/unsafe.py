"""The rule about content that no data set should teach: insults, threats, sexual detail, harm.

It knows wordings, chosen for precision. It is no moderation model and does not find what is said
in other words.
"""

from __future__ import annotations

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, listed, span
from services.filter.rules.unsafe_wordings import KINDS
from services.filter.rules.wordings import Wordings

_UNSAFE = Wordings(
    "|".join(
        rf"(?P<{kind}>\b(?:{'|'.join(wording.pattern for wording in wordings)})(?!\w))"
        for kind, wordings in KINDS.items()
    ),
    {stem for wordings in KINDS.values() for wording in wordings for stem in wording.stems},
)


def unsafe_content(candidate: Candidate) -> Reason | None:
    """It has no insults or threats at the other speaker, no sexual detail, no call to harm."""
    if not _UNSAFE.may_be_in(candidate.folded):
        return None
    spans, kinds = [], []
    for number, turn in candidate.numbered:
        for found in _UNSAFE.finditer(turn.text):
            spans.append(span(number, turn, found.start(), found.end()))
            kinds.append((number, f"{found.lastgroup} {found[0]!r}"))
    if not spans:
        return None
    return Reason(
        rule="unsafe_content", detail=listed(kinds), turn=spans[0].turn, spans=tuple(spans)
    )
