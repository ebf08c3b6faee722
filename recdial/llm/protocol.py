"""The protocol of a text backend, what it returns and how it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from recdial.domain import AdapterRef, ChatMessage, SamplingParams


class BackendError(Exception):
    """A backend could not complete a prompt."""


class BackendUnavailable(BackendError):
    """It may work later: refused connection, timeout, 429, 5xx. Repeating is sensible."""


class BackendOverloaded(BackendUnavailable):
    """It has more to do than it takes (429): fewer calls at a time would do."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """How long the server asks to be left alone."""


class AdapterNotServed(BackendUnavailable):
    """The server answers, and knows no model of the adapter's name (yet): 404."""


class BackendRefused(BackendError):
    """It will never work for this prompt or configuration: 4xx, unknown model, bad adapter."""


@dataclass(frozen=True)
class Completion:
    """What a model wrote, as it wrote it."""

    text: str
    finish_reason: Literal["stop", "length"]
    model: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class TextBackend(Protocol):
    """A model that completes chats."""

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat, with a LoRA adapter if given.

        Raises BackendUnavailable where repeating may help and BackendRefused where it cannot.
        """

    async def close(self) -> None:
        """Release connections, threads and memory."""
