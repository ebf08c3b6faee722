"""The scripted writer behind HTTP, asked by the real client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

uvicorn = pytest.importorskip("uvicorn", reason="the server needs the extra service")

from recdial.domain import ChatMessage, SamplingParams  # noqa: E402
from recdial.llm import BackendOverloaded, BackendRefused  # noqa: E402
from recdial.llm.hub import HubBackend  # noqa: E402
from services.generator.scripted import ScriptedBackend  # noqa: E402
from services.generator.scripted_server import main, make_app  # noqa: E402
from services.generator.served_protocols import tokens_of  # noqa: E402
from tests.unit.generator.test_scripted_backend import prompt_messages  # noqa: E402

LATENCY_S = 0.2


@asynccontextmanager
async def served(latency_s: float, max_concurrent: int | None = None) -> AsyncIterator[HubBackend]:
    """A client of a running server."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = make_app(latency_s, max_concurrent)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    serving = asyncio.create_task(server.serve([listening]))
    made = HubBackend(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=30)
    yield made
    await made.close()
    server.should_exit = True
    await serving


@pytest.fixture
async def client() -> AsyncIterator[HubBackend]:
    async with served(LATENCY_S) as made:
        yield made


async def test_it_writes_what_the_backend_writes(client: HubBackend) -> None:
    params = SamplingParams(seed=5)
    completion = await client.complete(prompt_messages(), params)
    expected = await ScriptedBackend().complete(prompt_messages(), params)
    assert completion.text == expected.text
    assert completion.model == "scripted"
    assert completion.finish_reason == "stop"
    assert completion.prompt_tokens
    assert completion.completion_tokens == len(expected.text.split())


async def test_a_text_longer_than_asked_for_is_cut_off_and_said_to_be(client: HubBackend) -> None:
    whole = await client.complete(prompt_messages(), SamplingParams(seed=5))
    words = whole.completion_tokens or 0
    for most in (2, words - 1, words):
        found = await client.complete(prompt_messages(), SamplingParams(seed=5, max_tokens=most))
        assert found.completion_tokens == most
        assert found.finish_reason == ("stop" if most == words else "length")
        assert found.text.split() == whole.text.split()[:most]
        assert whole.text.startswith(found.text)


async def test_calls_at_once_wait_at_once(client: HubBackend) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    params = [SamplingParams(seed=seed) for seed in range(20)]
    await asyncio.gather(*(client.complete(prompt_messages(), one) for one in params))
    assert LATENCY_S <= loop.time() - began < 20 * LATENCY_S


async def test_more_calls_at_once_than_places_are_refused_as_too_many() -> None:
    async with served(LATENCY_S, max_concurrent=3) as client:
        calls = (client.complete(prompt_messages(), SamplingParams(seed=n)) for n in range(5))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, BackendOverloaded)]
        assert len(refused) == 2
        assert "Model is overloaded" in str(refused[0])
        assert (await client.complete(prompt_messages(), SamplingParams())).text


async def test_a_probe_of_one_token_is_answered_whatever_it_says(client: HubBackend) -> None:
    probe = SamplingParams(max_tokens=1)
    assert (await client.complete([ChatMessage(role="user", content="Hi")], probe)).text


async def test_a_prompt_that_is_not_ours_is_refused_with_the_reason(client: HubBackend) -> None:
    with pytest.raises(BackendRefused, match=r"answered 422.*system and a user message"):
        await client.complete([ChatMessage(role="user", content="Hi")], SamplingParams())


@pytest.mark.parametrize("text", ["", "word", " two  words\n", "\n\n", "a\n b\tc "])
def test_tokens_together_are_the_text(text: str) -> None:
    assert "".join(token.text for token in tokens_of(text)) == text


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    given = ["scripted_server"]
    monkeypatch.setattr("sys.argv", given)
    return given


def test_no_place_at_all_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments += ["--max-concurrent", "0"]
    with pytest.raises(SystemExit):
        main()
    assert "one request at a time is the least" in capsys.readouterr().err
