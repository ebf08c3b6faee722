"""A server that answers for an adapter must be seen to use it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recdial.contracts import Canary, RunFailed, StudentPrompt
from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendUnavailable, Completion
from recdial.llm.limits import AdaptiveLimit
from recdial.store.configs import RunConfigs
from services.generator import handlers
from services.generator.backends import Backends
from services.generator.canary import WrongAdapter, judge_canary
from services.generator.handlers import Deps, Standing, Written
from services.generator.patience import GatedBackend
from services.generator.spreading import Server as OneServer
from services.generator.spreading import SpreadBackend

TUNED = "[USR] I like quiet films.\n[AI] Then watch Ikiru, it is slow and kind."
BASE = "Sure! Here is a dialogue between a user and a recommender system:"
ASKED = (ChatMessage(role="user", content="Write a dialogue about Ikiru."),)
CHAT = (ChatMessage(role="user", content="Write another."),)
CANARY = Canary(messages=ASKED, max_tokens=64, adapter_output=TUNED, base_output=BASE)
PARAMS = SamplingParams(max_tokens=200, temperature=0.4)
ADAPTER = AdapterRef(adapter_id="run-1", uri="/a", sha256="0", base_model="student")
WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=20).map(" ".join)


class Server:
    """A server that answers a canary with `output`, or not yet."""

    def __init__(self, output: str | None = TUNED) -> None:
        self.output = output
        self.canaries: list[SamplingParams] = []
        self.written = 0
        self.asked = asyncio.Event()

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        self.asked.set()
        if self.output is None:
            raise BackendUnavailable("500: no such model")
        if messages == ASKED:
            self.canaries.append(params)
            return Completion(self.output, "length", "m")
        if params.max_tokens > 1:
            self.written += 1
        return Completion("Hi", "stop", "m")

    async def close(self) -> None:
        pass


def spread(*servers: Server, canary: Canary | None = CANARY) -> SpreadBackend:
    async def canary_of(_adapter: AdapterRef) -> Canary | None:
        return canary

    return SpreadBackend(
        [
            OneServer(GatedBackend(one, 0.001, canary_of), AdaptiveLimit(64, start=64))
            for one in servers
        ]
    )


async def many_calls(backend: SpreadBackend) -> None:
    for _ in range(100):
        await backend.complete(CHAT, PARAMS, ADAPTER)


@given(WORDS, WORDS)
def test_the_recorded_outputs_are_judged_as_what_they_are(tuned: str, base: str) -> None:
    assume(tuned != base)
    canary = Canary(messages=ASKED, max_tokens=8, adapter_output=tuned, base_output=base)

    assert judge_canary(tuned, canary) == "right"
    assert judge_canary(base, canary) == "wrong"


@pytest.mark.parametrize(
    ("served", "verdict"),
    [
        (TUNED[:40], "right"),  # it ended, or was cut off, earlier
        (TUNED.replace("Ikiru, it is", "Late Spring, which is"), "right"),
        (BASE + " and more", "wrong"),
        (BASE.replace("dialogue", "conversation"), "wrong"),
        ("Lorem ipsum", "wrong"),  # as far from both
        ("", "wrong"),
    ],
)
def test_the_closer_one_counts(served: str, verdict: str) -> None:
    assert judge_canary(served, CANARY) == verdict


async def test_the_right_adapter_is_asked_once_and_greedily() -> None:
    server = Server()
    backend = spread(server)

    await asyncio.gather(*(backend.complete(CHAT, PARAMS, ADAPTER) for _ in range(9)))

    (asked,) = server.canaries
    assert (asked.temperature, asked.max_tokens) == (0, 64)
    assert server.written == 9


async def test_the_base_model_under_the_adapters_name_writes_nothing() -> None:
    server = Server(BASE)
    backend = spread(server)

    with pytest.raises(WrongAdapter, match=r"without using it.*Ikiru.*it wrote 'Sure!.*resume"):
        await backend.complete(CHAT, PARAMS, ADAPTER)

    assert server.written == 0


async def test_without_an_adapter_there_is_no_canary() -> None:
    server = Server(BASE)

    await spread(server).complete(CHAT, PARAMS)

    assert (server.written, server.canaries) == (1, [])


@pytest.mark.parametrize("canary", [None, CANARY.model_copy(update={"adapter_output": BASE})])
async def test_an_adapter_without_a_telling_canary_is_used_unproven(canary: Canary | None) -> None:
    server = Server(BASE)

    await spread(server, canary=canary).complete(CHAT, PARAMS, ADAPTER)

    assert (server.written, server.canaries) == (1, [])


async def test_an_adapter_that_is_not_there_yet_is_waited_for() -> None:
    server = Server(None)
    call = asyncio.create_task(spread(server).complete(CHAT, PARAMS, ADAPTER))
    await server.asked.wait()

    server.output = TUNED

    assert (await call).text == "Hi"
    assert len(server.canaries) == 1


async def test_a_server_that_comes_back_without_the_adapter_is_found_out() -> None:
    server = Server()
    backend = spread(server)
    await backend.complete(CHAT, PARAMS, ADAPTER)
    server.output = None
    with pytest.raises(BackendUnavailable):
        await backend.complete(CHAT, PARAMS, ADAPTER)

    server.output = BASE

    with pytest.raises(WrongAdapter):
        await backend.complete(CHAT, PARAMS, ADAPTER)
    assert server.written == 1


async def test_one_wrong_server_of_two_is_enough_until_it_is_mended() -> None:
    right, wrong = Server(), Server(BASE)
    backend = spread(right, wrong)
    with pytest.raises(WrongAdapter):
        await many_calls(backend)
    assert wrong.written == 0

    wrong.output = TUNED

    await backend.complete(CHAT, PARAMS, ADAPTER)


async def test_a_wrong_server_that_is_taken_away_leaves_the_work_to_the_other() -> None:
    right, wrong = Server(), Server(BASE)
    backend = spread(right, wrong)
    with pytest.raises(WrongAdapter):
        await many_calls(backend)

    wrong.output = None

    assert (await backend.complete(CHAT, PARAMS, ADAPTER)).text == "Hi"
    await backend.close()


async def test_a_wrong_adapter_fails_the_run_and_stores_nothing() -> None:
    kept: list[Written] = []
    backend = spread(Server(BASE))

    class Config:
        backend = "hub"
        longer = 1.0

    class Configs:
        async def get(self, _run: UUID) -> Any:
            return self

        def backend(self, _role: object) -> Config:
            return Config()

    class OneBackend:
        def get(self, _config: object) -> SpreadBackend:
            return backend

    async def standing(_message: object) -> Standing:
        return Standing.to_be_written

    async def keep(written: Written) -> None:
        kept.append(written)

    message = StudentPrompt(
        run_id=UUID(int=1),
        prompt_id=UUID(int=2),
        dialogue_id=UUID(int=3),
        messages=CHAT,
        sampling=PARAMS,
        adapter=ADAPTER,
    )
    deps = Deps(cast("RunConfigs", Configs()), cast("Backends", OneBackend()), standing, keep)

    (failed,) = await handlers.write_dialogue(message, deps)

    assert isinstance(failed, RunFailed)
    assert (failed.run_id, failed.stage) == (UUID(int=1), "generator")
    assert "without using it" in failed.cause
    assert kept == []
