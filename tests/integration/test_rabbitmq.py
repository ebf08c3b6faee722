"""What the bus over RabbitMQ survives, shown on a real broker."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import pytest
from yarl import URL

from recdial.bus import (
    BusClosed,
    BusUnavailable,
    Consumer,
    MessageTooLarge,
    Reject,
)
from recdial.bus.rabbitmq import RabbitBus, RabbitOptions
from recdial.bus.topology import Topology, TopologyConflict, contract_queues
from recdial.contracts import TOPICS, Message, RunCompleted, RunFailed, RunGrounded, RunRequested
from tests.private_servers import PrivateRabbit, private_rabbit
from tests.servers import AMQP_URL, FAST_OPTIONS, RETRY, Brokerage, brokerage

RUN = UUID(int=1)
QUEUE = "filter.run.grounded"
SOON = 30.0
ROOT = Path(__file__).parents[2]

Handler = Callable[[Message], Awaitable[Sequence[Message]]]


@pytest.fixture
async def broker() -> AsyncIterator[Brokerage]:
    async with brokerage(RETRY) as made:
        yield made


class Tally:
    """A handler that counts what it handled."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.seen: Counter[int] = Counter()
        self._pause_s = pause_s

    async def __call__(self, message: Message) -> list[Message]:
        assert isinstance(message, RunGrounded)
        if self._pause_s:
            await asyncio.sleep(self._pause_s)
        self.seen[message.profiles] += 1
        return []


def numbered(number: int) -> RunGrounded:
    return RunGrounded(run_id=RUN, profiles=number)


async def started(bus: RabbitBus, *consumers: Consumer[Any]) -> RabbitBus:
    for consumer in consumers:
        await bus.consume(consumer)
    await bus.start()
    return bus


def grounded(handle: Handler, concurrency: int = 1) -> Consumer[RunGrounded]:
    return Consumer("filter", RunGrounded, handle, concurrency)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110 (handlers and the broker set it, not this loop)
            await asyncio.sleep(0.01)


async def drained(bus: RabbitBus) -> None:
    async with asyncio.timeout(SOON):
        await bus.drain()


