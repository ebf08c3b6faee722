"""Overload is waited out, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendOverloaded, BackendUnavailable, Completion
from recdial.llm.limited import LimitedBackend
from recdial.llm.limits import AdaptiveLimit

CHAT = (ChatMessage(role="user", content="Write a dialogue."),)
PARAMS = SamplingParams(max_tokens=200)


class Failing:
    """A backend that fails as it is told, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return Completion("Hi", "stop", "m")

    async def close(self) -> None:
        self.errors.clear()


async def test_an_overloaded_server_is_called_again_with_fewer_calls_at_a_time() -> None:
    backend = Failing(BackendOverloaded("429"), BackendOverloaded("429", retry_after_s=0.01))
    limit = AdaptiveLimit(10)

    assert (await LimitedBackend(backend, limit).complete(CHAT, PARAMS)).text == "Hi"

    assert backend.calls == 3
    assert limit.limit == 8
    assert limit.in_flight == 0


async def test_other_failures_are_for_whoever_called() -> None:
    backend = Failing(BackendUnavailable("500"))

    with pytest.raises(BackendUnavailable, match="500"):
        await LimitedBackend(backend, AdaptiveLimit(10)).complete(CHAT, PARAMS)

    assert backend.calls == 1


async def test_patience_ends() -> None:
    backend = Failing(*[BackendOverloaded("429: busy")] * 1000)

    with pytest.raises(BackendOverloaded, match="busy"):
        await LimitedBackend(backend, AdaptiveLimit(10), patience_s=0.2).complete(CHAT, PARAMS)


async def test_closing_closes_the_backend() -> None:
    backend = Failing(BackendUnavailable("500"))

    await LimitedBackend(backend, AdaptiveLimit(10)).close()

    assert backend.errors == []
