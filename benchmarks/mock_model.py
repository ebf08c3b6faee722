"""A model server that takes a fixed time for an answer, and refuses more calls than it has slots.

    python benchmarks/mock_model.py --port 8080 --latency 1 --slots 64

It speaks as much of OpenAI's chat protocol as clients need. `GET /seen` tells what it was asked.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TEXT = "[USR] What shall I watch?\n[AI] I cannot say.\n" * 40
_BACKLOG = 2048


def make_app(latency_s: float, slots: int | None) -> Starlette:
    """The server."""
    seen = {"answered": 0, "refused": 0, "in_flight": 0, "most_in_flight": 0}

    async def chat(request: Request) -> Response:
        asked: dict[str, Any] = await request.json()
        if asked.get("max_tokens") == 1:  # a client that sees whether the model is there
            return JSONResponse(_completion("."))
        if slots is not None and seen["in_flight"] >= slots:
            seen["refused"] += 1
            return JSONResponse({"error": "too many requests"}, 429)
        seen["in_flight"] += 1
        seen["most_in_flight"] = max(seen["most_in_flight"], seen["in_flight"])
        await asyncio.sleep(latency_s)
        seen["in_flight"] -= 1
        seen["answered"] += 1
        return JSONResponse(_completion(TEXT))

    async def tell(_request: Request) -> Response:
        found = dict(seen)
        seen.update(answered=0, refused=0, most_in_flight=0)
        return JSONResponse(found)

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/seen", tell),
            Route("/health", lambda _request: JSONResponse({})),
        ]
    )


def _completion(text: str) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 700, "completion_tokens": 400, "total_tokens": 1100}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "mock",
        "choices": [choice],
        "usage": usage,
    }


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--slots", type=int)
    options = parser.parse_args()
    uvicorn.run(
        make_app(options.latency, options.slots),
        port=options.port,
        backlog=_BACKLOG,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
