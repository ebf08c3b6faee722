"""Accepted dialogues as examples."""

from __future__ import annotations

from random import Random
from uuid import UUID, uuid4

import pytest

from recdial.domain import ChatMessage, Turn
from services.trainer.examples import (
    AcceptedDialogue,
    TooFewExamples,
    require_enough,
    to_examples,
)


def dialogue(number: int, prompt_id: UUID | None = None) -> AcceptedDialogue:
    return AcceptedDialogue(
        prompt_id=prompt_id or uuid4(),
        user_id=f"user-{number}",
        messages=(
            ChatMessage(role="system", content="Write a conversation."),
            ChatMessage(role="user", content=f"Target: <id_{number}>"),
        ),
        turns=(
            Turn(speaker="user", text="What shall I see?"),
            Turn(speaker="assistant", text=f"See <id_{number}>.", items=(str(number),)),
        ),
    )


def test_an_example_is_the_prompt_and_the_dialogue_in_trls_format() -> None:
    [example] = to_examples([dialogue(1)], seed=7)

    assert example.row() == {
        "prompt": [
            {"role": "system", "content": "Write a conversation."},
            {"role": "user", "content": "Target: <id_1>"},
        ],
        "completion": [
            {"role": "assistant", "content": "[USR] What shall I see?\n[AI] See <id_1>."}
        ],
    }
    assert example.conversation() == [*example.row()["prompt"], *example.row()["completion"]]


def test_the_order_depends_on_neither_arrival_nor_the_ids_of_the_run() -> None:
    arrived = [dialogue(number) for number in range(30)]
    of_another_run = [dialogue(number) for number in range(30)]
    Random(3).shuffle(of_another_run)

    assert to_examples(arrived, seed=7) == to_examples(of_another_run, seed=7)


def test_the_seed_shuffles() -> None:
    dialogues = [dialogue(number) for number in range(30)]

    once, other = to_examples(dialogues, seed=7), to_examples(dialogues, seed=8)

    assert once != other
    assert set(once) == set(other)
    assert [example.completion for example in once] != sorted(
        example.completion for example in once
    )


def test_enough_examples_pass() -> None:
    require_enough(usable=8, minimum=8)


def test_too_few_examples_are_counted_in_the_error_which_says_what_to_change() -> None:
    with pytest.raises(TooFewExamples) as caught:
        require_enough(usable=5, minimum=8, too_long=4)

    assert "5 accepted teacher dialogues" in str(caught.value)
    assert "4 more exceed distillation.max_length" in str(caught.value)
    assert "distillation.min_examples is 8" in str(caught.value)
    assert "raise distillation.teacher_share" in str(caught.value)


def test_length_is_not_mentioned_where_it_is_not_the_matter() -> None:
    with pytest.raises(TooFewExamples) as caught:
        require_enough(usable=5, minimum=8)

    assert "max_length" not in str(caught.value)
