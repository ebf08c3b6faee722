"""A model server that writes good dialogues, and misbehaves when told to.

OpenAI's chat protocol over HTTP, in threads of the campaign: a kill of a service does not hit it.
The text is the scripted writer's, made from the prompt in the request alone, so whoever knows the
prompt knows what the server must have written.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum, auto
from http.server import BaseHTTPRequestHandler
from random import Random
from typing import Any

from recdial.domain import ChatMessage, SamplingParams
from services.generator.scripted import ScriptedBackend
from tests.model_server import completion, http_server

LATENCY_S = (0.05, 0.3)
HUNG_CLIENT_S = 3.0
"""The `timeout_s` that runs are to be given, so that a call that hangs ends soon."""

_LOOK_S = 0.05


class Conduct(StrEnum):
    """How requests are answered."""

    good = auto()
    refuse_429 = "429"
    error_500 = "500"
    garbage = auto()
    """One of `GARBAGE`, drawn for each request."""
    hang = auto()
    """No answer for as long as the client waits."""


GARBAGE = ("html", "other json", "empty text", "half an answer")

Key = str
"""What was asked for: the model, which every run calls by another name, and the prompt."""


def key_of(model: str, messages: Sequence[Any]) -> Key:
    """The key of a request, or of a stored prompt and the model it was for."""
    said = json.dumps([[one["role"], one["content"]] for one in messages])
    return f"{model} {hashlib.sha256(said.encode()).hexdigest()}"


def script(messages: Sequence[Any], seed: int | None) -> str:
    """What the server writes when it is good."""
    chat = [ChatMessage(role=one["role"], content=one["content"]) for one in messages]
    params = SamplingParams(temperature=0, seed=seed)
    return asyncio.run(ScriptedBackend().complete(chat, params)).text


@dataclass(frozen=True)
class Tally:
    """The calls until now, probes aside."""

    calls: int
    answered: Counter[tuple[Key, int]]
    """Good answers that somebody was there to take, by what was asked for and the seed: newcomers
    with the same target have the same prompt, and each has a seed."""
    spoiled: Counter[Key]
    """Answers by a conduct that is not good."""
    emptied: Counter[Key]
    """Those among them that were a completion, of no text."""

    @property
    def repeated(self) -> int:
        """Calls whose good answer was given once before."""
        return self.answered.total() - len(self.answered)


class WritingServer:
    """What the server does, and what it was asked."""

    def __init__(self, seed: int) -> None:
        self.url = ""
        self.closing = threading.Event()
        self._rng = Random(f"model {seed}")
        self._conduct = Conduct.good
        self._share = 1.0
        self._always_the_same = False
        self._until = 0.0
        self._lock = threading.Lock()
        self._calls = 0
        self._answered: Counter[tuple[Key, int]] = Counter()
        self._spoiled: Counter[Key] = Counter()
        self._emptied: Counter[Key] = Counter()

    def misbehave(
        self, conduct: Conduct, seconds: float, share: float, *, always_the_same: bool = False
    ) -> None:
        """Answer a share of the requests in that way for some seconds: any, or the same prompts.

        Where it is any, probes are among them.
        """
        with self._lock:
            self._conduct, self._share, self._always_the_same = conduct, share, always_the_same
            self._until = time.monotonic() + seconds

    @property
    def conduct(self) -> Conduct:
        """How it misbehaves now, or that it does not."""
        with self._lock:
            return self._conduct if time.monotonic() < self._until else Conduct.good

    def tally(self) -> Tally:
        with self._lock:
            return Tally(self._calls, self._answered.copy(), self._spoiled.copy(), +self._emptied)

    def answer(self, asked: dict[str, Any], client: socket.socket) -> bytes:
        """The whole of what is sent; nothing where the client has gone."""
        # One token is what the generator asks for to see whether the model is there.
        probe = asked["max_tokens"] == 1
        key = None if probe else key_of(asked["model"], asked["messages"])
        with self._lock:
            self._calls += not probe
            latency_s = self._rng.uniform(*LATENCY_S)
            rubbish = self._rng.choice(GARBAGE)
            hit = self._is_hit(key)
        conduct = self.conduct if hit else Conduct.good
        if conduct is not Conduct.good:
            self._note(self._spoiled, key)
        match conduct:
            case Conduct.hang:
                while not self.closing.wait(_LOOK_S) and not _gone(client):
                    pass
                return b""
            case Conduct.refuse_429:
                return _response("429 Too Many Requests", b'{"error": "busy"}', "Retry-After: 1")
            case Conduct.error_500:
                return _response("500 Internal Server Error", b'{"error": "out of memory"}')
            case Conduct.garbage:
                if rubbish == "empty text":
                    self._note(self._emptied, key)
                return _garbage(rubbish, asked)
        text = "Hi" if probe else script(asked["messages"], asked.get("seed"))
        if not probe:
            self.closing.wait(latency_s)
        if _gone(client):
            return b""
        if key is not None:
            with self._lock:
                self._answered[key, asked["seed"]] += 1
        return _completion(asked, text)

    def _note(self, counts: Counter[Key], key: Key | None) -> None:
        if key is not None:
            with self._lock:
                counts[key] += 1

    def _is_hit(self, key: Key | None) -> bool:
        """Whether it is this request's lot to be answered badly."""
        if self._always_the_same:
            # A probe, which is nobody's, goes well.
            return key is not None and Random(key).random() < self._share
        return self._rng.random() < self._share


def _gone(client: socket.socket) -> bool:
    """Whether the client has hung up."""
    readable, _, _ = select.select([client], [], [], 0)
    try:
        return bool(readable) and not client.recv(1, socket.MSG_PEEK)
    except ConnectionError:
        return True


def _garbage(rubbish: str, asked: dict[str, Any]) -> bytes:
    match rubbish:
        case "html":
            return _response("200 OK", b"<html><body>Please log in</body></html>")
        case "other json":
            return _response("200 OK", b'{"id": "1", "choices": []}')
        case "empty text":
            return _completion(asked, "")
    whole = _completion(asked, "[USR] Hello")
    return whole[: len(whole) // 2]


def _completion(asked: dict[str, Any], text: str) -> bytes:
    return _response("200 OK", completion(text, asked["model"]))


def _response(status: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"HTTP/1.0 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def writing_server(seed: int) -> Iterator[WritingServer]:
    """A running server that is good."""
    state = WritingServer(seed)

    def post(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        handler.wfile.write(state.answer(asked, handler.connection))

    with http_server(post) as state.url:
        try:
            yield state
        finally:
            state.closing.set()
