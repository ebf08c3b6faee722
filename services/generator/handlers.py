"""The generator as the bus calls it: one prompt in, one stored completion out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from recdial.bus import Reject
from recdial.contracts import DialogueFailed, DialogueGenerated, Messages, PromptIssued
from recdial.domain import RunState
from recdial.llm import BackendRefused
from recdial.store import Store, dialogues, runs
from recdial.store.configs import RunConfigs
from services.generator.backends import Backends


@dataclass(frozen=True)
class Deps:
    """What the generator works with."""

    store: Store
    configs: RunConfigs
    backends: Backends


async def write_dialogue(message: PromptIssued, deps: Deps) -> Messages:
    """Let the role's model write the dialogue, once: a stored completion is never made again.

    Nothing is written any more for a cancelled run.
    """
    async with deps.store.read() as session:
        if await runs.state(session, message.run_id) is RunState.cancelled:
            return []
        written = await dialogues.completion(session, message.dialogue_id)
    if written is None:
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
    async with deps.store.begin() as session:
        await dialogues.add_completion(session, row)
