"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from recdial.domain import ItemFacts, Reason, Span, Turn
from recdial.linking import Link, Linker
from recdial.settings import FilteringConfig
from recdial.stereotypes import Axes
from services.filter.parsing import ParsedDialogue
from services.filter.rules.sentences import Piece, sentences
from services.filter.rules.wordings import folded

_LISTED = 5


@dataclass(frozen=True)
class JudgingContext:
    """What is known of the prompt of a dialogue and of the catalogue."""

    prompt_item_ids: frozenset[str]
    """Ids the prompt lists, the target's among them."""
    target_item_id: str
    items: Mapping[str, ItemFacts] = field(default_factory=dict)
    """The facts of the catalogue's items by id. Empty where none are known; then rules about facts
    have nothing to say."""
    liked: frozenset[str] = frozenset()
    """Ids of the listed history that the user liked."""
    disliked: frozenset[str] = frozenset()
    """Ids of the listed history that the user disliked."""
    stereotype: Axes | None = None
    """None where the kind of user is not known; then rules about it have nothing to say."""
    linker: Linker | None = None
    """Finds the catalogue's entities in prose; None where there is no catalogue."""

    def knows(self, item_id: str) -> bool:
        """Whether the prompt or the catalogue has the item."""
        return (
            item_id == self.target_item_id
            or item_id in self.prompt_item_ids
            or item_id in self.items
        )


@dataclass(frozen=True)
class Candidate:
    """A dialogue before its verdict."""

    text: str
    """As the model wrote it."""
    dialogue: ParsedDialogue
    """What is judged: titles in its prose are ids already where it is clear which are meant."""
    finish_reason: str
    """`length` where the model was cut off."""
    context: JudgingContext
    config: FilteringConfig
    links: tuple[tuple[Link, ...], ...] = ()
    """For each utterance, what its text mentions, in order; none without a linker."""

    @cached_property
    def sentences(self) -> tuple[tuple[Piece, ...], ...]:
        """For each utterance, its sentences: several rules read them."""
        return tuple(tuple(sentences(turn.text)) for turn in self.dialogue.turns)

    @cached_property
    def folded(self) -> str:
        """All that is said, a line for each utterance, in small letters (`wordings.folded`)."""
        return folded("\n".join(turn.text for turn in self.dialogue.turns))

    @property
    def linked(self) -> Iterator[tuple[int, Turn, tuple[Link, ...]]]:
        """The utterances with their numbers, from 1, and what they mention."""
        for number, (turn, links) in enumerate(zip(self.dialogue.turns, self.links, strict=False)):
            yield number + 1, turn, links

    @property
    def numbered(self) -> Iterator[tuple[int, Turn]]:
        """The utterances with their numbers, from 1."""
        return enumerate(self.dialogue.turns, 1)


Rule: TypeAlias = Callable[[Candidate], Reason | None]
"""Gives its reason against a dialogue, or None. One reason a rule: reasons count dialogues.

The rule's name in reasons is the name of the function.
"""


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 utterance`, `2 utterances`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(found: Sequence[tuple[int, str]]) -> str:
    """The first few findings with the numbers of their utterances."""
    shown = ", ".join(f"{what} (utterance {number})" for number, what in found[:_LISTED])
    more = len(found) - _LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def span(number: int, turn: Turn, start: int, end: int) -> Span:
    """The place [start, end) of an utterance, with what stands there."""
    return Span(turn=number, start=start, end=end, text=turn.text[start:end])
