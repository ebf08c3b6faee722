"""What becomes of one delivery: the decision every adapter carries out in its own way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from opentelemetry.trace import Span
from pydantic import ValidationError

from recdial import tracing
from recdial.bus.protocol import BusClosed, Consumer, Reject, RetryPolicy
from recdial.bus.tracing import identify, processing
from recdial.contracts import Message

log = structlog.get_logger(__name__)

Publish = Callable[[Sequence[Message]], Awaitable[None]]
"""Publishes what follows from a delivery; returns when the bus has it."""


@dataclass(frozen=True)
class Delivery:
    """A message as it arrives."""

    system: str
    """What brought it, as `messaging.system` names it."""
    body: bytes
    failures: int
    """How often handling it failed before."""
    trace: Mapping[str, str]
    """The headers of its trace context."""


@dataclass(frozen=True)
class Done:
    """Handled, and what follows is published."""


@dataclass(frozen=True)
class Again:
    """Deliver it again after a delay, with this many failures behind it."""

    failures: int
    delay_s: float


@dataclass(frozen=True)
class Dead:
    """Given up: it belongs to the dead letters of its queue."""

    failures: int
    cause: str


Outcome = Done | Again | Dead


async def attempt(
    consumer: Consumer[Any], delivery: Delivery, retry: RetryPolicy, publish: Publish
) -> Outcome:
    """Handle a delivery, and publish what follows.

    Raises BusClosed where the bus was closed before that was done.
    """
    with processing(delivery.system, consumer.queue, delivery.trace, delivery.failures) as span:
        return _noted(span, await _attempt(consumer, delivery, retry, publish))


async def abandon(
    consumer: Consumer[Any], delivery: Delivery, cause: str, retry: RetryPolicy, publish: Publish
) -> Outcome:
    """Give a delivery up without handling it. Raises BusClosed as `attempt` does."""
    with processing(delivery.system, consumer.queue, delivery.trace, delivery.failures) as span:
        return _noted(span, await _abandon(consumer, delivery, cause, retry, publish))


async def _attempt(
    consumer: Consumer[Any], delivery: Delivery, retry: RetryPolicy, publish: Publish
) -> Outcome:
    failures = delivery.failures
    try:
        message = consumer.message.model_validate_json(delivery.body)
    except ValidationError as error:
        return _dead(consumer, failures, f"invalid body: {error}")
    identify(message)
    try:
        await publish(await consumer.handle(message))
    except BusClosed:
        raise
    except Reject as error:
        tracing.failed(error)
        return await _give_up(consumer, message, failures, str(error), retry, publish)
    # The one boundary where any failure of a handler becomes a retry or a dead letter. A driver
    # that ends its calls by cancelling them is a failure too; the cancellation of this task is not.
    except (Exception, asyncio.CancelledError) as error:
        if _is_cancelled(error):
            raise
        tracing.failed(error)
        failures += 1
        cause = f"{type(error).__name__}: {error}"
        if failures >= retry.max_failures:
            return await _give_up(consumer, message, failures, cause, retry, publish)
        log.warning("bus.retry", queue=consumer.queue, failures=failures, cause=cause)
        return Again(failures, retry.delay(failures))
    return Done()


async def _abandon(
    consumer: Consumer[Any], delivery: Delivery, cause: str, retry: RetryPolicy, publish: Publish
) -> Outcome:
    try:
        message = consumer.message.model_validate_json(delivery.body)
    except ValidationError as error:
        return _dead(consumer, delivery.failures, f"invalid body: {error}")
    identify(message)
    return await _give_up(consumer, message, delivery.failures, cause, retry, publish)


async def _give_up(
    consumer: Consumer[Any],
    message: Message,
    failures: int,
    cause: str,
    retry: RetryPolicy,
    publish: Publish,
) -> Outcome:
    """Publish what follows from giving up; if even that fails, try it all again later."""
    try:
        await publish(await consumer.on_exhausted(message, cause))
    except BusClosed:
        raise
    except (Exception, asyncio.CancelledError) as error:
        if _is_cancelled(error):
            raise
        tracing.failed(error)
        log.error("bus.exhausted.failed", queue=consumer.queue, cause=repr(error))
        return Again(failures, retry.delay(failures))
    return _dead(consumer, failures, cause)


def _noted(span: Span, outcome: Outcome) -> Outcome:
    if span.is_recording():
        match outcome:
            case Done():
                span.set_attribute("recdial.outcome", "done")
            case Again():
                span.set_attribute("recdial.outcome", "retry")
            case Dead(_, cause):
                span.set_attribute("recdial.outcome", "dead")
                tracing.mark_failed(span, cause)
    return outcome


def _is_cancelled(error: BaseException) -> bool:
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0)


def _dead(consumer: Consumer[Any], failures: int, cause: str) -> Dead:
    log.error("bus.dead_letter", queue=consumer.queue, failures=failures, cause=cause)
    consumer.on_dead()
    return Dead(failures, cause)
