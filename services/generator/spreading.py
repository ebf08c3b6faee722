"""Several servers of one model, each given as much as it takes; calls wait where none answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendRefused, BackendUnavailable, Completion
from recdial.llm.limits import AdaptiveLimit
from services.generator.canary import WrongAdapter
from services.generator.patience import GatedBackend

WAIT_S = 900.0
"""Half of the time RabbitMQ lets a delivery be unacknowledged."""

_LOOK_S = 1.0


@dataclass(frozen=True)
class Server:
    """One server, behind its gate and its limit."""

    backend: GatedBackend
    limit: AdaptiveLimit
    """The limit the backend itself keeps to."""


class SpreadBackend:
    """Gives each call to the least loaded of the servers that answer for its model.

    One that does not answer is asked again in the background. Where one was found to answer without
    the adapter, calls wait for it to be asked again, and fail if it still does: a share of their
    texts would be the base model's.
    """

    def __init__(self, servers: Sequence[Server], wait_s: float = WAIT_S) -> None:
        """One server or more; a call waits for at most `wait_s` seconds for one that answers."""
        if not servers:
            raise ValueError("there is no server to give calls to")
        self._servers = servers
        self._wait_s = wait_s
        self._asking: dict[tuple[int, str | None], asyncio.Task[None]] = {}

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat. Raises what the backend raises that was given it.

        BackendUnavailable also where no server answered for too long, BackendRefused where each of
        them said that it never will, WrongAdapter where one of them does not use the adapter.
        """
        server = await self._free(params, adapter)
        return await server.backend.complete(messages, params, adapter)

    async def close(self) -> None:
        """Stop asking, and release the servers' backends."""
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        for server in self._servers:
            await server.backend.close()

    async def _free(self, params: SamplingParams, adapter: AdapterRef | None) -> Server:
        """The least loaded server that answers, once there is one."""
        deadline = time.monotonic() + self._wait_s
        asked = self._ask(params, adapter)
        while not (answering := self._answering(adapter)) or self._suspect(adapter):
            _refuse_if_wrong_or_all_did(asked)
            waiting = [task for task in asked if not task.done()]
            if not waiting or (left := deadline - time.monotonic()) <= 0:
                raise self._unavailable(adapter)
            # A suspect that has gone away meanwhile ends no task: look, if another one answers.
            await asyncio.wait(
                waiting,
                timeout=min(left, _LOOK_S) if answering else left,
                return_when=asyncio.FIRST_COMPLETED,
            )
        return min(answering, key=lambda one: one.limit.load)

    def _answering(self, adapter: AdapterRef | None) -> list[Server]:
        return [server for server in self._servers if server.backend.answers(adapter)]

    def _suspect(self, adapter: AdapterRef | None) -> bool:
        return any(server.backend.wrong(adapter) for server in self._servers)

    def _ask(self, params: SamplingParams, adapter: AdapterRef | None) -> list[asyncio.Task[None]]:
        """The tasks that wait for the servers that do not answer, one each for all calls."""
        return [
            self._ask_one(number, server, params, adapter)
            for number, server in enumerate(self._servers)
            if not server.backend.answers(adapter)
        ]

    def _ask_one(
        self, number: int, server: Server, params: SamplingParams, adapter: AdapterRef | None
    ) -> asyncio.Task[None]:
        key = (number, adapter.adapter_id if adapter else None)
        task = self._asking.get(key)
        if task is None or task.done():
            task = asyncio.create_task(server.backend.opened(params, adapter))
            # Where another server answers, nobody else takes notice of how it ended.
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            self._asking[key] = task
        return task

    def _unavailable(self, adapter: AdapterRef | None) -> BackendUnavailable:
        causes = [str(cause) for one in self._servers if (cause := one.backend.cause(adapter))]
        return BackendUnavailable("; ".join(causes) or "the model went away")


def _refuse_if_wrong_or_all_did(asked: Sequence[asyncio.Task[None]]) -> None:
    """Raise what a server was found wrong for, or what all that were asked refused with."""
    errors = [task.exception() for task in asked if task.done() and not task.cancelled()]
    refusals = [error for error in errors if isinstance(error, BackendRefused)]
    for refusal in refusals:
        if isinstance(refusal, WrongAdapter):
            raise refusal
    if asked and len(refusals) == len(asked):
        raise refusals[0]
