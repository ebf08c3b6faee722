"""A backend whose calls are spans, by OpenTelemetry's semantic conventions for generative AI.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/

What is said to the model and what it writes is not in the spans: the store has it.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from opentelemetry.trace import Span, SpanKind

from recdial import tracing
from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm.protocol import Completion, TextBackend
from recdial.settings import BackendConfig


class TracedBackend:
    """A backend with a span around each call, the wait for a model to be served included."""

    def __init__(self, backend: TextBackend, config: BackendConfig) -> None:
        """`config` is what the backend was made from."""
        self._backend = backend
        self._model = config.model_name
        self._known: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": config.backend,
            **_server(config.base_urls),
        }

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat. Raises what the backend raises."""
        model = adapter.adapter_id if adapter else self._model
        with tracing.span(f"chat {model}", SpanKind.CLIENT) as span:
            if not span.is_recording():
                return await self._backend.complete(messages, params, adapter)
            span.set_attributes(self._known)
            _ask(span, model, params)
            try:
                completion = await self._backend.complete(messages, params, adapter)
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                raise
            _answer(span, completion)
            return completion

    async def close(self) -> None:
        """Release the backend."""
        await self._backend.close()


def _ask(span: Span, model: str, params: SamplingParams) -> None:
    span.set_attributes(
        {
            "gen_ai.request.model": model,
            "gen_ai.request.max_tokens": params.max_tokens,
            "gen_ai.request.temperature": params.temperature,
            "gen_ai.request.top_p": params.top_p,
        }
    )
    if params.seed is not None:
        span.set_attribute("gen_ai.request.seed", params.seed)


def _answer(span: Span, completion: Completion) -> None:
    span.set_attributes(
        {
            "gen_ai.response.model": completion.model,
            "gen_ai.response.finish_reasons": [completion.finish_reason],
        }
    )
    counts = {"input": completion.prompt_tokens, "output": completion.completion_tokens}
    for side, count in counts.items():
        if count is not None:
            span.set_attribute(f"gen_ai.usage.{side}_tokens", count)


def _server(base_urls: Sequence[str]) -> dict[str, str | int]:
    if len(base_urls) != 1:  # none, or one of several that is not known here
        return {}
    url = httpx.URL(base_urls[0])
    known: dict[str, str | int] = {"server.address": url.host}
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return known if port is None else known | {"server.port": port}
