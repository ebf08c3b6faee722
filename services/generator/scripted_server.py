"""The scripted backend behind HTTP, as a model server would be: OpenAI's chat protocol.

    python -m services.generator.scripted_server --port 8080 --latency 1

For demos, tests and benchmarks that are to go through the real client. Its model is called
`scripted`, and it is no language model. `--latency` is what an answer takes, in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from recdial.domain import ChatMessage, SamplingParams
from recdial.llm.protocol import BackendRefused
from services.generator.scripted import ScriptedBackend

_BACKLOG = 2048


class ChatRequest(BaseModel):
    """What of a chat request the script heeds. The rest of the protocol has no meaning for it."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ChatMessage]
    max_tokens: int = Field(default=1024, ge=1)
    seed: int | None = None


def make_app(latency_s: float = 0.0) -> FastAPI:
    """The server, whose answers take `latency_s` seconds; a probe of one token takes none."""
    app = FastAPI(title="recdial scripted model")
    backend = ScriptedBackend()

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Always there: nothing has to be loaded."""
        return {"status": "ready"}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The one model."""
        return {"object": "list", "data": [{"id": "scripted", "object": "model"}]}

    @app.post("/v1/chat/completions")
    async def chat(request: ChatRequest) -> JSONResponse:
        """Write a dialogue; 400 for a prompt that is not recdial's."""
        if request.max_tokens == 1:  # a client that sees whether the model is there
            return JSONResponse(_completion("…", request.messages))
        # Only the seed counts for the script; temperature has to be something.
        params = SamplingParams(max_tokens=request.max_tokens, temperature=0, seed=request.seed)
        try:
            written = await backend.complete(request.messages, params)
        except BackendRefused as error:
            return JSONResponse({"error": {"message": str(error), "code": 400}}, 400)
        await asyncio.sleep(latency_s)
        return JSONResponse(_completion(written.text, request.messages))

    return app


def _completion(text: str, messages: Sequence[ChatMessage]) -> dict[str, Any]:
    # The script has no tokenizer: words stand for tokens.
    asked = sum(len(message.content.split()) for message in messages)
    told = len(text.split())
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": told,
            "total_tokens": asked + told,
        },
    }


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m services.generator.scripted_server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    options = parser.parse_args()
    uvicorn.run(
        make_app(options.latency),
        host=options.host,
        port=options.port,
        backlog=_BACKLOG,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
