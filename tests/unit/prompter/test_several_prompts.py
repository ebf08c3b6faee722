"""A profile may lead to several prompts, and a user may have several histories."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from recdial import ids
from recdial.bus.local import LocalBus
from recdial.contracts import ProfileGrounded, PromptsRelease
from recdial.domain import UserProfile
from recdial.settings import STEREOTYPES, RunConfig
from recdial.store import Store, prompts, runs
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from services.prompter.budget import PromptTooLong
from services.prompter.handlers import Deps, keep_prompts, prompt_profile, prompts_of
from services.prompter.tokens import ESTIMATE, TokenCounter

MakeConfig = Callable[..., RunConfig]
RUN = UUID(int=1)


def names(profile: UserProfile, config: RunConfig, counter: TokenCounter = ESTIMATE) -> list[str]:
    return [prompt.stereotype for prompt in prompts_of(RUN, profile, config, counter)]


def test_a_profile_has_one_prompt_for_each_stereotype_drawn(
    profile: UserProfile, make_config: MakeConfig
) -> None:
    for number in range(1, 8):
        config = make_config(prompting={"stereotypes_per_user": number})
        found = names(profile, config)
        assert len(found) == len(set(found)) == min(number, 5)


def test_without_a_history_only_the_newcomers_fit(
    profile: UserProfile, make_config: MakeConfig
) -> None:
    alone = profile.model_copy(update={"history": ()})
    config = make_config(prompting={"stereotypes_per_user": 5})
    assert sorted(names(alone, config)) == ["curious_newcomer", "focused_newcomer"]


def test_every_history_of_a_user_has_prompts_of_its_own(
    profile: UserProfile, make_config: MakeConfig
) -> None:
    config = make_config(prompting={"stereotypes_per_user": 5})
    found = [
        prompt
        for number in range(3)
        for prompt in prompts_of(
            RUN, profile.model_copy(update={"history_number": number}), config, ESTIMATE
        )
    ]
    assert len({prompt.prompt_id for prompt in found}) == 15
    assert len({prompt.draw for prompt in found}) == 3
    for prompt in found:
        assert prompt.prompt_id == ids.prompt_id(
            RUN, "U1", prompt.history_number, prompt.stereotype
        )


def test_a_stereotype_whose_prompt_is_too_long_is_left_out_unless_all_are(
    profile: UserProfile, make_config: MakeConfig
) -> None:
    config = make_config(prompting={"stereotypes_per_user": 5, "max_prompt_tokens": 600})
    searcher = TokenCounter("picky", lambda line: 600 * ("Searcher" in line))
    assert sorted(names(profile, config, searcher)) == sorted(STEREOTYPES[:4])
    with pytest.raises(PromptTooLong, match="raise it"):
        names(profile, config, TokenCounter("high", lambda _line: 600))


@pytest.mark.parametrize("number", [1, 5])
async def test_a_run_is_released_when_each_profile_has_its_prompts(
    tmp_path: Path, number: int, profile: UserProfile, make_config: MakeConfig
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    await store.migrate()
    config = make_config(prompting={"stereotypes_per_user": number})
    async with store.begin() as session:
        await runs.create(session, RUN, config)
        await runs.set_grounded(session, RUN, 2, {})
    configs = RunConfigs(store)
    keep = Batched(partial(keep_prompts, store=store, configs=configs))
    deps = Deps(store, LocalBus(), configs, keep)
    second = profile.model_copy(update={"history_number": 1})
    first, repeated, last = [
        await prompt_profile(ProfileGrounded(run_id=RUN, profile=each), deps)
        for each in (profile, profile, second)
    ]
    assert first == repeated == []
    assert all(isinstance(message, PromptsRelease) for message in last)
    assert len(last) == 2
    async with store.read() as session:
        assert await prompts.count_settled(session, RUN) == (2, 0)
        assert await prompts.count(session, RUN) == 2 * number
    await store.close()


async def test_a_profile_whose_prompts_are_all_too_long_is_dropped_with_the_reason(
    tmp_path: Path, profile: UserProfile, make_config: MakeConfig
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    await store.migrate()
    async with store.begin() as session:
        await runs.create(session, RUN, make_config(prompting={"max_prompt_tokens": 600}))
    configs = RunConfigs(store)
    keep = Batched(partial(keep_prompts, store=store, configs=configs))
    high = TokenCounter("high", lambda _line: 600)
    deps = Deps(store, LocalBus(), configs, keep, lambda _config: high)
    assert await prompt_profile(ProfileGrounded(run_id=RUN, profile=profile), deps) == []
    async with store.read() as session:
        assert await prompts.count_settled(session, RUN) == (0, 1)
    await store.close()
