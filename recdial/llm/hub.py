"""A model behind HTTP: TGI, vLLM, `transformers serve`, llama.cpp, HF endpoints.

Anything that answers OpenAI's chat protocol (`POST /v1/chat/completions`) will do. This module is
the one place where the client's errors become ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from httpx2 import HTTPError
from huggingface_hub import ChatCompletionOutput
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm.hub_clients import HubClients
from recdial.llm.protocol import (
    AdapterNotServed,
    BackendOverloaded,
    BackendRefused,
    BackendUnavailable,
    Completion,
)
from recdial.retry_after import retry_after_s

_TRANSIENT = frozenset({408, 409, 425})
_NOT_FOUND = 404
_TOO_MANY = 429

_FINISH: dict[str, Literal["stop", "length"]] = {
    "stop": "stop",
    "eos_token": "stop",  # TGI's own names
    "stop_sequence": "stop",
    "length": "length",
}


class HubBackend:
    """Completes chats on a server. Safe to call concurrently; the server does the batching."""

    def __init__(self, base_url: str, model: str = "", timeout_s: float = 300.0) -> None:
        """Connect to nothing yet.

        `base_url` is the server, with or without `/v1`. `model` is the name it serves the model by
        (servers of a single model may need none). `timeout_s` is the deadline of one call in
        seconds, from connecting to the last byte. The environment's `HF_TOKEN` is sent if set.

        Raises BackendRefused for a base_url that is no HTTP URL.
        """
        if not base_url.startswith(("http://", "https://")):
            raise BackendRefused(f"base_url {base_url!r} must start with http:// or https://")
        self._base_url = base_url
        self._model = model
        self._timeout_s = timeout_s
        self._clients = HubClients(base_url)

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat; an adapter is asked for by its id as the model's name (as vLLM does).

        Raises BackendOverloaded (429), AdapterNotServed (404 for an adapter), BackendUnavailable
        (timeout, refused or broken connection, 408, 409, 425, 5xx, an answer without a completion)
        or BackendRefused (any other 4xx).
        """
        model = adapter.adapter_id if adapter else self._model
        greedy = params.temperature == 0
        try:
            async with self._clients.client() as client, asyncio.timeout(self._timeout_s):
                output = await client.chat_completion(
                    [message.model_dump() for message in messages],
                    model=model or None,
                    max_tokens=params.max_tokens,
                    temperature=params.temperature,
                    # TGI refuses a top_p of 1, which means no limit.
                    top_p=None if greedy or params.top_p == 1 else params.top_p,
                    seed=params.seed,
                )
        except TimeoutError as error:
            raise BackendUnavailable(
                f"{self._base_url} did not answer within {self._timeout_s:g} s"
            ) from error
        except HfHubHTTPError as error:
            raise self._status_error(error, adapter) from error
        except OfflineModeIsEnabled as error:
            raise BackendRefused("HF_HUB_OFFLINE is set: unset it to call a server") from error
        except HTTPError as error:
            raise BackendUnavailable(
                f"cannot reach {self._base_url}: {type(error).__name__}: {error}"
            ) from error
        except ValueError as error:
            raise BackendUnavailable(
                f"{self._base_url} answered with what is no chat completion: {error}"
            ) from error
        return self._completion(output, model)

    async def close(self) -> None:
        """Close the connections."""
        await self._clients.close()

    def _status_error(
        self, error: HfHubHTTPError, adapter: AdapterRef | None
    ) -> BackendRefused | BackendUnavailable:
        status = error.response.status_code
        said = error.response.text.strip()[:500] or "no message"
        message = f"{self._base_url} answered {status}: {said}"
        if status == _TOO_MANY:
            asked = retry_after_s(error.response.headers.get("Retry-After"), None)
            return BackendOverloaded(message, asked)
        if status == _NOT_FOUND and adapter is not None:
            return AdapterNotServed(message)
        transient = status in _TRANSIENT or status >= 500
        return BackendUnavailable(message) if transient else BackendRefused(message)

    def _completion(self, output: ChatCompletionOutput, model: str) -> Completion:
        choice = output.choices[0] if isinstance(output.choices, list) and output.choices else None
        text = getattr(getattr(choice, "message", None), "content", None)
        if choice is None or not isinstance(text, str):
            raise BackendUnavailable(f"{self._base_url} answered without a completion")
        finish_reason = _FINISH.get(choice.finish_reason)
        if finish_reason is None:
            raise BackendUnavailable(
                f"{self._base_url} broke off: finish_reason {choice.finish_reason!r}"
            )
        return Completion(
            text=text,
            finish_reason=finish_reason,
            model=output.model or model,
            prompt_tokens=getattr(output.usage, "prompt_tokens", None),
            completion_tokens=getattr(output.usage, "completion_tokens", None),
        )
