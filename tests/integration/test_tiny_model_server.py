"""The tiny model server for CPUs does as each request asks, whatever the first one asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

pytest.importorskip("peft", reason="needs torch and peft: pip install 'distillrecdial[local]'")

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm.hub import HubBackend
from services.trainer.adapters import publish_adapter
from tests.model_processes import http_process
from tests.ports import free_port
from tests.processes import until
from tests.tiny_llama import save_random_adapter, save_tiny_llama

BASE = "smollm2-135m"
CHAT = (ChatMessage(role="user", content="Hello"),)
TOKENS = 24


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> AdapterRef:
    folder = tmp_path_factory.mktemp("tiny-server")
    base = save_tiny_llama(folder / "models" / BASE)
    trained = save_random_adapter(base, folder / "trained", seed=1)
    return publish_adapter(trained, folder / "artifacts", UUID(int=1), BASE)


@pytest.fixture(scope="module")
def server(adapter: AdapterRef, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, folder = free_port(), tmp_path_factory.mktemp("tiny-server-runs")
    published = Path(adapter.uri.removeprefix("file://")).parents[1]
    command: list[str | Path] = [sys.executable, "-m", "recdial.llm.serving", "--port", str(port)]
    command += ["--artifacts", published, "--models", published.parent / "models"]
    command += ["--served", folder / "served"]
    with http_process(command, port, folder / "server.log") as url:
        until(lambda: (folder / "served" / adapter.adapter_id).is_dir(), "it is merged", 120)
        yield url


@pytest.mark.parametrize("tuned", [False, True], ids=["base", "adapter"])
async def test_texts_are_sampled_although_the_first_request_is_greedy(
    server: str, adapter: AdapterRef, tuned: bool
) -> None:
    backend = HubBackend(server, model=BASE)

    async def text(temperature: float, seed: int) -> str:
        params = SamplingParams(temperature=temperature, seed=seed, max_tokens=TOKENS)
        return (await backend.complete(CHAT, params, adapter if tuned else None)).text

    greedy = [await text(0, seed) for seed in (1, 2)]
    sampled = [await text(1, seed) for seed in (1, 2, 1)]
    greedy_again = await text(0, 3)
    await backend.close()

    assert greedy[0] == greedy[1] == greedy_again
    assert sampled[0] == sampled[2]
    assert len({greedy[0], sampled[0], sampled[1]}) == 3
