"""Waits for a model that is not served yet, so that prompts are not given up meanwhile.

A server may still be loading, be down, or not have the adapter that was published a moment ago.
Every prompt sent to it then would fail, and five failures end a prompt.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

import structlog

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendUnavailable, Completion, TextBackend

log = structlog.get_logger(__name__)

_PROBE = (ChatMessage(role="user", content="Hi"),)

WAIT_S = 900.0
"""Half of the time RabbitMQ lets a delivery be unacknowledged."""


class PatientBackend:
    """A backend whose calls wait until the model they ask for answers a probe of one token.

    An unavailable backend closes the gate again: the call that met it fails, the next ones wait. So
    an outage costs a prompt one failure, however long it lasts.
    """

    def __init__(self, backend: TextBackend, wait_s: float = WAIT_S, poll_s: float = 2.0) -> None:
        """A call waits for at most `wait_s` seconds; the model is probed every `poll_s`."""
        self._backend = backend
        self._wait_s = wait_s
        self._poll_s = poll_s
        self._answering: set[str | None] = set()
        self._probing: defaultdict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat once the model answers.

        Raises what the backend raises; BackendUnavailable also where the wait was too long.
        """
        name = adapter.adapter_id if adapter else None
        deadline = time.monotonic() + self._wait_s
        # One call probes, the others wait for what it finds.
        async with self._probing[name]:
            if name not in self._answering:
                await self._answer(params, adapter, deadline)
                self._answering.add(name)
        try:
            return await self._backend.complete(messages, params, adapter)
        except BackendUnavailable:
            self._answering.discard(name)
            raise

    async def close(self) -> None:
        """Release the backend."""
        await self._backend.close()

    async def _answer(
        self, params: SamplingParams, adapter: AdapterRef | None, deadline: float
    ) -> None:
        # The run's own sampling: some servers keep that of the first request they see.
        probe = params.model_copy(update={"max_tokens": 1})
        waiting = False
        while True:
            try:
                await self._backend.complete(_PROBE, probe, adapter)
            except BackendUnavailable as error:
                if time.monotonic() + self._poll_s > deadline:
                    raise
                if not waiting:
                    waiting = True
                    adapter_id = adapter.adapter_id if adapter else None
                    log.info("backend.waiting", adapter_id=adapter_id, cause=str(error))
            else:
                return
            await asyncio.sleep(self._poll_s)
