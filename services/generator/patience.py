"""Knows whether a server answers for a model, and asks it until it does.

A server may still be loading, be down, or not have the adapter that was published a moment ago.
Every prompt sent to it then would fail, and five failures end a prompt.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendOverloaded, BackendUnavailable, Completion, TextBackend
from services.generator.canary import (
    CanaryOf,
    WrongAdapter,
    canary_sampling,
    no_canary,
    require_right,
)

log = structlog.get_logger(__name__)

_PROBE = (ChatMessage(role="user", content="Hi"),)


class GatedBackend:
    """A backend with a gate for each model, which opens when the model answers a probe of a token.

    For an adapter the answer to its canary must show, too, that the server uses it.

    An unavailable backend closes the gate again: the call that met it fails, the next ones are to
    wait. So an outage costs a prompt one failure, however long it lasts.
    """

    def __init__(
        self, backend: TextBackend, poll_s: float = 2.0, canary_of: CanaryOf = no_canary
    ) -> None:
        """The model is probed every `poll_s` seconds, an adapter with its canary if it has one."""
        self._backend = backend
        self._poll_s = poll_s
        self._canary_of = canary_of
        self._answering: set[str | None] = set()
        self._wrong: set[str | None] = set()
        self._probing: defaultdict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._causes: dict[str | None, BackendUnavailable] = {}

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat; whoever asks has seen that the gate is open.

        Raises what the backend raises.
        """
        try:
            return await self._backend.complete(messages, params, adapter)
        except BackendOverloaded:
            raise  # it answers, if not us
        except BackendUnavailable as error:
            self._answering.discard(_name(adapter))
            self._causes[_name(adapter)] = error
            raise

    def answers(self, adapter: AdapterRef | None) -> bool:
        """Whether the gate is open: the model answered when it was last asked."""
        return _name(adapter) in self._answering

    def wrong(self, adapter: AdapterRef | None) -> bool:
        """Whether the model answered, when it was last asked, without using the adapter."""
        return _name(adapter) in self._wrong

    def cause(self, adapter: AdapterRef | None) -> BackendUnavailable | None:
        """Why the model did not answer when it was last asked."""
        return self._causes.get(_name(adapter))

    async def opened(self, params: SamplingParams, adapter: AdapterRef | None) -> None:
        """Wait, for ever, until the model answers.

        Raises BackendRefused where the server will never answer for it, WrongAdapter where it does
        so without using the adapter.
        """
        name = _name(adapter)
        # The run's own sampling: some servers keep that of the first request they see.
        probe = params.model_copy(update={"max_tokens": 1})
        async with self._probing[name]:
            waiting = False
            while name not in self._answering:
                try:
                    await self._backend.complete(_PROBE, probe, adapter)
                    if adapter is not None:
                        await self._check(adapter)
                except BackendUnavailable as error:
                    self._wrong.discard(name)
                    self._causes[name] = error
                    if not waiting:
                        waiting = True
                        log.info("backend.waiting", adapter_id=name, cause=str(error))
                    await asyncio.sleep(self._poll_s)
                except WrongAdapter:
                    self._wrong.add(name)
                    raise
                else:
                    self._wrong.discard(name)
                    self._answering.add(name)

    async def _check(self, adapter: AdapterRef) -> None:
        canary = await self._canary_of(adapter)
        if canary is None or not canary.distinct:
            log.warning(
                "adapter.unproven",
                adapter_id=adapter.adapter_id,
                cause="no canary was recorded"
                if canary is None
                else "with and without the adapter the canary's outputs are the same",
            )
            return
        served = await self._backend.complete(canary.messages, canary_sampling(canary), adapter)
        require_right(served.text, canary, adapter)
        log.info("adapter.proven", adapter_id=adapter.adapter_id)

    async def close(self) -> None:
        """Release the backend."""
        await self._backend.close()


def _name(adapter: AdapterRef | None) -> str | None:
    return adapter.adapter_id if adapter else None
