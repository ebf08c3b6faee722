"""The local backend: requests that wait are answered together, in one thread.

A batch is what waits when the model becomes free: the oldest request and, in order of arrival,
others that share its adapter and its sampling. Nothing waits for a batch to fill.

Reproducibility: every request draws from its own seed, whatever it is batched with, but the padding
and the shapes of a batch change the rounding of bfloat16. The same batch gives the same texts; in
another batch a text, greedy or sampled, may part from the earlier one at a token that was close.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendError, BackendRefused, BackendUnavailable, Completion
from services.generator.local_model import LocalModel


@dataclass(eq=False)
class Request:
    """A chat that waits for its completion."""

    messages: tuple[ChatMessage, ...]
    params: SamplingParams
    adapter: AdapterRef | None
    future: Future[Completion] = field(default_factory=Future)
    abandoned: bool = False
    """Nobody waits for the answer any more."""

    def goes_with(self, other: Request) -> bool:
        """Whether both can be in one batch: same adapter, same sampling but for the seed."""
        same = self.params.model_copy(update={"seed": other.params.seed}) == other.params
        return same and self.adapter == other.adapter


def take_batch(waiting: deque[Request], size: int) -> list[Request]:
    """Take the next batch out of what waits: the oldest and what goes with it, at most `size`.

    Requests given up meanwhile are dropped. What is left keeps its order.
    """
    batch: list[Request] = []
    left: list[Request] = []
    for request in waiting:
        if request.future.cancelled():
            continue
        fits = len(batch) < size and (not batch or batch[0].goes_with(request))
        (batch if fits else left).append(request)
    waiting.clear()
    waiting.extend(left)
    return batch


class LocalBackend:
    """Completes chats with a transformers model in this process, on the GPU if there is one."""

    def __init__(
        self,
        model: str,
        *,
        name: str | None = None,
        batch_size: int = 8,
        threads: int | None = None,
    ) -> None:
        """Prepare a model (a folder or a Hub id); it is loaded when the first request comes.

        `name` is what completions and adapters call the model, by default `model`. At most
        `batch_size` requests are generated together. `threads` sets torch's CPU threads for the
        whole process.
        """
        self._source = model
        self._name = name or model
        self._batch_size = batch_size
        self._threads = threads
        self._model: LocalModel | None = None
        self._waiting: deque[Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat; cancelling the call frees its place in the queue or in the batch.

        Raises BackendRefused (model or adapter missing, wrong or altered; prompt too long for the
        context) or BackendUnavailable (closed, out of memory).
        """
        request = Request(tuple(messages), params, adapter)
        with self._changed:
            if self._closed:
                raise BackendUnavailable(f"the local backend of {self._name} is closed")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"local model {self._name}", daemon=True
                )
                self._thread.start()
            self._waiting.append(request)
            self._changed.notify()
        try:
            return await asyncio.wrap_future(request.future)
        except asyncio.CancelledError:
            request.abandoned = True
            raise

    async def close(self) -> None:
        """Stop the thread at the next token and free the model; open requests fail."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while self._wait():
            try:
                # Before the batch is taken: while the model loads, requests gather.
                model = self._loaded()
            except BackendError as error:
                _fail(self._take(), error)
                continue
            self._answer(self._take(), model)
        self._model = None
        _fail(self._waiting, BackendUnavailable(f"the local backend of {self._name} was closed"))

    def _wait(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return not self._closed

    def _take(self) -> list[Request]:
        with self._changed:
            batch = take_batch(self._waiting, self._batch_size)
        return [request for request in batch if request.future.set_running_or_notify_cancel()]

    def _loaded(self) -> LocalModel:
        if self._model is None:
            self._model = LocalModel(self._source, self._name, self._threads)
        return self._model

    def _answer(self, batch: list[Request], model: LocalModel) -> None:
        try:
            self._generate(batch, model)
        except BackendError as error:
            _fail(batch, error)
        # The one boundary of the thread: whatever torch raises, the callers must hear of it.
        except Exception as error:  # noqa: BLE001
            failure = BackendUnavailable(f"{self._name} failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
            _fail(batch, failure)

    def _generate(self, batch: list[Request], model: LocalModel) -> None:
        encoded: list[tuple[Request, list[int]]] = []
        for request in batch:
            try:
                encoded.append((request, model.encode(request.messages, request.params.max_tokens)))
            except BackendRefused as error:
                request.future.set_exception(error)
        if not encoded:
            return
        requests = [request for request, _ in encoded]
        model.use(requests[0].adapter)
        answers = model.generate(
            [tokens for _, tokens in encoded],
            requests[0].params,
            seeds=[request.params.seed for request in requests],
            abandoned=lambda row: self._closed or requests[row].abandoned,
        )
        if self._closed:
            raise BackendUnavailable(f"the local backend of {self._name} was closed")
        for (request, tokens), answer in zip(encoded, answers, strict=True):
            request.future.set_result(
                Completion(
                    text=answer.text,
                    finish_reason=answer.finish_reason,
                    model=self._name,
                    prompt_tokens=len(tokens),
                    completion_tokens=answer.tokens,
                )
            )


def _fail(requests: Sequence[Request], error: BackendError) -> None:
    for request in requests:
        if not request.future.done():
            request.future.set_exception(error)
