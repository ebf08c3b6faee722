"""How a service comes up where the broker goes away meanwhile."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr
from yarl import URL

from recdial.bus import Bus, BusUnavailable
from recdial.bus.rabbitmq import RabbitBus, RabbitOptions
from recdial.lifecycle import Lifecycle
from recdial.process_settings import ServiceProcessSettings
from recdial.service import Service
from recdial.store import Store
from services.filter.main import build
from services.filter.settings import FilterSettings
from tests.faults.wire import wire_to
from tests.processes import SOON, cluster


def test_a_service_that_loses_the_broker_while_it_comes_up_begins_anew(tmp_path: Path) -> None:
    with cluster(tmp_path) as place, wire_to(URL(place.broker.url).port or 5672) as wire:
        place.migrate()
        settings = ServiceProcessSettings(
            database_url=SecretStr(place.database_url),
            amqp_url=SecretStr(
                str(URL(place.broker.url).with_host("127.0.0.1").with_port(wire.port))
            ),
            amqp_prefix=place.broker.prefix,
        )
        built: list[Bus] = []

        def build_and_cut(store: Store, bus: Bus) -> Service:
            built.append(bus)
            if len(built) < 3:
                wire.cut(1.0, Random(1))
            return build(store, bus, FilterSettings())

        async def come_up() -> tuple[bool, list[bool]]:
            gave_up = asyncio.Event()
            lifecycle = Lifecycle("filter", settings, build_and_cut, gave_up.set)
            lifecycle.start()
            async with asyncio.timeout(SOON):
                while lifecycle.running is None and not gave_up.is_set():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            ready = await lifecycle.unready() == {}
            await lifecycle.stop()
            return ready, [bus.connected for bus in built if isinstance(bus, RabbitBus)]

        ready, connected = place.run(come_up())
    assert ready
    assert connected == [False] * 3, "no bus is left behind"


@contextmanager
def hanging_up() -> Iterator[int]:
    """The port of a server that says goodbye before it said anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                client.shutdown(socket.SHUT_WR)
                held.append(client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for client in held:
                client.close()


@contextmanager
def busy_loop() -> Iterator[None]:
    """A loop that has so much to do that the other side is always ahead of it."""
    loop = asyncio.get_running_loop()
    busy = True

    def work() -> None:
        time.sleep(0.02)
        if busy:
            loop.call_soon(work)

    work()
    try:
        yield
    finally:
        busy = False


@pytest.mark.parametrize("loops", ["asyncio", "uvloop"])
def test_a_server_that_hangs_up_at_once_is_no_broker_and_is_named(loops: str) -> None:
    # The web server of a service takes uvloop where it is there, which reads an end sooner.
    new_loop = pytest.importorskip(loops).new_event_loop

    async def connect(port: int) -> float:
        options = RabbitOptions(connect_timeout_s=1.0)
        with busy_loop():
            began = time.monotonic()
            with pytest.raises(BusUnavailable, match=f"no broker answers.*{port}"):
                await RabbitBus.connect(f"amqp://guest:guest@127.0.0.1:{port}/", options=options)
            return time.monotonic() - began

    with hanging_up() as port, asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(connect(port)) > 0.9, "it is tried for as long as was said"
