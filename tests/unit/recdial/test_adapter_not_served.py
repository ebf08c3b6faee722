"""A server that knows no model of an adapter's name: not yet, so calls are worth repeating."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import AdapterNotServed, BackendRefused
from recdial.llm.hub import HubBackend
from tests.model_server import http_server

CHAT = (ChatMessage(role="user", content="Hi"),)
ADAPTER = AdapterRef(adapter_id="run-1", uri="/a", sha256="0", base_model="student")


@pytest.fixture
def url() -> Iterator[str]:
    """vLLM's answer to a model it does not have."""

    def post(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        answer = b'{"error": {"message": "The model does not exist.", "code": 404}}'
        handler.send_response(404)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    with http_server(post) as found:
        yield found


async def test_an_adapter_may_come_later(url: str) -> None:
    backend = HubBackend(url)
    with pytest.raises(AdapterNotServed, match=r"404: .*does not exist"):
        await backend.complete(CHAT, SamplingParams(), ADAPTER)
    await backend.close()


async def test_a_model_of_the_configuration_does_not(url: str) -> None:
    backend = HubBackend(url, "student")
    with pytest.raises(BackendRefused, match="404"):
        await backend.complete(CHAT, SamplingParams())
    await backend.close()
