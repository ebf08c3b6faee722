"""RabbitMQ and Postgres for tests: where they are, and a place of one's own on them.

`make services` brings them up. A test that needs one skips, with the reason, where none answers.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from yarl import URL

from recdial.bus import Consumer, RetryPolicy
from recdial.bus.rabbitmq import RabbitBus, RabbitOptions
from recdial.bus.topology import Topology

DATABASE_URL = os.environ.get(
    "RECDIAL_DATABASE_URL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
)
AMQP_URL = os.environ.get("RECDIAL_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/")

RETRY = RetryPolicy(max_failures=5, first_delay_s=0.05, factor=1.5, max_delay_s=0.5)
FAST_OPTIONS = RabbitOptions(connect_timeout_s=5.0, reconnect_s=0.1, poll_s=0.01)


def skip_without(server: str, url: str, default_port: int) -> None:
    """Skip the test if nobody listens where the server should be."""
    where = URL(url)
    address = (where.host or "127.0.0.1", where.port or default_port)
    try:
        socket.create_connection(address, timeout=3).close()
    except OSError as error:
        pytest.skip(
            f"{server} does not answer at {address[0]}:{address[1]} ({error}): make services"
        )


@asynccontextmanager
async def postgres_database(url: str = DATABASE_URL) -> AsyncIterator[str]:
    """The URL of an empty database of one test; skips where there is no Postgres."""
    skip_without("Postgres", url, 5432)
    name = f"test_{uuid4().hex[:12]}"
    # A test may restart the server, so no connection is kept.
    server = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with server.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            async with server.connect() as connection:
                await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        await server.dispose()


class Brokerage:
    """Buses of one test, on exchanges and queues that no other test has."""

    def __init__(self, retry: RetryPolicy, url: str = AMQP_URL) -> None:
        self.url = url
        self.prefix = f"test-{uuid4().hex[:12]}."
        self.topology = Topology(prefix=self.prefix, queues={})
        self.retry = retry
        self._buses: list[_Recorded] = []

    async def bus(
        self,
        url: str | None = None,
        *,
        topology: Topology | None = None,
        options: RabbitOptions = FAST_OPTIONS,
    ) -> RabbitBus:
        """One more bus, as another process would have it."""
        bus = await _Recorded.connect(
            url or self.url, topology=topology or self.topology, retry=self.retry, options=options
        )
        self._buses.append(bus)
        return bus

    async def depth(self, queue: str, at_least: int = 0) -> int:
        """Messages ready in a queue, once there are that many."""
        async with self.channel() as channel:
            while True:
                found = await channel.get_queue(self.topology.work(queue))
                count = found.declaration_result.message_count or 0
                if count >= at_least:
                    return count
                await asyncio.sleep(0.01)

    async def purge(self, queue: str) -> int:
        """Throw away what is ready in a work queue; how much."""
        async with self.channel() as channel:
            found = await channel.get_queue(self.topology.work(queue))
            return (await found.purge()).message_count or 0

    async def delete_queue(self, queue: str) -> None:
        """Delete a work queue behind the back of its consumers."""
        async with self.channel() as channel:
            await channel.queue_delete(self.topology.work(queue))

    async def close(self) -> None:
        """Close the buses and delete what they declared."""
        queues = set(self.topology.queues)
        for bus in self._buses:
            await bus.close(grace_s=0)
            queues |= bus.asked_for
        topology = self.topology
        delays = [topology.delay(delay_s) for delay_s in self.retry.delays]
        async with self.channel() as channel:
            for queue in queues:
                for name in (topology.work(queue), topology.dead(queue)):
                    await channel.queue_delete(name)
            for name in delays:
                await channel.queue_delete(name)
            for name in (topology.exchange, topology.dead_exchange, *delays):
                await channel.exchange_delete(name)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel of a connection of its own."""
        connection = await aio_pika.connect(self.url)
        async with connection, connection.channel() as channel:
            yield channel


class _Recorded(RabbitBus):
    """A bus that knows which queues it was asked for."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked_for: set[str] = set()

    async def consume(self, consumer: Consumer[Any]) -> None:
        self.asked_for.add(consumer.queue)
        await super().consume(consumer)


@asynccontextmanager
async def brokerage(retry: RetryPolicy, url: str = AMQP_URL) -> AsyncIterator[Brokerage]:
    """The broker's part of one test; skips where there is no broker."""
    skip_without("RabbitMQ", url, 5672)
    made = Brokerage(retry, url)
    try:
        yield made
    finally:
        await made.close()
