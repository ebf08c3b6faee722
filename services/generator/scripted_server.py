"""The scripted backend behind HTTP, as a model server would be: TGI's protocol and OpenAI's.

    python -m services.generator.scripted_server --port 8080 --latency 1 --max-concurrent 64

For demos, tests and benchmarks that are to go through the real client. Its model is called
`scripted`, and it is no language model: words stand for tokens, and of the parameters only the
seed and the most tokens count. `--latency` is what an answer takes, in seconds; a stream begins
after it. Above `--max-concurrent` requests at a time it answers 429, as TGI does.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse

from recdial.domain import ChatMessage, SamplingParams
from recdial.llm.protocol import BackendRefused
from services.generator.scripted import ScriptedBackend
from services.generator.scripted.chatml import NotChatML, parse_chat, render_chat
from services.generator.served_protocols import (
    ChatRequest,
    Generated,
    GenerateRequest,
    ServedError,
    TokenizeRequest,
    generated,
    invalid,
    overloaded,
    tokens_of,
)

MODEL = "scripted"

_BACKLOG = 2048
_PROBED = "…"


class _ScriptedModel:
    """The scripted backend as a model that takes its time."""

    def __init__(self, latency_s: float, max_concurrent: int | None) -> None:
        self._latency_s = latency_s
        self._max_concurrent = max_concurrent
        self._in_flight = 0
        self._backend = ScriptedBackend()

    async def write(
        self, messages: Sequence[ChatMessage], max_tokens: int | None, seed: int | None
    ) -> Generated:
        """Raises ServedError where there is too much to do, or a prompt is not recdial's."""
        return generated(
            # One token is for a client that sees whether the model is there.
            _PROBED if max_tokens == 1 else await self._text(messages, seed),
            max_tokens,
            prompt=render_chat(messages),
            seed=seed,
            model=MODEL,
            created=int(time.time()),
        )

    async def _text(self, messages: Sequence[ChatMessage], seed: int | None) -> str:
        if self._max_concurrent is not None and self._in_flight >= self._max_concurrent:
            raise overloaded()
        self._in_flight += 1
        try:
            # Only the seed counts for the script; temperature has to be something.
            written = await self._backend.complete(
                messages, SamplingParams(temperature=0, seed=seed)
            )
            await asyncio.sleep(self._latency_s)
        except BackendRefused as error:
            raise invalid(str(error)) from error
        finally:
            self._in_flight -= 1
        return written.text

    async def generate(self, request: GenerateRequest) -> Generated:
        """The same for a prompt in the chat template. Raises ServedError."""
        try:
            messages = parse_chat(request.inputs)
        except NotChatML as error:
            raise invalid(
                f"`inputs` is not in the chat template of the scripted model, ChatML: {error}"
            ) from error
        parameters = request.parameters
        return await self.write(messages, parameters.max_new_tokens, parameters.seed)


def make_app(latency_s: float = 0.0, max_concurrent: int | None = None) -> FastAPI:
    """The server, whose answers take `latency_s` seconds; a probe of one token takes none.

    More requests at a time than `max_concurrent` are refused.
    """
    app = FastAPI(title="recdial scripted model")
    model = _ScriptedModel(latency_s, max_concurrent)

    @app.exception_handler(ServedError)
    async def served_error(_request: Request, error: ServedError) -> JSONResponse:
        return JSONResponse(error.body(), error.status)

    @app.exception_handler(RequestValidationError)
    async def bad_request(request: Request, error: RequestValidationError) -> JSONResponse:
        return await served_error(request, invalid(_first_cause(error)))

    @app.get("/health")
    async def health() -> Response:
        """Always there: nothing has to be loaded."""
        return Response()

    @app.get("/info")
    async def info() -> dict[str, Any]:
        """What is served, in TGI's words."""
        return {
            "model_id": MODEL,
            "model_sha": None,
            "model_pipeline_tag": "text-generation",
            "max_concurrent_requests": max_concurrent,
            "max_client_batch_size": 1,
            "router": "services.generator.scripted_server",
            "version": version("distillrecdial"),
        }

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The one model."""
        only = {"id": MODEL, "object": "model", "created": 0, "owned_by": "recdial"}
        return {"object": "list", "data": [only]}

    @app.post("/tokenize")
    async def tokenize(request: TokenizeRequest) -> list[dict[str, Any]]:
        """The words of a text."""
        return [token.place() for token in tokens_of(request.inputs)]

    @app.post("/v1/chat/completions")
    async def chat(request: ChatRequest) -> Response:
        """Write a dialogue."""
        written = await model.write(request.messages, request.max_tokens, request.seed)
        if not request.stream:
            return JSONResponse(written.chat_body())
        options = request.stream_options
        return _stream(
            written.chat_events(include_usage=options is not None and options.include_usage)
        )

    @app.post("/generate")
    async def generate(request: GenerateRequest) -> Response:
        """Write a dialogue from a prompt in the model's chat template."""
        written = await model.generate(request)
        return JSONResponse(written.generate_body(request.parameters))

    @app.post("/generate_stream")
    async def generate_stream(request: GenerateRequest) -> Response:
        """The same, a token at a time."""
        written = await model.generate(request)
        return _stream(written.generate_events(request.parameters))

    @app.post("/")
    async def compatible(request: GenerateRequest) -> Response:
        """Either of both; this one answers with a list."""
        if request.stream:
            return await generate_stream(request)
        written = await model.generate(request)
        return JSONResponse([written.generate_body(request.parameters)])

    return app


def _stream(events: Iterator[str]) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream")


def _first_cause(error: RequestValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    return f"`{where}`: {first['msg']}" if where else str(first["msg"])


def _places(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("one request at a time is the least")
    return count


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m services.generator.scripted_server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--max-concurrent", type=_places, metavar="REQUESTS")
    options = parser.parse_args()
    uvicorn.run(
        make_app(options.latency, options.max_concurrent),
        host=options.host,
        port=options.port,
        backlog=_BACKLOG,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
