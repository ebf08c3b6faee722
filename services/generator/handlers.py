"""The generator as the bus calls it: one prompt in, one stored completion out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from recdial.bus import Reject
from recdial.contracts import DialogueFailed, DialogueGenerated, Messages, PromptIssued
from recdial.domain import RunState
from recdial.llm import BackendRefused
from recdial.store import Store, dialogues, runs
from recdial.store.configs import RunConfigs
from services.generator.backends import Backends


class Standing(Enum):
    """What the store says of a dialogue that is asked for."""

    cancelled = auto()
    """Its run is: nothing is written any more."""
    written = auto()
    to_be_written = auto()


@dataclass(frozen=True)
class Deps:
    """What the generator works with."""

    configs: RunConfigs
    backends: Backends
    standing: Callable[[PromptIssued], Awaitable[Standing]]
    keep: Callable[[dict[str, Any]], Awaitable[None]]
    """Stores a completion."""


async def write_dialogue(message: PromptIssued, deps: Deps) -> Messages:
    """Let the role's model write the dialogue, once: a stored completion is never made again."""
    standing = await deps.standing(message)
    if standing is Standing.cancelled:
        return []
    if standing is Standing.to_be_written:
        await _write(message, deps)
    return [
        DialogueGenerated(
            run_id=message.run_id,
            dialogue_id=message.dialogue_id,
            prompt_id=message.prompt_id,
            role=message.role,
            attempt=message.attempt,
        )
    ]


async def dialogue_exhausted(message: PromptIssued, cause: str) -> Messages:
    """The dialogue that could not be written gets its final verdict from the filter."""
    return [
        DialogueFailed(
            run_id=message.run_id,
            dialogue_id=message.dialogue_id,
            prompt_id=message.prompt_id,
            role=message.role,
            attempt=message.attempt,
            cause=cause,
        )
    ]


async def _write(message: PromptIssued, deps: Deps) -> None:
    config = (await deps.configs.get(message.run_id)).backend(message.role)
    started = time.monotonic()
    try:
        completion = await deps.backends.get(config).complete(
            message.messages, message.sampling, message.adapter
        )
    except BackendRefused as error:
        raise Reject(str(error)) from error
    row = {
        "dialogue_id": message.dialogue_id,
        "run_id": message.run_id,
        "prompt_id": message.prompt_id,
        "role": message.role.value,
        "attempt": message.attempt,
        "backend": config.backend,
        "model": completion.model,
        "adapter_id": message.adapter.adapter_id if message.adapter else None,
        "adapter_sha256": message.adapter.sha256 if message.adapter else None,
        "sampling": message.sampling.model_dump(mode="json"),
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "seconds": time.monotonic() - started,
    }
    await deps.keep(row)


async def standings(messages: Sequence[PromptIssued], store: Store) -> list[Standing | Exception]:
    """What the store says of the dialogues that prompts ask for."""
    async with store.read() as session:
        cancelled = {
            run_id: await runs.state(session, run_id) is RunState.cancelled
            for run_id in {message.run_id for message in messages}
        }
        written = await dialogues.with_completion(
            session, {message.dialogue_id for message in messages}
        )
    return [
        Standing.cancelled
        if cancelled[message.run_id]
        else Standing.written
        if message.dialogue_id in written
        else Standing.to_be_written
        for message in messages
    ]


async def keep_completions(rows: Sequence[dict[str, Any]], store: Store) -> list[Exception | None]:
    """Store completions, all in one statement."""
    async with store.begin() as session:
        await dialogues.add_completions(session, rows)
    return [None] * len(rows)
