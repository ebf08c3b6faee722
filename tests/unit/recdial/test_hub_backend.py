"""The hub backend against a real HTTP server that speaks OpenAI's chat protocol."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("huggingface_hub", reason="the hub backend needs huggingface_hub")

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendError, BackendRefused, BackendUnavailable
from recdial.llm.hub import HubBackend

CHAT = (ChatMessage(role="system", content="Write."), ChatMessage(role="user", content="Hi"))
PARAMS = SamplingParams(max_tokens=50, temperature=0.7, top_p=0.9, seed=11)


def completion(**changes: Any) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "[USR] Hi\n[AI] Hello"},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "served", "usage": usage}
    return {**body, "choices": [{**choice, **changes}]}


@dataclass
class Server:
    """What the server is to answer, and what it was asked."""

    status: int = 200
    body: bytes = b""
    hang: bool = False
    seen: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    authorization: list[str | None] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def answers(self, body: object, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(body).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.paths.append(self.path)
            state.authorization.append(self.headers.get("Authorization"))
            state.seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if state.hang:
                state.ended.wait()
                return
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=[0.01])
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    yield state
    state.ended.set()
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
async def connect(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., HubBackend]]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    made: list[HubBackend] = []

    def make(url: str = server.url, **options: Any) -> HubBackend:
        made.append(HubBackend(url, "student", **options))
        return made[-1]

    yield make
    for backend in made:
        await backend.close()


Connect = Callable[..., HubBackend]


async def error_of(backend: HubBackend) -> BackendError:
    with pytest.raises(BackendError) as caught:
        await backend.complete(CHAT, PARAMS)
    return caught.value


async def test_a_chat_is_completed_with_its_tokens_counted(
    server: Server, connect: Connect
) -> None:
    server.answers(completion())

    answer = await connect().complete(CHAT, PARAMS)

    assert answer.text == "[USR] Hi\n[AI] Hello"
    assert answer.finish_reason == "stop"
    assert answer.model == "served"
    assert (answer.prompt_tokens, answer.completion_tokens) == (12, 7)


async def test_the_server_is_asked_for_the_model_with_the_sampling(
    server: Server, connect: Connect
) -> None:
    server.answers(completion())

    await connect().complete(CHAT, PARAMS)

    assert server.paths == ["/v1/chat/completions"]
    asked = server.seen[0]
    assert asked.pop("stream") is False
    assert asked == {
        "model": "student",
        "messages": [
            {"role": "system", "content": "Write."},
            {"role": "user", "content": "Hi"},
        ],
        "max_tokens": 50,
        "temperature": 0.7,
        "top_p": 0.9,
        "seed": 11,
    }


async def test_an_adapter_is_asked_for_by_its_id_as_the_model(
    server: Server, connect: Connect
) -> None:
    server.answers(completion())
    adapter = AdapterRef(adapter_id="run-1", uri="/a", sha256="0", base_model="student")

    await connect().complete(CHAT, PARAMS, adapter)

    assert server.seen[0]["model"] == "run-1"


@pytest.mark.parametrize(
    "params", [SamplingParams(temperature=0.0, top_p=0.9), SamplingParams(top_p=1.0)]
)
async def test_top_p_is_left_out_where_it_means_nothing(
    server: Server, connect: Connect, params: SamplingParams
) -> None:
    server.answers(completion())

    await connect().complete(CHAT, params)

    assert "top_p" not in server.seen[0]


@pytest.mark.parametrize(
    ("served", "ours"),
    [("stop", "stop"), ("eos_token", "stop"), ("stop_sequence", "stop"), ("length", "length")],
)
async def test_reasons_to_finish_have_one_vocabulary(
    server: Server, connect: Connect, served: str, ours: str
) -> None:
    server.answers(completion(finish_reason=served))

    assert (await connect().complete(CHAT, PARAMS)).finish_reason == ours


async def test_a_server_that_counts_no_tokens_is_fine(server: Server, connect: Connect) -> None:
    server.answers({**completion(), "usage": None, "model": None})

    answer = await connect().complete(CHAT, PARAMS)

    assert (answer.prompt_tokens, answer.completion_tokens) == (None, None)
    assert answer.model == "student"


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
async def test_a_status_that_may_pass_is_unavailable(
    server: Server, connect: Connect, status: int
) -> None:
    server.answers({"error": "Model is overloaded"}, status)

    error = await error_of(connect())

    assert isinstance(error, BackendUnavailable)
    assert f"{server.url} answered {status}" in str(error)
    assert "Model is overloaded" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_a_status_that_will_not_pass_is_refused(
    server: Server, connect: Connect, status: int
) -> None:
    server.answers({"error": "inputs must have less than 2048 tokens"}, status)

    error = await error_of(connect())

    assert isinstance(error, BackendRefused)
    assert f"answered {status}" in str(error)
    assert "inputs must have less than 2048 tokens" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Bad gateway</html>",
        b"",
        b"[1, 2]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"choices": []}',
        b'{"choices": "none"}',
        b'{"choices": ["none"]}',
        b'{"choices": [{}]}',
        json.dumps(completion(message={"role": "assistant", "content": None})).encode(),
        json.dumps(completion(message="text")).encode(),
        json.dumps(completion(finish_reason="abort")).encode(),
        json.dumps(completion(finish_reason=None)).encode(),
    ],
)
async def test_an_answer_without_a_completion_is_unavailable(
    server: Server, connect: Connect, body: bytes
) -> None:
    server.body = body

    error = await error_of(connect())

    assert isinstance(error, BackendUnavailable)
    assert server.url in str(error)


async def test_a_server_that_does_not_answer_in_time_is_unavailable(
    server: Server, connect: Connect
) -> None:
    server.hang = True

    error = await error_of(connect(timeout_s=0.2))

    assert isinstance(error, BackendUnavailable)
    assert "within 0.2 s" in str(error)


async def test_a_refused_connection_is_unavailable(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        error = await error_of(connect(f"http://127.0.0.1:{port}"))

    assert isinstance(error, BackendUnavailable)
    assert f"cannot reach http://127.0.0.1:{port}" in str(error)


async def test_a_connection_cut_in_the_answer_is_unavailable(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

        thread = threading.Thread(target=cut)
        thread.start()
        error = await error_of(connect(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()

    assert isinstance(error, BackendUnavailable)


def test_a_base_url_without_a_scheme_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(BackendRefused, match="must start with http"):
        HubBackend("localhost:8080")


async def test_the_token_of_the_environment_is_sent(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(completion())
    monkeypatch.setenv("HF_TOKEN", "hf_test")

    await connect().complete(CHAT, PARAMS)

    assert server.authorization == ["Bearer hf_test"]


async def test_a_token_saved_by_a_login_is_sent_to_nobody(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(completion())
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", lambda: "hf_saved")

    await connect().complete(CHAT, PARAMS)

    assert server.authorization == [None]
