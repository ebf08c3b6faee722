"""Adapters brought to this machine for the local backend, and loaded into vLLM while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import fsspec
import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import (
    AdapterNotServed,
    BackendRefused,
    BackendUnavailable,
    Completion,
)
from recdial.llm.adapter_storage import marker
from recdial.llm.adapters import directory_digest
from recdial.llm.hub import HubBackend
from recdial.process_settings import ProcessSettings
from recdial.settings import BackendConfig
from services.generator.adapter_loading import FetchingBackend, LoadingBackend, VllmLoader
from services.generator.backends import make_backend
from tests.model_server import completion, http_server

CHAT = (ChatMessage(role="user", content="Hi"),)
PARAMS = SamplingParams(max_tokens=1)


class Recorder:
    """A backend that keeps the adapters it is given."""

    def __init__(self) -> None:
        self.given: list[AdapterRef | None] = []

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        self.given.append(adapter)
        return Completion("Hi", "stop", "m")

    async def close(self) -> None:
        pass


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "adapters" / "run-1"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "base"}))
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def adapter(files: Path) -> AdapterRef:
    return AdapterRef(
        adapter_id="run-1", uri=files.as_uri(), sha256=directory_digest(files), base_model="base"
    )


@pytest.fixture
def remote(files: Path, adapter: AdapterRef) -> Iterator[AdapterRef]:
    memory = fsspec.filesystem("memory")
    for file in files.iterdir():
        memory.pipe(f"/loading/run-1/{file.name}", file.read_bytes())
    memory.pipe("/loading/run-1/recdial.json", marker({}))
    yield adapter.model_copy(update={"uri": "memory://loading/run-1"})
    memory.store.clear()


class Vllm:
    """A server that knows the adapters it was told to load."""

    def __init__(self) -> None:
        self.url = ""
        self.loaded: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.refuses: tuple[int, bytes] | None = None

    def post(self, handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        status, answer = 200, b"Success"
        if handler.path == "/v1/load_lora_adapter":
            self.asked.append(asked)
            if self.refuses:
                status, answer = self.refuses
            else:
                self.loaded[asked["lora_name"]] = asked["lora_path"]
        elif asked["model"] in self.loaded:
            answer = completion("tuned", asked["model"])
        else:
            status, answer = 404, b'{"error": {"message": "The model does not exist."}}'
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)


@pytest.fixture
def vllm() -> Iterator[Vllm]:
    server = Vllm()
    with http_server(server.post) as server.url:
        yield server


def backend(vllm: Vllm, copies: Path, seen_at: str | None = None) -> LoadingBackend:
    return LoadingBackend(HubBackend(vllm.url), VllmLoader(vllm.url, copies, seen_at, 30))


async def test_the_server_is_told_once_where_the_adapter_is(
    vllm: Vllm, adapter: AdapterRef, files: Path, tmp_path: Path
) -> None:
    tested = backend(vllm, tmp_path)
    for _ in range(2):
        assert (await tested.complete(CHAT, PARAMS, adapter)).text == "tuned"
    await tested.close()

    assert vllm.asked == [{"lora_name": "run-1", "lora_path": str(files)}]


async def test_the_servers_own_path_is_given_where_it_is_known(
    vllm: Vllm, remote: AdapterRef, tmp_path: Path
) -> None:
    tested = backend(vllm, tmp_path / "copies", "/mnt/adapters/")
    await tested.complete(CHAT, PARAMS, remote)
    await tested.close()

    assert vllm.loaded == {"run-1": "/mnt/adapters/run-1"}
    assert not (tmp_path / "copies").exists()


async def test_a_server_that_was_restarted_is_told_again(
    vllm: Vllm, adapter: AdapterRef, tmp_path: Path
) -> None:
    tested = backend(vllm, tmp_path)
    await tested.complete(CHAT, PARAMS, adapter)
    vllm.loaded.clear()

    await tested.complete(CHAT, PARAMS, adapter)
    await tested.close()

    assert len(vllm.asked) == 2


async def test_one_that_has_it_already_is_asked_for_it(
    vllm: Vllm, adapter: AdapterRef, tmp_path: Path
) -> None:
    said = b'{"message": "The lora adapter \'run-1\' has already been loaded."}'
    vllm.refuses = (400, said)
    loader = VllmLoader(vllm.url, tmp_path, None, 30)

    await loader.load(adapter)
    await loader.close()

    assert len(vllm.asked) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((400, b"No adapter found for /x"), "400: No adapter found"),
        ((404, b"Not Found"), r"404.*VLLM_ALLOW_RUNTIME_LORA_UPDATING=True"),
        ((500, b"rank too high"), "500: rank too high"),
    ],
)
async def test_why_a_server_does_not_load_it_is_said(
    vllm: Vllm, adapter: AdapterRef, tmp_path: Path, answer: tuple[int, bytes], says: str
) -> None:
    vllm.refuses = answer
    tested = backend(vllm, tmp_path)

    with pytest.raises(AdapterNotServed, match=says):
        await tested.complete(CHAT, PARAMS, adapter)
    await tested.close()


async def test_a_server_that_is_away_is_unavailable(adapter: AdapterRef, tmp_path: Path) -> None:
    loader = VllmLoader("http://127.0.0.1:9/v1", tmp_path, None, 30)

    with pytest.raises(BackendUnavailable, match=r"cannot reach http://127\.0\.0\.1:9:"):
        await loader.load(adapter)
    await loader.close()


async def test_the_local_backend_gets_a_folder_of_this_machine(
    remote: AdapterRef, tmp_path: Path
) -> None:
    inner = Recorder()
    tested = FetchingBackend(inner, tmp_path / "copies")

    for _ in range(2):
        await tested.complete(CHAT, PARAMS, remote)
    await tested.complete(CHAT, PARAMS)

    here = remote.model_copy(update={"uri": (tmp_path / "copies" / "run-1").as_uri()})
    assert inner.given == [here, here, None]


async def test_an_adapter_with_other_bytes_is_refused(remote: AdapterRef, tmp_path: Path) -> None:
    tested = FetchingBackend(Recorder(), tmp_path)

    with pytest.raises(BackendRefused, match="was published"):
        await tested.complete(CHAT, PARAMS, remote.model_copy(update={"sha256": "0" * 64}))


async def test_the_configuration_says_whether_a_server_is_told(
    vllm: Vllm, adapter: AdapterRef, tmp_path: Path
) -> None:
    settings = ProcessSettings(models=tmp_path)
    config = BackendConfig(backend="hub", base_url=vllm.url, adapter_loading="vllm")
    tested = make_backend(config, settings, server_adapters="/seen")

    await tested.complete(CHAT, PARAMS, adapter)
    await tested.close()

    assert vllm.loaded == {"run-1": "/seen/run-1"}
