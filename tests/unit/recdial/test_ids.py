from __future__ import annotations

import subprocess
import sys
from collections import Counter
from uuid import UUID

from recdial import ids

RUN = UUID(int=1)


def test_ids_are_the_same_in_every_process() -> None:
    code = (
        "from uuid import UUID; from recdial import ids;"
        "print(ids.prompt_id(UUID(int=1), 'u', 0, 's'), ids.seeded_draw(7, 'a', 'b'))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {f"{ids.prompt_id(RUN, 'u', 0, 's')} {ids.seeded_draw(7, 'a', 'b')}\n"}


def test_every_part_of_the_work_is_in_its_id() -> None:
    prompts = {
        ids.prompt_id(RUN, "u", 0, "s"),
        ids.prompt_id(UUID(int=2), "u", 0, "s"),
        ids.prompt_id(RUN, "v", 0, "s"),
        ids.prompt_id(RUN, "u", 1, "s"),
        ids.prompt_id(RUN, "u", 0, "t"),
    }
    assert len(prompts) == 5
    prompt = UUID(int=3)
    dialogues = {
        ids.dialogue_id(prompt, "teacher", "m", "", 1),
        ids.dialogue_id(prompt, "student", "m", "", 1),
        ids.dialogue_id(prompt, "teacher", "n", "", 1),
        ids.dialogue_id(prompt, "teacher", "m", "sha", 1),
        ids.dialogue_id(prompt, "teacher", "m", "", 2),
    }
    assert len(dialogues) == 5


def test_parts_do_not_run_into_each_other() -> None:
    assert ids.prompt_id(RUN, "ab", 0, "c") != ids.prompt_id(RUN, "a", 0, "bc")
    assert ids.seeded_draw(1, "ab", "c") != ids.seeded_draw(1, "a", "bc")


def test_draws_are_uniform_enough_and_fit_a_bigint() -> None:
    draws = [ids.seeded_draw(7, "user", number) for number in range(10_000)]
    assert all(0 <= draw < 2**63 for draw in draws)
    fifths = Counter(draw % 5 for draw in draws)
    # 2,000 expected in each; five standard deviations are 200.
    assert all(1800 < fifths[rest] < 2200 for rest in range(5))
