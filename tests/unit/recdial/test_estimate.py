"""What a run will take, from a sample of its prompts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Role
from recdial.estimate import TOKENS_PER_UTTERANCE, PromptSample, PromptSize, beyond, estimate
from recdial.settings import RunConfig
from tests import synthetic

PRICED = {"backend": "scripted", "price_in": 1.0, "price_out": 4.0, "tokens_out_per_s": 100.0}


def config(**changes: object) -> RunConfig:
    return synthetic.scripted_config("estimated", **changes)


def sizes(*tokens: int) -> list[list[PromptSize]]:
    return [[PromptSize("curious_newcomer", one, 1000)] for one in tokens]


def test_prompts_and_tokens_are_projected_to_the_whole_run() -> None:
    found = estimate(config(), PromptSample(1000, sizes(100, 200, 300), "estimate"))
    student, teacher = found.roles[Role.student], found.roles[Role.teacher]
    assert (found.prompts, student.prompts, teacher.prompts) == (1000, 1000, 100)
    assert student.tokens_in.mean == pytest.approx(200_000)
    assert student.tokens_in.low < 200_000 < student.tokens_in.high
    assert student.tokens_out == 1000 * 7.5 * TOKENS_PER_UTTERANCE


def test_where_all_were_counted_there_is_nothing_to_doubt() -> None:
    found = estimate(config(), PromptSample(3, sizes(100, 200, 300), "estimate"))
    assert (
        found.roles[Role.student].tokens_in.low == found.roles[Role.student].tokens_in.high == 600
    )


def test_the_share_of_each_stereotype_is_rounded_up() -> None:
    prompts = [[PromptSize(name, 10, 10)] for name in ("a", "b", "c")]
    found = estimate(config(), PromptSample(30, prompts, "estimate"))
    assert found.roles[Role.teacher].prompts == 3 + 2


def test_dialogues_are_as_long_as_in_a_run_that_was_made_but_not_longer_than_allowed() -> None:
    written = {Role.student: 321.0, Role.teacher: 5000.0}
    found = estimate(config(), PromptSample(10, sizes(*[100] * 10), "m"), written, "runs/demo")
    assert found.roles[Role.student].tokens_out == 3210
    assert found.roles[Role.teacher].tokens_out == 2 * 1024, "written once more, if it is cut off"
    assert found.tokens_out_from == "runs/demo"


def test_cost_and_hours_follow_prices_and_speeds() -> None:
    run = config(student=PRICED | {"tokens_in_per_s": 1000.0})
    written = {Role.student: 500.0}
    found = estimate(run, PromptSample(1000, sizes(*[100] * 1000), "m"), written, "x")
    student = found.roles[Role.student]
    assert student.cost.mean == pytest.approx((100_000 * 1 + 500_000 * 4) / 1e6)
    assert student.gpu_hours is not None
    assert student.gpu_hours.mean == pytest.approx((100 + 5000) / 3600)
    assert found.roles[Role.teacher].gpu_hours is None


def test_limits_that_will_be_reached_are_told() -> None:
    run = config(student=PRICED, limits={"max_tokens": 1000, "max_cost": 1000.0})
    found = estimate(run, PromptSample(10, sizes(*[100] * 10), "m"))
    (limit,) = beyond(run, found)
    assert limit.startswith("limits.max_tokens is 1,000; ")


def test_a_sample_without_a_prompt_says_nothing() -> None:
    with pytest.raises(ValueError, match="none of the sampled profiles"):
        estimate(config(), PromptSample(10, [[], []], "m"))


@given(st.lists(st.lists(st.integers(1, 5000), max_size=3), min_size=1, max_size=20).filter(any))
def test_the_interval_holds_the_mean(groups: list[list[int]]) -> None:
    sample = [[PromptSize("a", tokens, 10) for tokens in group] for group in groups]
    found = estimate(config(), PromptSample(10_000, sample, "m")).roles[Role.student]
    assert found.tokens_in.low <= found.tokens_in.mean * (1 + 1e-9)
    assert found.tokens_in.mean <= found.tokens_in.high * (1 + 1e-9)
    assert math.isfinite(found.tokens_in.high)
