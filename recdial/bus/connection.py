"""Connections to RabbitMQ, and telling a lost one from other errors."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aio_pika
import structlog
from aio_pika.abc import AbstractQueue, AbstractRobustConnection
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AMQPConnectionError,
    AuthenticationError,
    ConnectionClosed,
    IncompatibleProtocolError,
    ProbableAuthenticationError,
)
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_delay,
    wait_exponential_jitter,
)

from recdial.bus.protocol import BusUnavailable

log = structlog.get_logger(__name__)

_PAUSE_S = 0.2

_REFUSALS = (
    AuthenticationError,
    ConnectionClosed,  # e.g. a virtual host that does not exist
    IncompatibleProtocolError,
    ProbableAuthenticationError,
)


async def connect(
    url: str, name: str, timeout_s: float, reconnect_s: float
) -> AbstractRobustConnection:
    """Connect to the broker, waiting up to `timeout_s` s for one that does not answer yet.

    The connection reconnects by itself later on. Raises BusUnavailable.
    """
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or 5672}{parts.path}"
    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_may_answer_later),
            stop=stop_after_delay(timeout_s),
            wait=wait_exponential_jitter(multiplier=0.1, max=2.0, jitter=0.1),
            reraise=True,
        ):
            with attempt:
                return await _connect_once(url, name, timeout_s, reconnect_s)
    except _REFUSALS as error:
        raise BusUnavailable(
            f"the broker at {where} refused the connection: {error!r}. "
            "Check user, password and virtual host of RECDIAL_AMQP_URL"
        ) from error
    except (OSError, TimeoutError) as error:
        raise BusUnavailable(
            f"no broker answers at {where} for {timeout_s:g} s: {error!r}. "
            "Start RabbitMQ (`make services`) or set RECDIAL_AMQP_URL"
        ) from error
    raise AssertionError("unreachable: tenacity returns or raises")


async def _connect_once(
    url: str, name: str, timeout_s: float, reconnect_s: float
) -> AbstractRobustConnection:
    try:
        return await aio_pika.connect_robust(
            url,
            timeout=timeout_s,
            client_properties={"connection_name": name},
            reconnect_interval=reconnect_s,
        )
    except StopAsyncIteration as error:
        # How aiormq ends where the other side closes at once, as what stands before a broker does
        # that is down. To tenacity it would be the end of its tries.
        raise ConnectionError("the connection was closed before the broker said a word") from error


def is_connection_loss(error: BaseException) -> bool:
    """Whether an exception out of aio-pika means that a connection or channel went away.

    It also ends calls that were pending on a lost connection by cancelling them, which is told
    from a cancellation of the calling task by what the task itself was asked to do.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()
    return isinstance(error, CONNECTION_EXCEPTIONS)


async def message_count(queue: AbstractQueue) -> int:
    """Messages ready in a queue. Waits for a lost connection to be back."""
    while True:
        try:
            # Declaring tells the count, and makes a queue that somebody deleted. Shielded, because
            # a cancelled call closes the channel under everything else that uses it.
            declared = await asyncio.shield(asyncio.ensure_future(queue.declare()))
        except (Exception, asyncio.CancelledError) as error:
            if not is_connection_loss(error):
                raise
            await asyncio.sleep(_PAUSE_S)
        else:
            return declared.message_count or 0


def _may_answer_later(error: BaseException) -> bool:
    return isinstance(error, (AMQPConnectionError, OSError)) and not isinstance(error, _REFUSALS)
