"""Calls wait for a model that is not served yet, and for a server that went away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendRefused, BackendUnavailable, Completion
from recdial.llm.limits import AdaptiveLimit
from services.generator.patience import GatedBackend
from services.generator.spreading import Server as OneServer
from services.generator.spreading import SpreadBackend

CHAT = (ChatMessage(role="user", content="Write a dialogue."),)
PARAMS = SamplingParams(max_tokens=200, temperature=0.4, seed=3)
ADAPTER = AdapterRef(adapter_id="run-1", uri="/a", sha256="0", base_model="student")


class Server:
    """A model server in memory: it serves the names in `served` and notes what it was asked."""

    def __init__(self, *served: str | None) -> None:
        self.served = set(served)
        self.poison: str | None = None
        self.refusal: str | None = None
        self.probes: list[SamplingParams] = []
        self.written: list[str] = []
        self.changed = asyncio.Event()

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        if params.max_tokens == 1:
            self.probes.append(params)
            self.changed.set()
        if self.refusal:
            raise BackendRefused(self.refusal)
        name = adapter.adapter_id if adapter else None
        if name not in self.served or messages[0].content == self.poison:
            raise BackendUnavailable(f"500: cannot serve {name}")
        if params.max_tokens > 1:
            self.written.append(messages[0].content)
        return Completion(text="Hi", finish_reason="stop", model=name or "base")

    async def close(self) -> None:
        self.served.clear()


def patient(*servers: Server, wait_s: float = 30.0) -> SpreadBackend:
    gated = [OneServer(GatedBackend(one, poll_s=0.001), AdaptiveLimit(64)) for one in servers]
    return SpreadBackend(gated, wait_s=wait_s)


async def probed(server: Server, times: int) -> None:
    while len(server.probes) < times:
        server.changed.clear()
        await server.changed.wait()


async def test_calls_wait_for_an_adapter_that_is_published_later() -> None:
    server = Server(None)
    backend = patient(server)
    calls = [asyncio.create_task(backend.complete(CHAT, PARAMS, ADAPTER)) for _ in range(8)]
    await probed(server, 3)
    assert not any(call.done() for call in calls)

    server.served.add("run-1")

    assert [one.model for one in await asyncio.gather(*calls)] == ["run-1"] * 8


async def test_a_model_that_answers_is_probed_once() -> None:
    server = Server(None)
    backend = patient(server)

    await asyncio.gather(*(backend.complete(CHAT, PARAMS) for _ in range(8)))
    await backend.complete(CHAT, PARAMS)

    assert len(server.probes) == 1
    assert len(server.written) == 9


async def test_the_probe_samples_as_the_run_does() -> None:
    server = Server(None)

    await patient(server).complete(CHAT, PARAMS)

    assert server.probes == [PARAMS.model_copy(update={"max_tokens": 1})]


async def test_waiting_for_one_adapter_holds_no_other_model_up() -> None:
    server = Server(None)
    backend = patient(server)
    waiting = asyncio.create_task(backend.complete(CHAT, PARAMS, ADAPTER))
    await probed(server, 1)

    assert (await backend.complete(CHAT, PARAMS)).model == "base"

    server.served.add("run-1")
    await waiting


async def test_an_outage_fails_the_call_that_meets_it_and_the_next_ones_wait() -> None:
    server = Server(None)
    backend = patient(server)
    await backend.complete(CHAT, PARAMS)
    server.served.clear()

    with pytest.raises(BackendUnavailable):
        await backend.complete(CHAT, PARAMS)
    again = asyncio.create_task(backend.complete(CHAT, PARAMS))
    await probed(server, 3)
    assert not again.done()
    server.served.add(None)

    await again


async def test_a_prompt_the_server_breaks_on_holds_no_other_up() -> None:
    server = Server(None)
    server.poison = "poison"
    backend = patient(server)

    with pytest.raises(BackendUnavailable):
        await backend.complete((ChatMessage(role="user", content="poison"),), PARAMS)

    await backend.complete(CHAT, PARAMS)
    assert server.written == [CHAT[0].content]


async def test_a_wait_that_is_too_long_fails_every_waiting_call() -> None:
    backend = patient(Server(), wait_s=0.05)

    outcomes = await asyncio.gather(
        *(backend.complete(CHAT, PARAMS, ADAPTER) for _ in range(4)), return_exceptions=True
    )

    assert [str(outcome) for outcome in outcomes] == ["500: cannot serve run-1"] * 4


async def test_calls_go_to_the_servers_that_answer() -> None:
    down, up = Server(), Server(None)
    backend = patient(down, up)

    await asyncio.gather(*(backend.complete(CHAT, PARAMS) for _ in range(5)))

    assert len(up.written) == 5
    down.served.add(None)
    while not down.written:
        await asyncio.wait_for(backend.complete(CHAT, PARAMS), 1)
        await asyncio.sleep(0.001)
    await backend.close()


async def test_a_server_that_refuses_is_left_out_while_another_may_come() -> None:
    refusing, loading = Server(None), Server()
    refusing.refusal = "404: no such model"
    backend = patient(refusing, loading)
    call = asyncio.create_task(backend.complete(CHAT, PARAMS))
    await probed(loading, 3)

    loading.served.add(None)

    await call
    assert loading.written == [CHAT[0].content]
    await backend.close()


async def test_a_refusal_is_not_waited_out() -> None:
    server = Server(None)
    server.refusal = "401: bad token"

    with pytest.raises(BackendRefused, match="bad token"):
        await patient(server).complete(CHAT, PARAMS)

    assert len(server.probes) == 1


async def test_closing_closes_the_backend() -> None:
    server = Server(None)

    await patient(server).close()

    assert not server.served