class Proxy:
    """A TCP proxy before the broker that can hold back its answers and cut connections."""

    def __init__(self) -> None:
        self.url = ""
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._answering: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = str(URL(AMQP_URL).with_host("127.0.0.1").with_port(port))
        yield self
        self.die()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection without a word of goodbye."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self.let_answers_through()

    def die(self) -> None:
        """Break every connection and let none in any more."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def hold_answers(self, connections: slice = slice(None)) -> None:
        """Let requests through, and keep back what the broker says (a bus publishes on its first
        connection and consumes on its second)."""
        for answering in self._answering[connections]:
            answering.clear()

    def let_answers_through(self) -> None:
        """Deliver what was kept back."""
        for answering in self._answering:
            answering.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = URL(AMQP_URL)
        broker_reader, broker_writer = await asyncio.open_connection(where.host, where.port or 5672)
        self._writers += [writer, broker_writer]
        asking, answering = asyncio.Event(), asyncio.Event()
        asking.set()
        answering.set()
        self._answering.append(answering)
        for source, target, flowing in (
            (reader, broker_writer, asking),
            (broker_reader, writer, answering),
        ):
            task = asyncio.create_task(self._pump(source, target, flowing))
            self._tasks.add(task)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        try:
            while data := await source.read(65536):
                await flowing.wait()
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.transport.abort()


@pytest.fixture
async def proxy(broker: Brokerage) -> AsyncIterator[Proxy]:
    async with Proxy().listening() as made:
        yield made


async def test_cut_connections_lose_nothing(broker: Brokerage, proxy: Proxy) -> None:
    completed: Counter[UUID] = Counter()

    async def complete(message: Message) -> list[Message]:
        assert isinstance(message, RunGrounded)
        return [RunCompleted(run_id=UUID(int=message.profiles))]

    async def note(message: Message) -> list[Message]:
        completed[message.run_id] += 1
        return []

    bus = await broker.bus(proxy.url)
    await started(bus, grounded(complete, 4), Consumer("evaluator", RunCompleted, note, 4))
    for number in range(1, 301):
        if number % 75 == 0:
            proxy.cut()
        await bus.publish(numbered(number))
    await drained(bus)
    assert set(completed) == {UUID(int=number) for number in range(1, 301)}
    assert await bus.dead_letters(QUEUE) == []


async def test_work_in_hand_is_not_done_twice_when_the_connection_is_cut(
    broker: Brokerage, proxy: Proxy
) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()
    calls: Counter[int] = Counter()

    async def generate(message: Message) -> list[Message]:
        assert isinstance(message, RunGrounded)
        calls[message.profiles] += 1
        begun.set()
        if message.profiles == 1:
            await finish.wait()
        return []

    bus = await started(await broker.bus(proxy.url), grounded(generate, 2))
    await bus.publish(numbered(1))
    await begun.wait()
    proxy.cut()
    await bus.publish(numbered(2))
    await until(lambda: calls[2] == 1)  # the first message was delivered again before this one
    finish.set()
    await drained(bus)
    assert calls == Counter([1, 2])


async def test_a_message_that_went_to_another_process_is_not_begun_here(
    broker: Brokerage, proxy: Proxy
) -> None:
    """It waited here behind others when the connection was cut."""
    calls: Counter[tuple[str, int]] = Counter()
    finish = asyncio.Event()

    def slow(name: str) -> Handler:
        async def handle(message: Message) -> list[Message]:
            assert isinstance(message, RunGrounded)
            calls[name, message.profiles] += 1
            await finish.wait()
            return []

        return handle

    here = await started(await broker.bus(proxy.url), grounded(slow("here")))
    await here.publish(numbered(1))
    await until(lambda: calls["here", 1] == 1)
    there = await started(await broker.bus(), grounded(slow("there")))
    proxy.cut()
    await until(lambda: calls["there", 1] == 1)
    await there.publish(numbered(2))
    (waiting,) = here._subscriptions
    await until(lambda: waiting.in_hand == 2)
    proxy.die()
    await broker.depth(QUEUE, at_least=1)
    finish.set()
    await until(lambda: waiting.in_hand == 0)
    await drained(there)
    assert calls == Counter([("here", 1), ("there", 1), ("there", 2)])


async def test_a_delivery_is_not_answered_before_what_follows_is_confirmed(
    broker: Brokerage, proxy: Proxy
) -> None:
    """A process that dies between publish and confirm must leave its message to others."""
    broker.topology = Topology(
        prefix=broker.prefix, queues={"evaluator.run.completed": "run.completed"}
    )

    async def handle(message: Message) -> list[Message]:
        proxy.hold_answers()
        return [RunCompleted(run_id=RUN)]

    dying = await started(await broker.bus(proxy.url), grounded(handle))
    await dying.publish(numbered(1))
    assert await broker.depth("evaluator.run.completed", at_least=1) == 1
    proxy.die()
    tally = Tally()
    other = await started(await broker.bus(), grounded(tally))
    await drained(other)
    assert tally.seen == Counter([1])


@pytest.mark.parametrize("error", [ConnectionError, Reject])
async def test_a_retry_that_comes_back_before_its_confirm_is_not_taken_for_a_repeat(
    broker: Brokerage, proxy: Proxy, error: type[Exception]
) -> None:
    tries = 0

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        if tries == 1:
            proxy.hold_answers(slice(0, 1))
            raise error("not yet")
        return []

    async def exhausted(message: Message, error: str) -> list[Message]:
        raise ConnectionError("nor that")

    bus = await broker.bus(proxy.url)
    await started(bus, Consumer("filter", RunGrounded, handle, 2, exhausted))
    await (await broker.bus()).publish(numbered(1))
    await until(lambda: tries == 2)
    proxy.let_answers_through()
    await drained(bus)
    assert tries == 2
    assert await bus.dead_letters(QUEUE) == []


@pytest.fixture
async def private_broker() -> AsyncIterator[tuple[PrivateRabbit, Brokerage]]:
    with private_rabbit() as server:
        async with brokerage(RETRY, server.url) as made:
            yield server, made


async def test_a_restarted_broker_loses_neither_messages_nor_retries(
    private_broker: tuple[PrivateRabbit, Brokerage],
) -> None:
    server, broker = private_broker

    def restart() -> None:
        server.stop()
        server.start()

    tally = Tally(pause_s=0.005)
    tries = 0

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        assert isinstance(message, RunGrounded)
        if message.profiles == 0:
            tries += 1
            if tries < 3:
                raise ConnectionError("not yet")
        return await tally(message)

    bus = await started(await broker.bus(), grounded(handle, 4))
    restarting: asyncio.Task[None] | None = None
    for number in range(200):
        if number == 50:
            restarting = asyncio.create_task(asyncio.to_thread(restart))
        await bus.publish(numbered(number))
        await asyncio.sleep(0.01)
    assert restarting is not None
    await restarting
    async with asyncio.timeout(SOON):
        await bus.drain()
    assert set(tally.seen) == set(range(200))
    assert tries == 3


async def test_a_consumer_the_broker_cancelled_goes_on(broker: Brokerage) -> None:
    tally = Tally()
    bus = await started(await broker.bus(), grounded(tally))
    await bus.publish(numbered(1))
    await until(lambda: tally.seen[1] == 1)
    await broker.delete_queue(QUEUE)
    await bus.publish(numbered(2))
    await until(lambda: tally.seen[2] == 1)


async def test_a_message_over_the_limit_is_refused_by_name(broker: Brokerage) -> None:
    bus = await broker.bus(options=RabbitOptions(max_message_bytes=1000))
    with pytest.raises(MessageTooLarge, match=r"run\.failed has 5,\d\d\d bytes.*limit is 1,000"):
        await bus.publish(RunFailed(run_id=RUN, stage="filter", cause="x" * 5000))
    await bus.publish(RunFailed(run_id=RUN, stage="filter", cause="x"))


async def test_a_handler_whose_answer_is_too_large_is_not_tried_again(broker: Brokerage) -> None:
    tries = 0
    given_up: list[str] = []

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        return [RunFailed(run_id=RUN, stage="filter", cause="x" * 5000)]

    async def exhausted(message: Message, error: str) -> list[Message]:
        given_up.append(error)
        return []

    bus = await broker.bus(options=RabbitOptions(max_message_bytes=1000, poll_s=0.01))
    await started(bus, Consumer("filter", RunGrounded, handle, on_exhausted=exhausted))
    await bus.publish(numbered(1))
    await drained(bus)
    assert tries == 1
    (dead,) = await bus.dead_letters(QUEUE)
    assert given_up == [dead.error]
    assert "limit is 1,000" in dead.error


async def test_a_topic_nobody_consumes_is_no_error(broker: Brokerage) -> None:
    bus = await broker.bus()
    await bus.publish(RunCompleted(run_id=RUN))
    await bus.publish_raw("no.such.topic", b"{}")


async def test_two_processes_share_the_work(broker: Brokerage) -> None:
    first, second = Tally(pause_s=0.002), Tally(pause_s=0.002)
    one = await started(await broker.bus(), grounded(first, 2))
    two = await started(await broker.bus(), grounded(second, 2))
    await asyncio.gather(*(one.publish(numbered(number)) for number in range(200)))
    await until(lambda: (first.seen + second.seen).total() >= 200)
    await drained(two)
    assert (first.seen + second.seen) == Counter(range(200))
    assert min(first.seen.total(), second.seen.total()) > 50


async def test_what_a_killed_process_had_in_hand_is_delivered_again(broker: Brokerage) -> None:
    bus = await broker.bus()
    tally = Tally()
    await bus.consume(grounded(tally))
    await bus.publish(numbered(1))
    await killed_with_a_message(broker)
    await bus.start()
    await drained(bus)
    assert tally.seen == Counter([1])


async def killed_with_a_message(broker: Brokerage) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.dying_consumer",
        broker.prefix,
        str(broker.topology.delivery_limit),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    async with asyncio.timeout(SOON):
        assert await process.stdout.readline() == b"taken\n"
    process.kill()
    await process.wait()
    await broker.depth(QUEUE, at_least=1)  # the broker has noticed


async def test_a_message_that_ends_its_processes_is_given_up_with_what_follows(
    broker: Brokerage,
) -> None:
    broker.topology = Topology(prefix=broker.prefix, queues={}, delivery_limit=4)
    followed = Tally()
    tried = Tally()

    async def exhausted(message: Message, error: str) -> list[Message]:
        return [RunFailed(run_id=RUN, stage="filter", cause=error)]

    async def note(message: Message) -> list[Message]:
        return await followed(numbered(7))

    bus = await broker.bus()
    await bus.consume(Consumer("filter", RunGrounded, tried, on_exhausted=exhausted))
    await bus.consume(Consumer("evaluator", RunFailed, note))
    await bus.publish(numbered(1))
    for _ in range(2):
        await killed_with_a_message(broker)
    await bus.start()
    await drained(bus)
    assert tried.seen == Counter()
    assert followed.seen == Counter([7])
    (dead,) = await bus.dead_letters(QUEUE)
    assert "delivered 2 times without an answer" in dead.error


async def test_what_the_broker_gave_up_is_among_the_dead_letters(broker: Brokerage) -> None:
    broker.topology = Topology(prefix=broker.prefix, queues={}, delivery_limit=3)
    bus = await broker.bus()
    await bus.consume(grounded(Tally()))
    await bus.publish(numbered(1))
    connection = await aio_pika.connect(AMQP_URL)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue(broker.topology.work(QUEUE))
        for _ in range(4):
            delivery = await queue.get()
            await delivery.reject(requeue=True)
        await broker.depth(f"{QUEUE}.dead", at_least=1)
    (dead,) = await bus.dead_letters(QUEUE)
    assert RunGrounded.model_validate_json(dead.body).profiles == 1
    assert dead.error == "dead-lettered by the broker: delivery_limit"


async def test_failures_are_counted_across_processes(broker: Brokerage) -> None:
    tries: list[str] = []

    def failing(name: str) -> Handler:
        async def handle(message: Message) -> list[Message]:
            tries.append(name)
            raise ValueError("no such thing")

        return handle

    first = await started(await broker.bus(), grounded(failing("first")))
    await first.publish(numbered(1))
    await until(lambda: len(tries) == 2)
    await first.close()
    second = await started(await broker.bus(), grounded(failing("second")))
    await until(lambda: len(tries) == 5)
    await drained(second)
    assert tries == ["first"] * 2 + ["second"] * 3
    (dead,) = await second.dead_letters(QUEUE)
    assert dead.failures == 5


async def test_looking_at_dead_letters_loses_none(broker: Brokerage) -> None:
    bus = await started(await broker.bus(), grounded(Tally()))
    for number in range(30):
        await bus.publish_raw("run.grounded", b"%d" % number)
    await drained(bus)
    for _ in range(3):
        letters = await bus.dead_letters(QUEUE)
        assert [letter.body for letter in letters] == [b"%d" % number for number in range(30)]
    assert await bus.dead_letters("no.such.queue") == []


async def test_whoever_starts_first_publishes_into_queues_that_exist(broker: Brokerage) -> None:
    broker.topology = Topology(prefix=broker.prefix)
    early = await broker.bus()
    for _ in range(3):
        await early.publish(RunRequested(run_id=RUN))
    await early.close()
    tally: list[Message] = []

    async def note(message: Message) -> list[Message]:
        tally.append(message)
        return []

    late = await broker.bus()
    await late.consume(Consumer("grounding", RunRequested, note))
    await late.start()
    await drained(late)
    assert len(tally) == 3


async def test_services_that_start_together_declare_the_same(broker: Brokerage) -> None:
    broker.topology = Topology(prefix=broker.prefix)
    buses = await asyncio.gather(*(broker.bus() for _ in range(6)))
    await buses[0].publish(RunRequested(run_id=RUN))
    assert await broker.depth("grounding.run.requested", at_least=1) == 1


def test_every_consumer_of_the_contracts_has_its_queue() -> None:
    expected = {f"{one}.{message.topic}" for message in TOPICS for one in message.consumers}
    assert set(contract_queues()) == expected
    assert contract_queues()["filter.dialogue.generated"] == "dialogue.generated"


async def test_a_queue_declared_differently_is_a_clear_error(broker: Brokerage) -> None:
    bus = await broker.bus()
    await bus.consume(grounded(Tally()))
    other = Topology(prefix=broker.prefix, queues={QUEUE: "run.grounded"}, delivery_limit=7)
    with pytest.raises(TopologyConflict, match=r"x-delivery-limit.*delete it"):
        await RabbitBus.connect(AMQP_URL, topology=other, retry=RETRY, options=FAST_OPTIONS)


async def test_admission_sees_a_queue_that_others_consume(broker: Brokerage) -> None:
    broker.topology = Topology(prefix=broker.prefix, queues={QUEUE: "run.grounded"})
    producer = await broker.bus()
    async with asyncio.timeout(SOON):
        for number in range(4):
            await producer.admit(RunGrounded, RUN, 4)
            await producer.publish(numbered(number))
    fifth = asyncio.create_task(producer.admit(RunGrounded, RUN, 4))
    done, _ = await asyncio.wait([fifth], timeout=0.2)
    assert not done
    await started(await broker.bus(), grounded(Tally()))
    async with asyncio.timeout(SOON):
        await fifth


async def test_closing_ends_those_that_wait(broker: Brokerage) -> None:
    broker.topology = Topology(prefix=broker.prefix, queues={QUEUE: "run.grounded"})
    bus = await broker.bus()
    await bus.publish(numbered(1))
    admitting = asyncio.create_task(bus.admit(RunGrounded, RUN, 1))
    await bus.consume(grounded(Tally()))
    draining = asyncio.create_task(bus.drain())
    await asyncio.sleep(0.05)
    await bus.close()
    for waiting in (admitting, draining):
        with pytest.raises(BusClosed):
            await waiting


async def test_a_broker_that_stays_away_fails_the_publish(broker: Brokerage, proxy: Proxy) -> None:
    bus = await broker.bus(proxy.url, options=RabbitOptions(publish_timeout_s=0.5))
    proxy.hold_answers()
    with pytest.raises(BusUnavailable, match=r"run\.grounded within 0\.5 s"):
        await bus.publish(numbered(1))
    proxy.cut()


async def test_no_broker_is_a_clear_error() -> None:
    with pytest.raises(BusUnavailable, match=r"127\.0\.0\.1:9.*RECDIAL_AMQP_URL"):
        await RabbitBus.connect(
            "amqp://u:secret@127.0.0.1:9/", options=RabbitOptions(connect_timeout_s=0.3)
        )


async def test_a_refused_password_is_a_clear_error_without_the_password(
    broker: Brokerage,
) -> None:
    url = str(URL(AMQP_URL).with_password("wrong-secret"))
    with pytest.raises(BusUnavailable, match="refused") as raised:
        await RabbitBus.connect(url, options=FAST_OPTIONS)
    assert "wrong-secret" not in str(raised.value)
