"""The generator as the bus calls it: one prompt in, one stored completion out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Literal

import structlog

from recdial.bus import Reject
from recdial.contracts import DialogueFailed, DialogueGenerated, Messages, PromptIssued, RunFailed
from recdial.domain import RunState
from recdial.llm import BackendRefused, Completion
from recdial.settings import LimitsConfig
from recdial.store import Store, dialogues, models, runs, spending
from recdial.store.configs import RunConfigs
from recdial.store.spending import Expense, limit_reached
from recdial.tokens import estimated_tokens
from services.generator.backends import Backends
from services.generator.canary import WrongAdapter
from services.generator.writing import write_text

log = structlog.get_logger(__name__)

STAGE = "generator"


class Standing(Enum):
    """What the store says of a dialogue that is asked for."""

    ended = auto()
    """Its run was cancelled, or its adapter found not to be used: nothing is written any more."""
    written = auto()
    to_be_written = auto()


@dataclass(frozen=True)
class Unaffordable:
    """A dialogue that is not to be written: its run has reached a limit."""

    limit: str


@dataclass(frozen=True)
class Written:
    """A completion to be stored, and what the calls for it took."""

    row: dict[str, Any]
    expenses: list[Expense]


@dataclass(frozen=True)
class Deps:
    """What the generator works with."""

    configs: RunConfigs
    backends: Backends
    standing: Callable[[PromptIssued], Awaitable[Standing | Unaffordable]]
    keep: Callable[[Written], Awaitable[None]]
    """Stores a completion."""


async def write_dialogue(message: PromptIssued, deps: Deps) -> Messages:
    """Let the role's model write the dialogue, once: a stored completion is never made again.

    A server that does not use the adapter ends the run: what it writes is not the student's.
    """
    standing = await deps.standing(message)
    if standing is Standing.ended:
        return []
    if isinstance(standing, Unaffordable):
        return [_failed(message, standing.limit, "limit_reached")]
    if standing is Standing.to_be_written:
        try:
            await _write(message, deps)
        except WrongAdapter as error:
            return [RunFailed(run_id=message.run_id, stage=STAGE, cause=str(error))]
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
    return [_failed(message, cause, "not_written")]


def _failed(
    message: PromptIssued, cause: str, rule: Literal["not_written", "limit_reached"]
) -> DialogueFailed:
    return DialogueFailed(
        run_id=message.run_id,
        dialogue_id=message.dialogue_id,
        prompt_id=message.prompt_id,
        role=message.role,
        attempt=message.attempt,
        cause=cause,
        rule=rule,
    )


async def _write(message: PromptIssued, deps: Deps) -> None:
    config = (await deps.configs.get(message.run_id)).backend(message.role)
    backend = deps.backends.get(config)
    started = time.monotonic()
    try:
        answer = await write_text(
            backend, message.messages, message.sampling, message.adapter, config.longer
        )
    except WrongAdapter:
        raise
    except BackendRefused as error:
        raise Reject(str(error)) from error
    completion = answer.completion
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
        "sampling": answer.sampling.model_dump(mode="json"),
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "seconds": time.monotonic() - started,
    }
    await deps.keep(Written(row, [expense(message, call) for call in answer.calls]))


def expense(message: PromptIssued, completion: Completion) -> Expense:
    """What a call took: as the server says, else estimated."""
    tokens_in, tokens_out = completion.prompt_tokens, completion.completion_tokens
    return Expense(
        message.run_id,
        message.role,
        sum(estimated_tokens(part.content) for part in message.messages)
        if tokens_in is None
        else tokens_in,
        estimated_tokens(completion.text) if tokens_out is None else tokens_out,
        estimated=tokens_in is None or tokens_out is None,
    )


async def standings(
    messages: Sequence[PromptIssued], store: Store, configs: RunConfigs
) -> list[Standing | Unaffordable | Exception]:
    """What the store says of the dialogues that prompts ask for.

    What is spent is read with every batch, so a run overshoots its limit by the calls that were in
    flight when it was reached, of all generators, and by a second one for each that is cut off.
    """
    limited = {
        run_id: config
        for run_id in {message.run_id for message in messages}
        if (config := await configs.get(run_id)).limits != LimitsConfig()
    }
    async with store.read() as session:
        spent = await spending.of_runs(session, limited) if limited else {}
        ended = {
            run_id: _ended(await runs.get(session, run_id))
            for run_id in {message.run_id for message in messages}
        }
        written = await dialogues.with_completion(
            session, {message.dialogue_id for message in messages}
        )
    reached = {
        run_id: limit
        for run_id, config in limited.items()
        if (limit := limit_reached(spent[run_id], config)) is not None
    }

    def standing(message: PromptIssued) -> Standing | Unaffordable:
        if ended[message.run_id]:
            return Standing.ended
        if message.dialogue_id in written:
            return Standing.written
        if message.run_id in reached:
            return Unaffordable(reached[message.run_id])
        return Standing.to_be_written

    return [standing(message) for message in messages]


def _ended(run: models.Run) -> bool:
    # Not of every failure: what fails elsewhere may go on with the dialogues written meanwhile.
    failed_here = run.state == RunState.failed and run.failure_stage == STAGE
    return run.state == RunState.cancelled or failed_here


async def keep_completions(found: Sequence[Written], store: Store) -> list[Exception | None]:
    """Store completions, all in one statement, and add up what they took."""
    async with store.begin() as session:
        await dialogues.add_completions(session, [one.row for one in found])
        await spending.add(session, [expense for one in found for expense in one.expenses])
    return [None] * len(found)
