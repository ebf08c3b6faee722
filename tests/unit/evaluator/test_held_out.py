from __future__ import annotations

from uuid import UUID

import pytest

from services.evaluator.held_out import Candidate, NothingHeldOut, Population, draw


def candidate(user: int, number: int = 0, teacher: str | None = None, run: int = 0) -> Candidate:
    prompt_id = UUID(int=run * 10_000 + user * 10 + number)
    return Candidate(prompt_id, f"u{user}", number, "guided_explorer", teacher)


TAUGHT = [candidate(user, teacher="accepted") for user in range(10)]
REFUSED = [candidate(user, teacher="rejected") for user in range(10, 15)]
OTHERS = [candidate(user) for user in range(15, 40)]
RUN = [*TAUGHT, *REFUSED, *OTHERS]


def test_held_out_are_users_the_teacher_wrote_nothing_for() -> None:
    # The second history of a taught user has no dialogue by the teacher, and is not held out.
    sample = draw([*RUN, candidate(0, 1)], 99, seed=1)
    assert set(sample.prompt_ids) == {one.prompt_id for one in OTHERS}
    assert (sample.in_training, sample.users) == (0, 25)


def test_of_all_users_it_is_said_how_many_were_learned_from() -> None:
    sample = draw(RUN, 99, 1, Population.all)
    assert len(sample.prompt_ids) == 40
    assert sample.in_training == 10


def test_a_user_is_drawn_once() -> None:
    several = [candidate(user, number) for user in range(6) for number in range(5)]
    sample = draw(several, 99, seed=1)
    assert len({prompt_id.int // 10 for prompt_id in sample.prompt_ids}) == 6
    assert len(sample.prompt_ids) == 6


def test_the_draw_depends_on_the_seed_and_not_on_order_or_run() -> None:
    first = draw(RUN, 8, seed=1).prompt_ids
    assert draw(list(reversed(RUN)), 8, seed=1).prompt_ids == first
    assert draw(RUN, 8, seed=2).prompt_ids != first
    elsewhere = draw([candidate(user, run=1) for user in range(15, 40)], 8, seed=1).prompt_ids
    assert [one.int - 10_000 for one in elsewhere] == [one.int for one in first]


def test_fewer_prompts_are_the_first_of_more() -> None:
    assert draw(RUN, 5, seed=1).prompt_ids == draw(RUN, 20, seed=1).prompt_ids[:5]


def test_where_nobody_is_held_out_it_says_so() -> None:
    with pytest.raises(NothingHeldOut, match="all 15 users"):
        draw([*TAUGHT, *REFUSED], 5, seed=1)
