"""A text that was cut off is written once more, with more room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest

from recdial.contracts import StudentPrompt
from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendUnavailable, Completion
from recdial.store.configs import RunConfigs
from services.generator import handlers
from services.generator.backends import Backends
from services.generator.handlers import Deps, Standing, Written
from tests import synthetic


@dataclass
class Talker:
    """Says so many tokens, if it may."""

    tokens: int
    calls: int = 10
    """After so many it is gone."""
    allowed: list[int] = field(default_factory=list)

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        if len(self.allowed) == self.calls:
            raise BackendUnavailable("gone")
        self.allowed.append(params.max_tokens)
        said = min(self.tokens, params.max_tokens)
        ended = self.tokens <= params.max_tokens
        return Completion("word " * said, "stop" if ended else "length", "m", 100, said)

    async def close(self) -> None:
        self.allowed.clear()


async def write(talker: Talker, longer: float) -> Written:
    config = synthetic.scripted_config("x", student={"backend": "scripted", "longer": longer})
    kept: list[Written] = []

    class Configs:
        async def get(self, _run_id: UUID) -> Any:
            return config

    class OneBackend:
        def get(self, _config: Any) -> Talker:
            return talker

    async def standing(_message: Any) -> Standing:
        return Standing.to_be_written

    async def keep(written: Written) -> None:
        kept.append(written)

    message = StudentPrompt(
        run_id=UUID(int=1),
        prompt_id=UUID(int=2),
        dialogue_id=UUID(int=3),
        attempt=1,
        messages=(ChatMessage(role="user", content="Write."),),
        sampling=SamplingParams(max_tokens=50),
        adapter=None,
    )
    deps = Deps(cast("RunConfigs", Configs()), cast("Backends", OneBackend()), standing, keep)
    await handlers.write_dialogue(message, deps)
    (written,) = kept
    return written


async def test_a_text_that_ends_is_written_once() -> None:
    talker = Talker(tokens=50)
    written = await write(talker, longer=2)
    assert talker.allowed == [50]
    assert [one.tokens_out for one in written.expenses] == [50]


async def test_a_text_that_is_cut_off_gets_more_room_and_both_calls_count() -> None:
    talker = Talker(tokens=80)
    written = await write(talker, longer=2)
    assert talker.allowed == [50, 100]
    assert written.row["finish_reason"] == "stop"
    assert written.row["sampling"]["max_tokens"] == 100
    assert [one.tokens_out for one in written.expenses] == [50, 80]


@pytest.mark.parametrize(("longer", "allowed"), [(2, [50, 100]), (1, [50])])
async def test_a_text_without_an_end_is_kept_as_it_is_after_that(
    longer: float, allowed: list[int]
) -> None:
    talker = Talker(tokens=10_000)
    written = await write(talker, longer)
    assert talker.allowed == allowed
    assert written.row["finish_reason"] == "length"


async def test_if_the_second_call_fails_the_first_counts() -> None:
    written = await write(Talker(tokens=80, calls=1), longer=2)
    assert written.row["finish_reason"] == "length"
    assert written.row["sampling"]["max_tokens"] == 50
    assert [one.tokens_out for one in written.expenses] == [50]
