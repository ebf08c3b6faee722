"""The wire between the services and a server: it can be cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

_CHUNK = 65_536


class Wire:
    """A TCP proxy in a thread of its own, so that it carries on whatever the campaign waits for."""

    def __init__(self, port: int) -> None:
        """To a port of this machine."""
        self.port = 0
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._clients: set[asyncio.StreamWriter] = set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()
        self._listening.wait()

    def cut(self, share: float, rng: Random) -> int:
        """Break a share of the connections, at least one, without a word; how many."""

        async def abort() -> int:
            clients = list(self._clients)
            chosen = rng.sample(clients, min(len(clients), max(1, round(share * len(clients)))))
            for client in chosen:
                client.transport.abort()
            return len(chosen)

        return asyncio.run_coroutine_threadsafe(abort(), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            server = runner.run(asyncio.start_server(self._carry, "127.0.0.1", 0))
            self.port = server.sockets[0].getsockname()[1]
            self._listening.set()
            self._loop.run_forever()
            server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            # The server is down: what a client would see of it without the wire.
            self._clients.discard(writer)
            writer.transport.abort()
            return
        try:
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        finally:
            self._clients.discard(writer)
            for end in (writer, there_writer):
                end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # When one end breaks, so does the other.
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.write_eof()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """A wire to a port."""
    wire = Wire(port)
    wire.start()
    try:
        yield wire
    finally:
        wire.close()
