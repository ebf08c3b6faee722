"""Texts written beside a run, for prompts of it, kept in a JSONL file.

A line is added when its text is there, so a process that is stopped or killed loses what was in
flight and no more: the next one writes what is missing. A text belongs to its request, which names
prompt, model, adapter (by the dialogue's id) and sampling; another request never gets it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from recdial.domain import AdapterRef, ChatMessage, Frozen, SamplingParams
from recdial.llm import BackendError, TextBackend
from services.generator.writing import write_text


class SamplesDamaged(Exception):
    """A line of the file is not a text; the message says which, and what to do."""


@dataclass(frozen=True)
class Request:
    """A text that is wanted."""

    dialogue_id: UUID
    """Stands for prompt, role, model, adapter and attempt."""
    prompt_id: UUID
    messages: tuple[ChatMessage, ...]
    sampling: SamplingParams
    adapter: AdapterRef | None


class Written(Frozen):
    """A line of the file: a text, or why there is none."""

    generator: str
    dialogue_id: UUID
    prompt_id: UUID
    sampling: SamplingParams
    """As it was asked for."""
    model: str
    adapter_sha256: str | None
    text: str = ""
    finish_reason: Literal["stop", "length"] = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float = 0.0
    from_run: bool = False
    """Whether the run wrote it, and not the comparison."""
    failure: str | None = None
    """Why there is no text. It is tried again the next time."""


_Key: TypeAlias = tuple[UUID, str]


class SampleFile:
    """The texts in a file. One process at a time may have it."""

    def __init__(self, path: Path, *, own_only: bool = False) -> None:
        """Read what is there; a last line that was cut off by a kill is taken away.

        With `own_only`, texts of the run do not count. Raises SamplesDamaged.
        """
        self._path = path
        self._own_only = own_only
        self._texts: dict[_Key, Written] = {}
        if path.exists():
            self._read()

    def find(self, request: Request) -> Written | None:
        """The text of a request, if it was written."""
        return self._texts.get(_key(request.dialogue_id, request.sampling))

    def add(self, written: Written) -> None:
        """Add a line."""
        with self._path.open("ab") as file:
            file.write(written.model_dump_json().encode() + b"\n")
        self._keep(written)

    def _keep(self, written: Written) -> None:
        if written.failure is None and not (self._own_only and written.from_run):
            self._texts[_key(written.dialogue_id, written.sampling)] = written

    def _read(self) -> None:
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(self._path, len(whole))
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                self._keep(Written.model_validate_json(line))
            except ValidationError as error:
                raise SamplesDamaged(
                    f"{self._path}, line {number} is not a text of a comparison: "
                    f"{error.errors()[0]['msg']}; remove the line, or the file to write all again"
                ) from error


async def write_missing(
    generator: str,
    requests: Iterable[Request],
    backend: TextBackend,
    file: SampleFile,
    *,
    concurrency: int,
    longer: float,
    on_written: Callable[[], None],
) -> list[Written]:
    """The texts of requests: those in the file, and the others written now, so many at a time.

    In the order of the requests. A request the backend fails on has its cause for a text.
    """
    places = asyncio.Semaphore(concurrency)

    async def one(request: Request) -> Written:
        found = file.find(request)
        if found is None:
            async with places:
                found = await _write(generator, request, backend, longer)
            file.add(found)
        on_written()
        return found

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(request)) for request in requests]
    return [task.result() for task in tasks]


async def _write(generator: str, request: Request, backend: TextBackend, longer: float) -> Written:
    started = time.monotonic()
    adapter = request.adapter
    try:
        answer = await write_text(backend, request.messages, request.sampling, adapter, longer)
    except BackendError as error:
        return Written(
            generator=generator,
            dialogue_id=request.dialogue_id,
            prompt_id=request.prompt_id,
            sampling=request.sampling,
            model="",
            adapter_sha256=adapter.sha256 if adapter else None,
            seconds=time.monotonic() - started,
            failure=str(error),
        )
    completion = answer.completion
    return Written(
        generator=generator,
        dialogue_id=request.dialogue_id,
        prompt_id=request.prompt_id,
        sampling=request.sampling,
        model=completion.model,
        adapter_sha256=adapter.sha256 if adapter else None,
        text=completion.text,
        finish_reason=completion.finish_reason,
        tokens_in=completion.prompt_tokens,
        tokens_out=completion.completion_tokens,
        seconds=time.monotonic() - started,
    )


def all_failed(written: Sequence[Written]) -> str | None:
    """The first cause where not one text could be written; None where one could."""
    causes = [one.failure for one in written if one.failure is not None]
    return causes[0] if causes and len(causes) == len(written) else None


def _key(dialogue_id: UUID, sampling: SamplingParams) -> _Key:
    return dialogue_id, sampling.model_dump_json()
