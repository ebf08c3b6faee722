"""The local backend: requests that wait are answered together, in one thread.

A batch is what waits when the model becomes free: the oldest request and, in order of arrival,
others that share its adapter and its sampling. Nothing waits for a batch to fill.

Reproducibility: every request draws from its own seed, whatever it is batched with, but the padding
and the shapes of a batch change the rounding of bfloat16. The same batch gives the same texts; in
another batch a text, greedy or sampled, may part from the earlier one at a token that was close.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import deque
from collections.abc import Iterable, Sequence
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

    def sampled_as(self, other: Request) -> bool:
        """Whether both are sampled in the same way; their seeds may differ."""
        return self.params.model_copy(update={"seed": other.params.seed}) == other.params


def take_batch(
    waiting: deque[Request], size: int, adapter: AdapterRef | None = None
) -> list[Request]:
    """Take a batch for an adapter out of what waits.

    It is the oldest request for the adapter and, in order, those sampled as it is, at most `size`.
    Requests given up meanwhile are dropped. What is left keeps its order.
    """
    batch: list[Request] = []
    left: list[Request] = []
    for request in waiting:
        if request.future.cancelled():
            continue
        fits = request.adapter == adapter and len(batch) < size
        if fits and (not batch or request.sampled_as(batch[0])):
            batch.append(request)
        else:
            left.append(request)
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
                raise self._closed_error()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"local model {self._name}", daemon=True
                )
                self._thread.start()
            self._waiting.append(request)
        # Not at once: what the other tasks of this turn of the loop ask joins the batch.
        asyncio.get_running_loop().call_soon(self._wake)
        try:
            return await asyncio.wrap_future(request.future)
        except asyncio.CancelledError:
            request.abandoned = True
            raise

    async def close(self) -> None:
        """Stop the thread at the next token and free the model; open requests fail."""
        with self._changed:
            self._closed = True
        self._wake()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _work(self) -> None:
        while self._wait():
            self._answer_next(self._waiting[0].adapter)
        self._model = None
        with self._changed:
            left = list(self._waiting)
            self._waiting.clear()
        _fail(filter(_begun, left), self._closed_error())

    def _wait(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return not self._closed

    def _answer_next(self, adapter: AdapterRef | None) -> None:
        batch: list[Request] = []
        try:
            # The model first: while it loads, requests gather.
            model = self._loaded(adapter)
            batch = self._take(adapter)
            self._generate(batch, model)
        except BackendError as error:
            _fail(batch or self._take(adapter), error)
        # The boundary of the thread: whatever torch raises, the callers must hear of it.
        except Exception as error:  # noqa: BLE001
            failure = BackendUnavailable(f"{self._name} failed: {type(error).__name__}: {error}")
            _fail(batch or self._take(adapter), failure)

    def _take(self, adapter: AdapterRef | None) -> list[Request]:
        with self._changed:
            batch = take_batch(self._waiting, self._batch_size, adapter)
        return list(filter(_begun, batch))

    def _loaded(self, adapter: AdapterRef | None) -> LocalModel:
        if self._model is None or self._model.adapter != adapter:
            self._model = None
            gc.collect()
            self._model = LocalModel(self._source, self._name, adapter, self._threads)
        return self._model

    def _generate(self, batch: list[Request], model: LocalModel) -> None:
        fitting: list[tuple[Request, list[int]]] = []
        for request in batch:
            try:
                tokens = model.encode(request.messages, request.params.max_tokens)
            except BackendRefused as error:
                request.future.set_exception(error)
            else:
                fitting.append((request, tokens))
        if not fitting:
            return
        requests = [request for request, _ in fitting]
        answers = model.generate(
            [tokens for _, tokens in fitting],
            requests[0].params,
            seeds=[request.params.seed for request in requests],
            abandoned=lambda row: self._closed or requests[row].abandoned,
        )
        if self._closed:
            raise self._closed_error()
        for (request, tokens), answer in zip(fitting, answers, strict=True):
            request.future.set_result(
                Completion(
                    text=answer.text,
                    finish_reason=answer.finish_reason,
                    model=self._name,
                    prompt_tokens=len(tokens),
                    completion_tokens=answer.tokens,
                )
            )

    def _closed_error(self) -> BackendUnavailable:
        return BackendUnavailable(f"the local backend of {self._name} is closed")


def _begun(request: Request) -> bool:
    # From here on the future cannot be cancelled, so whoever has it may set it.
    return request.future.set_running_or_notify_cancel()


def _fail(requests: Iterable[Request], error: BackendError) -> None:
    for request in requests:
        if not request.future.done():
            # Each caller gets an exception of its own: raising adds a traceback to it.
            failure = type(error)(*error.args)
            failure.__cause__ = error
            request.future.set_exception(failure)
