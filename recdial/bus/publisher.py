"""Publishing to RabbitMQ: confirmed, and repeated over a lost connection."""

from __future__ import annotations

import asyncio

import structlog
from aio_pika import Message
from aio_pika.abc import AbstractExchange, AbstractRobustChannel
from aio_pika.exceptions import ChannelPreconditionFailed
from aiormq.abc import DeliveredMessage

from recdial.bus.connection import is_connection_loss
from recdial.bus.protocol import BusClosed, BusUnavailable, MessageTooLarge

log = structlog.get_logger(__name__)

_PAUSE_S = 0.2


class Publisher:
    """Publishes over one channel with confirms. The channel must be opened with them."""

    def __init__(self, channel: AbstractRobustChannel, *, timeout_s: float, max_bytes: int) -> None:
        self._channel = channel
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._exchanges: dict[str, AbstractExchange] = {}
        self._closed = asyncio.Event()

    async def send(self, exchange: str, routing_key: str, message: Message) -> bool:
        """Publish, and wait until the broker has it on disk. False where no queue takes it.

        A lost connection is waited for and the message sent again, so it may arrive twice. Raises
        BusClosed, MessageTooLarge, and BusUnavailable when the broker does not confirm in time.
        """
        if len(message.body) > self._max_bytes:
            raise MessageTooLarge(
                f"a message for {routing_key} has {len(message.body):,} bytes and the limit is "
                f"{self._max_bytes:,}: shorten what it carries, or raise the limit here and "
                "max_message_size on the broker"
            )
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        cause = "no confirmation came"
        while True:
            if self._closed.is_set():
                raise BusClosed(f"the bus is closed: cannot publish to {routing_key}")
            try:
                async with asyncio.timeout_at(deadline):
                    target = await self._exchange(exchange)
                    answer = await target.publish(message, routing_key)
                return not isinstance(answer, DeliveredMessage)
            except ChannelPreconditionFailed as error:
                raise MessageTooLarge(f"the broker refused {routing_key}: {error}") from error
            except TimeoutError as error:
                raise BusUnavailable(
                    f"the broker did not take {routing_key} within {self._timeout_s:g} s: {cause}"
                ) from error
            except (Exception, asyncio.CancelledError) as error:
                if not is_connection_loss(error):
                    raise
                cause = repr(error)
                log.warning("bus.publish.retry", routing_key=routing_key, cause=cause)
            await self._until_ready(deadline)

    def close(self) -> None:
        """Let nobody wait any longer: publishing ends with BusClosed from now on."""
        self._closed.set()

    async def _exchange(self, name: str) -> AbstractExchange:
        if name not in self._exchanges:
            self._exchanges[name] = await self._channel.get_exchange(name, ensure=False)
        return self._exchanges[name]

    async def _until_ready(self, deadline: float) -> None:
        """Wait for the channel to be back, for the deadline, or for the end of the bus."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(_PAUSE_S, max(0.0, deadline - loop.time())))
        waits = [
            asyncio.ensure_future(self._channel.ready()),
            asyncio.ensure_future(self._closed.wait()),
        ]
        await asyncio.wait(
            waits,
            timeout=max(0.0, deadline - loop.time()),
            return_when=asyncio.FIRST_COMPLETED,
        )
        for wait in waits:
            wait.cancel()
