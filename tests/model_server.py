"""A model server for tests: OpenAI's chat protocol, answers when the test says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEXT = "[USR] What shall I watch?\n[AI] I cannot say."


class ModelServer:
    """What the server is to answer, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.gate = threading.Event()
        """Answers wait until it is set."""
        self.asked = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._lock = threading.Lock()

    def answer(self, *, probe: bool) -> tuple[int, bytes]:
        """Wait for the gate; then what is to be answered. A probe does neither wait nor count."""
        if not probe:
            self._count_and_wait()
        if self.status != 200:
            return self.status, b'{"error": "told to refuse"}'
        return 200, completion(TEXT, "stub")

    def _count_and_wait(self) -> None:
        with self._lock:
            self.asked += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.gate.wait()
        with self._lock:
            self.in_flight -= 1


def completion(text: str, model: str) -> bytes:
    """The body of an answer in OpenAI's chat protocol."""
    message = {"role": "assistant", "content": text}
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return json.dumps(body).encode()


@contextmanager
def http_server(post: Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]) -> Iterator[str]:
    """A server whose every POST of JSON is answered by `post`, in a thread of its own; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            post(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:
            """A client that was killed neither says what it wants nor reads its answer."""

    http = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=[0.01])
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A running server whose gate is closed."""
    state = ModelServer()

    def post(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        # One token is what the generator asks for to see whether the model is there.
        status, body = state.answer(probe=asked["max_tokens"] == 1)
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with http_server(post) as state.url:
        try:
            yield state
        finally:
            state.gate.set()
