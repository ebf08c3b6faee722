"""Work that is cheaper done for many at once, asked for one at a time.

Handlers get one message each, and the database charges by the statement. Whoever asks while a batch
is being done waits for the next one, which takes all that have gathered by then: a batch is as
large as the load is, and alone nobody waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from recdial.store.database import is_connection_loss

log = structlog.get_logger(__name__)

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True)
class _Asked(Generic[Q, A]):
    question: Q
    answer: asyncio.Future[A]


class Batched(Generic[Q, A]):
    """One call for each question, one piece of work for all that wait."""

    def __init__(
        self,
        work: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        *,
        limit: int = 64,
    ) -> None:
        """`work` answers up to `limit` questions, in their order; an exception answers its own.

        It must be safe to repeat: where it raises, each question is asked again by itself, so that
        what is wrong with one does not harm the others. Not so where the store is away, which is
        everybody's failure.
        """
        self._work = work
        self._limit = limit
        self._waiting: deque[_Asked[Q, A]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, question: Q) -> A:
        """The answer. Raises what the work raises for this question."""
        asked = _Asked(question, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._working is None:
            # Of nobody's context: a batch belongs to no one trace.
            self._working = asyncio.create_task(self._work_off(), name="batches", context=Context())
        answer: A = await asked.answer
        return answer

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), self._limit)
                batch = [self._waiting.popleft() for _ in range(size)]
                # Who asked may have been cancelled meanwhile.
                batch = [asked for asked in batch if not asked.answer.done()]
                if batch:
                    await self._answer(batch)
        finally:
            self._working = None

    async def _answer(self, batch: Sequence[_Asked[Q, A]]) -> None:
        try:
            answers = await self._work([asked.question for asked in batch])
        except asyncio.CancelledError as error:
            # Nobody cancels this task: a driver ended its call when it lost the connection.
            lost = ConnectionError("the connection was lost in a call")
            lost.__cause__ = error
            answers = [lost] * len(batch)
        except Exception as error:  # noqa: BLE001 (whoever asked gets it)
            if len(batch) > 1 and not is_connection_loss(error):
                log.warning("batch.split", size=len(batch), cause=repr(error))
                for asked in batch:
                    await self._answer([asked])
                return
            answers = [error] * len(batch)
        for asked, answer in zip(batch, answers, strict=True):
            _tell(asked, answer)


def _tell(asked: _Asked[Q, A], answer: A | Exception) -> None:
    if asked.answer.done():
        return
    if isinstance(answer, Exception):
        asked.answer.set_exception(answer)
    else:
        asked.answer.set_result(answer)
