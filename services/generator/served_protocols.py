"""What a model server says and is told: TGI's own protocol and OpenAI's, as TGI serves them.

Sources: the API reference of text-generation-inference 3, and OpenAI's of chat completions. Only
what has a meaning for a model without logits is here; other parameters are accepted and ignored.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from recdial.domain import ChatMessage

DEFAULT_MAX_TOKENS = 1024
"""Of a request that does not say."""

_TOKEN = re.compile(r"\s*\S+|\s+\Z")
_IDS = 2**16

FinishReason = Literal["stop", "length"]


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore")


class StreamOptions(_Request):
    """Of a chat that is streamed."""

    include_usage: bool = False


class ChatRequest(_Request):
    """`POST /v1/chat/completions`."""

    messages: list[ChatMessage]
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None


class GenerateParameters(_Request):
    """How TGI is told to generate."""

    max_new_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=0)
    temperature: float | None = Field(default=None, gt=0)
    top_p: float | None = Field(default=None, gt=0, lt=1)
    details: bool = False
    decoder_input_details: bool = False
    return_full_text: bool | None = None


class GenerateRequest(_Request):
    """`POST /generate` and `/generate_stream`; `stream` decides between them for `POST /`."""

    inputs: str = Field(min_length=1)
    parameters: GenerateParameters = Field(default_factory=GenerateParameters)
    stream: bool = False


class TokenizeRequest(_Request):
    """`POST /tokenize`."""

    inputs: str


@dataclass(frozen=True)
class Token:
    """A word with the white space before it."""

    text: str
    start: int

    def body(self) -> dict[str, Any]:
        """As TGI tells of a generated token. Words have no probability: it is always 1."""
        return {"id": self._id, "text": self.text, "logprob": 0.0, "special": False}

    def place(self) -> dict[str, Any]:
        """As TGI tells of a token of a given text."""
        stop = self.start + len(self.text)
        return {"id": self._id, "text": self.text, "start": self.start, "stop": stop}

    @property
    def _id(self) -> int:
        return zlib.crc32(self.text.encode()) % _IDS


def tokens_of(text: str) -> list[Token]:
    """The words of a text; together they are the text."""
    return [Token(found[0], found.start()) for found in _TOKEN.finditer(text)]


@dataclass(frozen=True)
class Generated:
    """What a model wrote, up to the tokens it was given."""

    tokens: tuple[Token, ...]
    finish_reason: FinishReason
    prompt: str
    seed: int | None
    model: str
    created: int
    """When, in seconds since 1970."""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(token.text for token in self.tokens)

    @property
    def _prompt_tokens(self) -> int:
        return len(tokens_of(self.prompt))

    def chat_body(self) -> dict[str, Any]:
        """The answer to a chat request."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.text},
            "logprobs": None,
            "finish_reason": self.finish_reason,
        }
        return self._chat("chat.completion", [choice]) | {"usage": self._usage()}

    def chat_events(self, *, include_usage: bool) -> Iterator[str]:
        """The answer to a chat request as server-sent events: a token each, then how it ended."""
        for token in self.tokens:
            yield _event(self._chunk(token.text, None))
        yield _event(self._chunk("", self.finish_reason))
        if include_usage:
            yield _event(self._chat("chat.completion.chunk", []) | {"usage": self._usage()})
        yield "data: [DONE]\n\n"

    def generate_body(self, parameters: GenerateParameters) -> dict[str, Any]:
        """The answer to TGI's own request."""
        text = self.prompt + self.text if parameters.return_full_text else self.text
        body: dict[str, Any] = {"generated_text": text}
        if parameters.details or parameters.decoder_input_details:
            prefill = tokens_of(self.prompt) if parameters.decoder_input_details else ()
            body["details"] = self._details() | {
                "prefill": [
                    {key: token.body()[key] for key in ("id", "text", "logprob")}
                    for token in prefill
                ],
                "tokens": [token.body() for token in self.tokens],
            }
        return body

    def generate_events(self, parameters: GenerateParameters) -> Iterator[str]:
        """The answer to TGI's own request as server-sent events; the last has the whole text."""
        last = len(self.tokens)
        for index, token in enumerate(self.tokens, start=1):
            event: dict[str, Any] = {"index": index, "token": token.body()}
            event |= {"generated_text": None, "details": None}
            if index == last:
                event |= self.generate_body(
                    GenerateParameters(return_full_text=parameters.return_full_text)
                )
                if parameters.details:
                    event["details"] = self._details() | {"input_length": self._prompt_tokens}
            yield _event(event)

    def _details(self) -> dict[str, Any]:
        return {
            "finish_reason": "eos_token" if self.finish_reason == "stop" else "length",
            "generated_tokens": len(self.tokens),
            "seed": self.seed,
        }

    def _chunk(self, content: str, finish_reason: FinishReason | None) -> dict[str, Any]:
        delta = {"role": "assistant", "content": content}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._chat("chat.completion.chunk", [choice])

    def _chat(self, kind: str, choices: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": "",  # as TGI's
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.model,
            "choices": list(choices),
        }

    def _usage(self) -> dict[str, int]:
        asked, told = self._prompt_tokens, len(self.tokens)
        return {
            "prompt_tokens": asked,
            "completion_tokens": told,
            "total_tokens": asked + told,
        }


def generated(
    text: str, max_tokens: int | None, *, prompt: str, seed: int | None, model: str, created: int
) -> Generated:
    """A text as a server tells it: cut off after `max_tokens` tokens, and said to be so."""
    tokens = tokens_of(text)
    most = DEFAULT_MAX_TOKENS if max_tokens is None else max_tokens
    reason: FinishReason = "stop" if len(tokens) <= most else "length"
    return Generated(tuple(tokens[:most]), reason, prompt, seed, model, created)


class ServedError(Exception):
    """What TGI answers instead of a text."""

    def __init__(self, status: int, error_type: str, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error_type = error_type

    def body(self) -> dict[str, str]:
        """As TGI words it."""
        return {"error": str(self), "error_type": self.error_type}


def overloaded() -> ServedError:
    """More requests at a time than the server takes."""
    return ServedError(429, "overloaded", "Model is overloaded")


def invalid(why: str) -> ServedError:
    """A request that can never be answered."""
    return ServedError(422, "validation", f"Input validation error: {why}")


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
