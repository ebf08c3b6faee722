"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from recdial.domain import Reason, Turn
from recdial.settings import FilteringConfig
from services.filter.parsing import ParsedDialogue

_LISTED = 5


@dataclass(frozen=True)
class JudgingContext:
    """What the prompt of a dialogue and the catalogue say."""

    prompt_item_ids: frozenset[str]
    """Ids the prompt lists, the target's among them."""
    target_item_id: str
    catalogue_item_ids: frozenset[str] = frozenset()
    """Of the ids that `judging.mentioned` finds, those in the run's catalogue."""

    def knows(self, item_id: str) -> bool:
        """Whether the prompt or the catalogue has the item."""
        return (
            item_id == self.target_item_id
            or item_id in self.prompt_item_ids
            or item_id in self.catalogue_item_ids
        )


@dataclass(frozen=True)
class Candidate:
    """A dialogue before its verdict."""

    text: str
    """As the model wrote it."""
    dialogue: ParsedDialogue
    finish_reason: str
    """`length` where the model was cut off."""
    context: JudgingContext
    config: FilteringConfig

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
