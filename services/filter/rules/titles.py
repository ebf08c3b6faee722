"""The rule about titles in prose: a movie that neither prompt nor catalogue has is hallucinated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recdial.domain import Reason, Turn
from recdial.linking import Link
from recdial.linking.unlinked import unlinked_titles
from services.filter.rules.candidate import Candidate, counted, listed, span


def unknown_title(candidate: Candidate) -> Reason | None:
    """Every title in prose is of an item in the prompt or in the catalogue.

    A catalogue is needed to tell: without one the rule has nothing to say.
    """
    if candidate.context.linker is None:
        return None
    spans = [
        span(number, turn, start, end)
        for number, turn, links in candidate.linked
        for start, end in _places(turn, links)
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


def _places(turn: Turn, links: Sequence[Link]) -> Iterator[tuple[int, int]]:
    """Where an utterance names films that the catalogue has not, well-known ones or others."""
    yield from ((link.start, link.end) for link in links if link.kind == "film")
    yield from ((found.start, found.end) for found in unlinked_titles(turn.text, links))
