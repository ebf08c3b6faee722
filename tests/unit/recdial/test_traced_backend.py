"""A call to a model is a span, by the conventions for generative AI."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendUnavailable, Completion
from recdial.llm.traced import TracedBackend
from recdial.settings import BackendConfig

CHAT = (ChatMessage(role="user", content="a secret"),)
ADAPTER = AdapterRef(adapter_id="run-1234", uri="file:///a", sha256="0" * 64, base_model="m")
HUB = BackendConfig(backend="hub", base_url="http://user:password@gpu-box:8080/v1", model="llama")


class Program:
    """Answers, or raises."""

    def __init__(self, answer: Completion | Exception) -> None:
        self._answer = answer
        self.closed = False

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def close(self) -> None:
        self.closed = True


async def test_a_call_says_what_was_asked_and_what_came(spans: InMemorySpanExporter) -> None:
    answer = Completion("a dialogue", "length", "llama-3", 120, 400)
    params = SamplingParams(max_tokens=400, temperature=0.7, top_p=0.9, seed=11)
    assert await TracedBackend(Program(answer), HUB).complete(CHAT, params) is answer
    (span,) = spans.get_finished_spans()
    assert span.name == "chat llama"
    assert span.kind is SpanKind.CLIENT
    assert span.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "hub",
        "server.address": "gpu-box",
        "server.port": 8080,
        "gen_ai.request.model": "llama",
        "gen_ai.request.max_tokens": 400,
        "gen_ai.request.temperature": 0.7,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.seed": 11,
        "gen_ai.response.model": "llama-3",
        "gen_ai.response.finish_reasons": ("length",),
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 400,
    }


async def test_what_is_not_known_is_not_said(spans: InMemorySpanExporter) -> None:
    backend = TracedBackend(Program(Completion("text", "stop", "m")), HUB)
    await backend.complete(CHAT, SamplingParams(), ADAPTER)
    (span,) = spans.get_finished_spans()
    assert span.name == "chat run-1234", "an adapter is asked for as a model"
    assert span.attributes is not None
    assert "gen_ai.request.seed" not in span.attributes
    assert "gen_ai.usage.input_tokens" not in span.attributes


async def test_a_failure_is_on_the_span_and_raised(spans: InMemorySpanExporter) -> None:
    backend = TracedBackend(Program(BackendUnavailable("503")), BackendConfig(backend="scripted"))
    with pytest.raises(BackendUnavailable):
        await backend.complete(CHAT, SamplingParams())
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "BackendUnavailable"
    assert span.name == "chat scripted"


async def test_without_tracing_it_is_the_backend_alone() -> None:
    answer = Completion("text", "stop", "m")
    program = Program(answer)
    backend = TracedBackend(program, HUB)
    assert await backend.complete(CHAT, SamplingParams()) is answer
    await backend.close()
    assert program.closed
