"""Accepted teacher dialogues as examples to learn from (paper, §3.3). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from recdial.domain import ChatMessage, Turn
from recdial.ids import seeded_draw
from recdial.transcript import render_turns


class TooFewExamples(Exception):
    """Fewer examples than the run asks for: nothing worth calling a student would come of it."""


@dataclass(frozen=True)
class AcceptedDialogue:
    """A dialogue the filter accepted, with the prompt it answers."""

    prompt_id: UUID
    user_id: str
    messages: tuple[ChatMessage, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Example:
    """What the student sees and what it is to write."""

    prompt: tuple[ChatMessage, ...]
    completion: str

    def conversation(self) -> list[dict[str, str]]:
        """Prompt and answer as one chat."""
        return [*(message.model_dump() for message in self.prompt), self._answer]

    def row(self) -> dict[str, list[dict[str, str]]]:
        """A row of trl's conversational prompt/completion format."""
        return {
            "prompt": [message.model_dump() for message in self.prompt],
            "completion": [self._answer],
        }

    @property
    def _answer(self) -> dict[str, str]:
        return {"role": "assistant", "content": self.completion}


def to_examples(dialogues: Iterable[AcceptedDialogue], seed: int) -> tuple[Example, ...]:
    """One example for each dialogue, in a shuffled order that depends on seed and content only.

    The answer is rendered anew from the turns, so that the student learns one canonical form and
    not the teacher's slips of format.
    """

    def place(dialogue: AcceptedDialogue) -> tuple[int, str]:
        # Not by prompt id, which names the run: the same data must train the same adapter.
        words = [message.content for message in dialogue.messages]
        return seeded_draw(seed, "example", dialogue.user_id, *words), dialogue.user_id

    return tuple(
        Example(prompt=dialogue.messages, completion=render_turns(dialogue.turns))
        for dialogue in sorted(dialogues, key=place)
    )


def split_by_user(
    dialogues: Iterable[AcceptedDialogue], validation_share: float, seed: int
) -> tuple[list[AcceptedDialogue], list[AcceptedDialogue]]:
    """Dialogues to train on, and dialogues to validate with: a user's are never on both sides.

    Which users validate depends on the seed and their ids only. It is one at least, unless the
    share is 0 or there is but one user.
    """
    found = list(dialogues)
    users = sorted(
        {dialogue.user_id for dialogue in found},
        key=lambda user: (seeded_draw(seed, "validation", user), user),
    )
    wanted = round(validation_share * len(users))
    if validation_share > 0:
        wanted = min(max(wanted, 1), len(users) - 1)
    held_out = set(users[:wanted])
    return (
        [dialogue for dialogue in found if dialogue.user_id not in held_out],
        [dialogue for dialogue in found if dialogue.user_id in held_out],
    )


def require_enough(usable: int, minimum: int, too_long: int = 0) -> None:
    """Raise TooFewExamples if fewer than `minimum` examples are usable.

    `too_long` is how many more there would be without the limit on length.
    """
    if usable >= minimum:
        return
    left_out = f" ({too_long} more exceed distillation.max_length)" if too_long else ""
    raise TooFewExamples(
        f"{usable} accepted teacher dialogues to learn from{left_out}, and "
        f"distillation.min_examples is {minimum}: raise distillation.teacher_share or lower "
        "min_examples, and see which rules rejected the teacher's dialogues"
    )
