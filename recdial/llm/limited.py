"""A backend that is called as often as it can take, and again where it was asked too much."""

from __future__ import annotations

from collections.abc import Sequence

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm.limits import AdaptiveLimit
from recdial.llm.protocol import BackendOverloaded, Completion, TextBackend

PATIENCE_S = 600.0
"""How long a call that is refused for overload is tried again."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0


class LimitedBackend:
    """A backend behind an adaptive limit of calls in flight."""

    def __init__(
        self, backend: TextBackend, limit: AdaptiveLimit, patience_s: float = PATIENCE_S
    ) -> None:
        """Overload is an answer to be heeded, not a failure, for as long as `patience_s`."""
        self._backend = backend
        self._limit = limit
        self._patience_s = patience_s

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat when there is a place for it. Raises what the backend raises.

        BackendOverloaded only where the server has been so for all of the patience.
        """
        tries = AsyncRetrying(
            retry=retry_if_exception_type(BackendOverloaded),
            wait=_pause,
            stop=stop_after_delay(self._patience_s),
            reraise=True,
        )
        async for attempt in tries:
            with attempt:
                return await self._once(messages, params, adapter)
        raise AssertionError("tenacity reraises the last error")

    async def close(self) -> None:
        """Release the backend."""
        await self._backend.close()

    async def _once(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None,
    ) -> Completion:
        async with self._limit.call() as call:
            try:
                completion = await self._backend.complete(messages, params, adapter)
            except BackendOverloaded:
                call.overloaded()
                raise
            call.succeeded()
            return completion


_jittered = wait_random_exponential(multiplier=_FIRST_PAUSE_S, max=_LONGEST_PAUSE_S)


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: jittered, and not before the server asked to be called again."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, BackendOverloaded) else None
    return _jittered(state) + (asked or 0.0)
