"""The prompter makes no more prompts for a cancelled run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from recdial import run_control
from recdial.bus.local import LocalBus
from recdial.contracts import ProfileGrounded
from recdial.domain import Interaction, ItemFacts, UserProfile
from recdial.store import Store, prompts, runs
from recdial.store.batching import Batched
from recdial.store.configs import RunConfigs
from services.prompter.handlers import Deps, keep_prompts, prompt_profile
from tests.synthetic import scripted_config

RUN = UUID(int=1)
CONFIG = scripted_config("cancelled")


@pytest.mark.parametrize(("cancelled", "prompted"), [(False, 1), (True, 0)])
async def test_a_profile_of_a_cancelled_run_is_dropped_without_a_trace(
    tmp_path: Path, cancelled: bool, prompted: int
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    await store.migrate()
    async with store.begin() as session:
        await runs.create(session, RUN, CONFIG)
        if cancelled:
            await run_control.cancel(session, RUN)
    heat = Interaction(item=ItemFacts(item_id="1", title="Heat"), rating=5.0, timestamp=1)
    profile = UserProfile(user_id="user", history=(), target=heat)
    configs = RunConfigs(store)
    keep = Batched(partial(keep_prompts, store=store, configs=configs))
    deps = Deps(store, LocalBus(), configs, keep)
    assert await prompt_profile(ProfileGrounded(run_id=RUN, profile=profile), deps) == []
    async with store.read() as session:
        assert await prompts.count_settled(session, RUN) == (prompted, 0)
    await store.close()
