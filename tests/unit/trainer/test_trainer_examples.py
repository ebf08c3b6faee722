"""Accepted dialogues as examples."""

from __future__ import annotations

from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import ChatMessage, Turn
from services.trainer.examples import (
    AcceptedDialogue,
    TooFewExamples,
    require_enough,
    split_by_user,
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


def users_of(dialogues: list[AcceptedDialogue]) -> set[str]:
    return {one.user_id for one in dialogues}


@given(
    numbers=st.lists(st.integers(0, 30), max_size=60),
    share=st.floats(0.0, 0.99),
    seed=st.integers(0, 2**32),
)
def test_a_user_is_on_one_side_only_and_no_dialogue_is_lost(
    numbers: list[int], share: float, seed: int
) -> None:
    dialogues = [dialogue(number) for number in numbers]

    training, validation = split_by_user(dialogues, share, seed)

    assert users_of(training).isdisjoint(users_of(validation))
    assert sorted(map(id, [*training, *validation])) == sorted(map(id, dialogues))
    assert bool(validation) == (share > 0 and len(users_of(dialogues)) > 1)
    assert bool(training) == bool(dialogues)


def test_the_share_is_of_users_and_the_seed_draws_them() -> None:
    dialogues = [dialogue(number) for number in range(20) for _ in range(3)]

    training, validation = split_by_user(dialogues, 0.25, seed=7)

    assert len(users_of(validation)) == 5
    assert (len(training), len(validation)) == (45, 15)
    assert users_of(split_by_user(dialogues[::-1], 0.25, 7)[1]) == users_of(validation)
    assert users_of(split_by_user(dialogues, 0.25, 8)[1]) != users_of(validation)
