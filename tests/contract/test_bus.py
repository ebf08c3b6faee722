"""What every bus adapter must do. Each adapter runs this suite unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from recdial import tracing
from recdial.bus import Bus, BusClosed, Consumer, DeadLetter, Reject, RetryPolicy
from recdial.bus.local import LocalBus
from recdial.contracts import Message, PromptsRelease, RunCompleted, RunGrounded, RunRequested
from recdial.domain import Role
from tests.servers import brokerage

RUN = UUID(int=1)
FAST = RetryPolicy(max_failures=5, first_delay_s=0.01, factor=1.5, max_delay_s=0.1)
SOON = 10.0


@asynccontextmanager
async def local() -> AsyncIterator[Bus]:
    made = LocalBus(FAST)
    yield made
    await made.close(grace_s=0)


@asynccontextmanager
async def rabbitmq() -> AsyncIterator[Bus]:
    async with brokerage(FAST) as broker:
        yield await broker.bus()


@pytest.fixture(params=[local, rabbitmq], ids=lambda adapter: adapter.__name__)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    async with request.param() as made:
        yield made


async def subscribe(
    bus: Bus,
    service: str,
    message: type[Message],
    handle: Callable[[Message], Awaitable[Sequence[Message]]],
    **options: object,
) -> None:
    await bus.consume(Consumer(service, message, handle, **options))  # type: ignore[arg-type]


def recorder(into: list[Message]) -> Callable[[Message], Awaitable[Sequence[Message]]]:
    async def handle(message: Message) -> list[Message]:
        into.append(message)
        return []

    return handle


async def drained(bus: Bus) -> None:
    async with asyncio.timeout(SOON):
        await bus.drain()


async def test_a_message_arrives_whole_at_every_service_that_consumes_its_topic(bus: Bus) -> None:
    at_prompter: list[Message] = []
    at_filter: list[Message] = []
    await subscribe(bus, "prompter", RunGrounded, recorder(at_prompter))
    await subscribe(bus, "filter", RunGrounded, recorder(at_filter))
    await bus.start()
    sent = RunGrounded(run_id=RUN, profiles=3)
    await bus.publish(sent)
    await drained(bus)
    assert at_prompter == at_filter == [sent]


async def test_consumers_of_one_service_share_the_work(bus: Bus) -> None:
    first: list[Message] = []
    second: list[Message] = []
    await subscribe(bus, "filter", RunGrounded, recorder(first))
    await subscribe(bus, "filter", RunGrounded, recorder(second))
    await bus.start()
    sent = [RunGrounded(run_id=RUN, profiles=n) for n in range(20)]
    for message in sent:
        await bus.publish(message)
    await drained(bus)
    arrived = {message.message_id for message in first + second}
    assert len(first) + len(second) == 20
    assert arrived == {message.message_id for message in sent}


async def test_what_was_published_before_start_is_delivered_after_it(bus: Bus) -> None:
    arrived: list[Message] = []
    await subscribe(bus, "filter", RunGrounded, recorder(arrived))
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    assert arrived == []
    await bus.start()
    await drained(bus)
    assert len(arrived) == 1


async def test_what_a_handler_returns_is_published(bus: Bus) -> None:
    completed: list[Message] = []

    async def complete(message: Message) -> list[Message]:
        return [RunCompleted(run_id=message.run_id)]

    await subscribe(bus, "filter", RunGrounded, complete)
    await subscribe(bus, "evaluator", RunCompleted, recorder(completed))
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert [message.run_id for message in completed] == [RUN]


async def test_deliveries_in_flight_reach_the_concurrency_and_never_pass_it(bus: Bus) -> None:
    now = 0
    most = 0
    full = asyncio.Event()

    async def handle(message: Message) -> list[Message]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 3:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        now -= 1
        return []

    await subscribe(bus, "generator", RunGrounded, handle, concurrency=3)
    await bus.start()
    for n in range(12):
        await bus.publish(RunGrounded(run_id=RUN, profiles=n))
    await drained(bus)
    assert most == 3


async def test_a_failing_handler_is_tried_again_and_others_go_on(bus: Bus) -> None:
    tries: list[int] = []
    done: list[int] = []

    async def handle(message: Message) -> list[Message]:
        assert isinstance(message, RunGrounded)
        if message.profiles == 0:
            tries.append(0)
            if len(tries) < 3:
                raise ConnectionError("not yet")
        done.append(message.profiles)
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    for n in range(5):
        await bus.publish(RunGrounded(run_id=RUN, profiles=n))
    await drained(bus)
    assert len(tries) == 3
    assert sorted(done) == [0, 1, 2, 3, 4]
    assert done[-1] == 0, "the failing message must not hold up the others"
    assert await bus.dead_letters("filter.run.grounded") == []


async def test_after_five_failures_a_message_is_dead_lettered_with_its_error(bus: Bus) -> None:
    tries = 0
    followed: list[Message] = []

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        raise ValueError("no such thing")

    async def exhausted(message: Message, error: str) -> list[Message]:
        assert "no such thing" in error
        return [RunCompleted(run_id=message.run_id)]

    await subscribe(bus, "filter", RunGrounded, handle, on_exhausted=exhausted)
    await subscribe(bus, "evaluator", RunCompleted, recorder(followed))
    await bus.start()
    sent = RunGrounded(run_id=RUN, profiles=1)
    await bus.publish(sent)
    await drained(bus)
    assert tries == 5
    (dead,) = await bus.dead_letters("filter.run.grounded")
    assert RunGrounded.model_validate_json(dead.body) == sent
    assert dead.failures == 5
    assert dead.error == "ValueError: no such thing"
    assert [message.run_id for message in followed] == [RUN]


async def test_a_message_is_not_given_up_before_what_follows_is_published(bus: Bus) -> None:
    asked = 0
    followed: list[Message] = []

    async def handle(message: Message) -> list[Message]:
        raise Reject("no such run")

    async def exhausted(message: Message, error: str) -> list[Message]:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise ConnectionError("the store is away")
        return [RunCompleted(run_id=message.run_id)]

    await subscribe(bus, "filter", RunGrounded, handle, on_exhausted=exhausted)
    await subscribe(bus, "evaluator", RunCompleted, recorder(followed))
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert asked == 3
    assert len(followed) == 1
    assert len(await bus.dead_letters("filter.run.grounded")) == 1


async def test_a_handler_whose_driver_cancels_a_call_is_tried_again(bus: Bus) -> None:
    tries = 0

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise asyncio.CancelledError("the connection was lost")
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    await bus.publish(RunGrounded(run_id=RUN, profiles=2))
    await drained(bus)
    assert tries == 3


async def test_a_rejected_message_is_dead_lettered_without_another_try(bus: Bus) -> None:
    tries = 0

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        raise Reject("the run does not exist")

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert tries == 1
    (dead,) = await bus.dead_letters("filter.run.grounded")
    assert "the run does not exist" in dead.error


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"not json", "Invalid JSON"),
        (b'{"run_id": "no uuid", "profiles": 1}', "run_id"),
        (b'{"run_id": "00000000-0000-0000-0000-000000000001"}', "profiles"),
        (
            b'{"run_id": "00000000-0000-0000-0000-000000000001", "profiles": 1, '
            b'"schema_version": 99}',
            "schema_version",
        ),
        (b"\xff\xfe", "invalid body"),
    ],
)
async def test_an_invalid_body_is_dead_lettered_with_the_validation_error(
    bus: Bus, body: bytes, cause: str
) -> None:
    arrived: list[Message] = []
    await subscribe(bus, "filter", RunGrounded, recorder(arrived))
    await bus.start()
    await bus.publish_raw("run.grounded", body)
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert len(arrived) == 1
    (dead,) = await bus.dead_letters("filter.run.grounded")
    assert dead.body == body
    assert cause in dead.error


async def test_a_dead_letter_can_be_sent_again(bus: Bus) -> None:
    mended = False
    done: list[Message] = []

    async def handle(message: Message) -> list[Message]:
        if not mended:
            raise Reject("not mended")
        done.append(message)
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    sent = RunGrounded(run_id=RUN, profiles=1)
    await bus.publish(sent)
    await drained(bus)
    (dead,) = await bus.dead_letters("filter.run.grounded")
    mended = True
    await bus.publish_raw("run.grounded", dead.body)
    await drained(bus)
    assert done == [sent]


async def test_a_replayed_dead_letter_goes_to_its_own_queue_with_all_its_tries(bus: Bus) -> None:
    mended = False
    tries = 0
    at_filter: list[Message] = []
    at_prompter: list[Message] = []

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        if not mended or tries < 7:
            raise ConnectionError("not yet")
        at_filter.append(message)
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await subscribe(bus, "prompter", RunGrounded, recorder(at_prompter))
    await bus.start()
    sent = RunGrounded(run_id=RUN, profiles=1)
    await bus.publish(sent)
    await drained(bus)
    assert await bus.dead_letter_counts() == {
        "filter.run.grounded": 1,
        "prompter.run.grounded": 0,
    }
    mended = True

    async def reopen(letter: DeadLetter) -> bool:
        assert letter.error == "ConnectionError: not yet"
        return True

    assert await bus.replay("filter.run.grounded", reopen) == 1
    await drained(bus)
    assert tries == 7, "five failures before, one after: a replayed letter begins anew"
    assert at_filter == at_prompter == [sent]
    assert await bus.dead_letters("filter.run.grounded") == []
    assert await bus.replay("filter.run.grounded", reopen) == 0
    assert await bus.replay("no.such.queue", reopen) == 0


async def test_dead_letters_that_may_not_go_stay(bus: Bus) -> None:
    arrived: list[Message] = []
    rejecting = True

    async def handle(message: Message) -> list[Message]:
        if rejecting:
            raise Reject("no")
        arrived.append(message)
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    for n in range(4):
        await bus.publish(RunGrounded(run_id=RUN, profiles=n))
    await drained(bus)
    rejecting = False

    async def second_only(letter: DeadLetter) -> bool:
        found = RunGrounded.model_validate_json(letter.body).profiles
        if found == 3:
            raise LookupError("the store is away")
        return found == 1

    with pytest.raises(LookupError):
        await bus.replay("filter.run.grounded", second_only)
    await drained(bus)
    left = [
        RunGrounded.model_validate_json(letter.body).profiles
        for letter in await bus.dead_letters("filter.run.grounded")
    ]
    assert left == [0, 2, 3]
    assert [message.profiles for message in arrived if isinstance(message, RunGrounded)] == [1]


async def test_admission_keeps_a_window_of_each_run_in_flight(bus: Bus) -> None:
    outstanding = 0
    most = 0
    handled = 0

    async def handle(message: Message) -> list[Message]:
        nonlocal outstanding, handled
        outstanding -= 1
        handled += 1
        return []

    await subscribe(bus, "generator", RunGrounded, handle, concurrency=2)
    await bus.start()
    async with asyncio.timeout(SOON):
        for n in range(50):
            await bus.admit(RunGrounded, RUN, 4)
            outstanding += 1
            most = max(most, outstanding)
            await bus.publish(RunGrounded(run_id=RUN, profiles=n))
    await drained(bus)
    assert handled == 50
    assert most <= 4


async def test_a_full_window_of_one_run_does_not_hold_up_another(bus: Bus) -> None:
    release = asyncio.Event()

    async def handle(message: Message) -> list[Message]:
        await release.wait()
        return []

    await subscribe(bus, "generator", PromptsRelease, handle)
    await bus.start()
    await bus.publish(PromptsRelease(run_id=RUN, role=Role.teacher))
    async with asyncio.timeout(SOON):
        await bus.admit(PromptsRelease, uuid4(), 1)
    waiting = asyncio.create_task(bus.admit(PromptsRelease, RUN, 1))
    await asyncio.sleep(0)
    assert not waiting.done()
    release.set()
    async with asyncio.timeout(SOON):
        await waiting


async def test_a_handler_may_publish_into_a_full_window_without_blocking(bus: Bus) -> None:
    """Retry makes generator and filter a cycle: a blocking publish there would be a deadlock."""
    arrived: list[Message] = []

    async def fan_out(message: Message) -> list[Message]:
        return [RunGrounded(run_id=RUN, profiles=n) for n in range(500)]

    await subscribe(bus, "grounding", RunRequested, fan_out)
    await subscribe(bus, "filter", RunGrounded, recorder(arrived))
    await bus.start()
    await bus.publish(RunRequested(run_id=RUN))
    await drained(bus)
    assert len(arrived) == 500


async def test_drain_waits_for_delayed_retries(bus: Bus) -> None:
    tries = 0

    async def handle(message: Message) -> list[Message]:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise ConnectionError("not yet")
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert tries == 4


async def test_close_lets_a_handler_in_flight_finish_and_takes_no_more(bus: Bus) -> None:
    begun = asyncio.Event()
    finish = asyncio.Event()
    done: list[Message] = []

    async def handle(message: Message) -> list[Message]:
        begun.set()
        await finish.wait()
        done.append(message)
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    for n in range(3):
        await bus.publish(RunGrounded(run_id=RUN, profiles=n))
    await begun.wait()
    closing = asyncio.create_task(bus.close(grace_s=SOON))
    await asyncio.sleep(0)
    finish.set()
    async with asyncio.timeout(SOON):
        await closing
    assert len(done) == 1
    with pytest.raises(BusClosed):
        await bus.publish(RunGrounded(run_id=RUN, profiles=9))


async def test_close_cancels_a_handler_that_outlives_the_grace_period(bus: Bus) -> None:
    begun = asyncio.Event()
    cancelled = False

    async def handle(message: Message) -> list[Message]:
        nonlocal cancelled
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise
        return []

    await subscribe(bus, "filter", RunGrounded, handle)
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await begun.wait()
    async with asyncio.timeout(SOON):
        await bus.close(grace_s=0.05)
    assert cancelled


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    """The spans of a name, in the order in which they began."""
    found = [span for span in spans.get_finished_spans() if span.name == name]
    return sorted(found, key=lambda span: span.start_time or 0)


def is_below(span: ReadableSpan, parent: ReadableSpan) -> bool:
    return (
        span.parent is not None
        and span.parent.span_id == parent.context.span_id
        and span.context.trace_id == parent.context.trace_id
    )


async def test_a_handler_and_what_follows_from_it_are_in_the_trace_of_the_publisher(
    bus: Bus, spans: InMemorySpanExporter
) -> None:
    async def complete(message: Message) -> list[Message]:
        with tracing.span("work"):
            return [RunCompleted(run_id=message.run_id)]

    await subscribe(bus, "filter", RunGrounded, complete)
    await subscribe(bus, "evaluator", RunCompleted, recorder([]))
    await bus.start()
    sent = RunGrounded(run_id=RUN, profiles=1)
    with tracing.span("publisher"):
        await bus.publish(sent)
    await drained(bus)
    path = [
        *named(spans, "publisher"),
        *named(spans, "send run.grounded"),
        *named(spans, "process filter.run.grounded"),
        *named(spans, "send run.completed"),
        *named(spans, "process evaluator.run.completed"),
    ]
    assert len(path) == 5
    assert all(is_below(below, above) for above, below in pairwise(path))
    assert is_below(named(spans, "work")[0], path[2])
    sending, processing = path[1], path[2]
    assert (sending.kind, processing.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    for span, operation, destination in (
        (sending, "send", "run.grounded"),
        (processing, "process", "filter.run.grounded"),
    ):
        assert span.attributes is not None
        assert span.attributes["messaging.operation.type"] == operation
        assert span.attributes["messaging.destination.name"] == destination
        assert span.attributes["messaging.message.id"] == str(sent.message_id)
        assert span.attributes["recdial.run_id"] == str(RUN)
        assert span.attributes["messaging.system"] in ("local", "rabbitmq")
    assert processing.attributes is not None
    assert processing.attributes["recdial.outcome"] == "done"
    assert processing.status.status_code is StatusCode.UNSET


async def test_messages_published_outside_of_any_trace_do_not_share_one(
    bus: Bus, spans: InMemorySpanExporter
) -> None:
    await subscribe(bus, "filter", RunGrounded, recorder([]))
    with tracing.span("whoever starts the bus"):
        await bus.start()
    for n in range(3):
        await bus.publish(RunGrounded(run_id=RUN, profiles=n))
    await drained(bus)
    processed = named(spans, "process filter.run.grounded")
    assert len({span.context.trace_id for span in processed}) == 3


async def test_retries_the_dead_letter_and_its_replay_stay_in_the_trace(
    bus: Bus, spans: InMemorySpanExporter
) -> None:
    mended = False

    async def handle(message: Message) -> list[Message]:
        if not mended:
            raise ConnectionError("not yet")
        return []

    async def exhausted(message: Message, error: str) -> list[Message]:
        return [RunCompleted(run_id=message.run_id)]

    await subscribe(bus, "filter", RunGrounded, handle, on_exhausted=exhausted)
    await subscribe(bus, "evaluator", RunCompleted, recorder([]))
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    (dead,) = await bus.dead_letters("filter.run.grounded")
    mended = True

    async def reopen(letter: DeadLetter) -> bool:
        return True

    with tracing.span("whoever replays"):
        await bus.replay("filter.run.grounded", reopen)
    await drained(bus)
    (sending,) = named(spans, "send run.grounded")
    tries = named(spans, "process filter.run.grounded")
    assert [is_below(one, sending) for one in tries] == [True] * 6
    said = [one.attributes for one in tries if one.attributes is not None]
    outcomes = [one["recdial.outcome"] for one in said]
    assert outcomes == ["retry"] * 4 + ["dead", "done"]
    assert [one["recdial.failures"] for one in said] == [0, 1, 2, 3, 4, 0]
    for one in tries[:5]:
        assert one.status.status_code is StatusCode.ERROR
        assert one.status.description == "ConnectionError: not yet"
        assert [event.name for event in one.events] == ["exception"]
    assert is_below(named(spans, "send run.completed")[0], tries[4])
    trace_id = format(sending.context.trace_id, "032x")
    assert dead.trace["traceparent"].split("-")[1] == trace_id


async def test_a_process_without_tracing_hands_the_trace_on(bus: Bus) -> None:
    seen: list[str | None] = []

    async def complete(message: Message) -> list[Message]:
        seen.append(tracing.traceparent())
        return [RunCompleted(run_id=message.run_id)]

    async def note(message: Message) -> list[Message]:
        seen.append(tracing.traceparent())
        return []

    await subscribe(bus, "filter", RunGrounded, complete)
    await subscribe(bus, "evaluator", RunCompleted, note)
    await bus.start()
    await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert seen == [None, None]
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracing.continued("of another process", {"traceparent": traceparent}):
        await bus.publish(RunGrounded(run_id=RUN, profiles=1))
    await drained(bus)
    assert seen[2:] == [traceparent, traceparent]
