"""The rule about titles in prose: a movie that neither prompt nor catalogue has is hallucinated."""

from __future__ import annotations

from recdial.domain import Reason
from recdial.linking.unlinked import unlinked_titles
from services.filter.rules.candidate import Candidate, counted, listed, span


def unknown_title(candidate: Candidate) -> Reason | None:
    """Every title in prose is of an item in the prompt or in the catalogue.

    A catalogue is needed to tell: without one the rule has nothing to say.
    """
    if candidate.context.linker is None:
        return None
    spans = [
        span(number, turn, found.start, found.end)
        for number, turn, links in candidate.linked
        for found in unlinked_titles(turn.text, links)
    ]
    if not spans:
        return None
    found = [(place.turn, repr(place.text)) for place in spans]
    return Reason(
        rule="unknown_title",
        detail=f"{counted(len(spans), 'title')} that neither the prompt nor the catalogue has: "
        f"{listed(found)}",
        turn=spans[0].turn,
        spans=tuple(spans),
    )
