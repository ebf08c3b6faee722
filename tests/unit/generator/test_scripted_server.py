"""The scripted writer behind HTTP, asked by the real client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

uvicorn = pytest.importorskip("uvicorn", reason="the server needs the extra service")

from recdial.domain import ChatMessage, SamplingParams  # noqa: E402
from recdial.llm import BackendRefused  # noqa: E402
from recdial.llm.hub import HubBackend  # noqa: E402
from services.generator.scripted import ScriptedBackend  # noqa: E402
from services.generator.scripted_server import make_app  # noqa: E402
from tests.unit.generator.test_scripted_backend import prompt_messages  # noqa: E402

LATENCY_S = 0.2


@pytest.fixture
async def client() -> AsyncIterator[HubBackend]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(LATENCY_S), log_level="warning"))
    serving = asyncio.create_task(server.serve([listening]))
    made = HubBackend(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=30)
    yield made
    await made.close()
    server.should_exit = True
    await serving


async def test_it_writes_what_the_backend_writes(client: HubBackend) -> None:
    params = SamplingParams(seed=5)
    completion = await client.complete(prompt_messages(), params)
    expected = await ScriptedBackend().complete(prompt_messages(), params)
    assert completion.text == expected.text
    assert completion.model == "scripted"
    assert completion.finish_reason == "stop"
    assert completion.prompt_tokens


async def test_calls_at_once_wait_at_once(client: HubBackend) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    params = [SamplingParams(seed=seed) for seed in range(20)]
    await asyncio.gather(*(client.complete(prompt_messages(), one) for one in params))
    assert LATENCY_S <= loop.time() - began < 20 * LATENCY_S


async def test_a_probe_of_one_token_is_answered_whatever_it_says(client: HubBackend) -> None:
    probe = SamplingParams(max_tokens=1)
    assert (await client.complete([ChatMessage(role="user", content="Hi")], probe)).text


async def test_a_prompt_that_is_not_ours_is_refused_with_the_reason(client: HubBackend) -> None:
    with pytest.raises(BackendRefused, match="system and a user message"):
        await client.complete([ChatMessage(role="user", content="Hi")], SamplingParams())
