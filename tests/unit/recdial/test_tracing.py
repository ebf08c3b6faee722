"""Spans and their context."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from recdial import tracing

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_ID = int("0af7651916cd43dd8448eb211c80319c", 16)
SPAN_ID = int("b7ad6b7169203331", 16)


def ended(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = [span for span in spans.get_finished_spans() if span.name == name]
    return found


def test_a_span_is_below_the_current_one(spans: InMemorySpanExporter) -> None:
    with tracing.span("above"), tracing.span("below"):
        pass
    above, below = ended(spans, "above"), ended(spans, "below")
    assert above.parent is None
    assert below.parent is not None
    assert below.parent.span_id == above.context.span_id


def test_a_context_goes_through_headers(spans: InMemorySpanExporter) -> None:
    with tracing.span("here"):
        headers = tracing.headers()
        stored = tracing.traceparent()
    with tracing.span("unrelated"), tracing.continued("there", headers):
        pass
    here, there = ended(spans, "here"), ended(spans, "there")
    assert there.parent is not None
    assert there.parent.span_id == here.context.span_id
    assert there.context.trace_id == here.context.trace_id
    assert stored == headers["traceparent"]
    assert len(stored) == 55, "the column's length"


def test_vendors_state_goes_along() -> None:
    with tracing.continued("here", {"traceparent": TRACEPARENT, "tracestate": "vendor=1"}):
        assert tracing.headers() == {"traceparent": TRACEPARENT, "tracestate": "vendor=1"}


@pytest.mark.parametrize(
    "headers", [{}, {"traceparent": "nonsense"}, {"traceparent": f"00-{'0' * 32}-{'0' * 16}-01"}]
)
def test_without_a_context_a_new_trace_begins(
    spans: InMemorySpanExporter, headers: dict[str, str]
) -> None:
    with tracing.span("current"), tracing.continued("new", headers):
        pass
    new = ended(spans, "new")
    assert new.parent is None
    assert new.context.trace_id != ended(spans, "current").context.trace_id


@pytest.mark.parametrize("stored", [None, TRACEPARENT])
def test_a_linked_span_is_in_another_trace_and_says_what_led_to_it(
    spans: InMemorySpanExporter, stored: str | None
) -> None:
    with tracing.span("job"), tracing.linked("piece", stored):
        pass
    job, piece = ended(spans, "job"), ended(spans, "piece")
    assert [link.context.span_id for link in piece.links] == [job.context.span_id]
    assert piece.context.trace_id != job.context.trace_id
    if stored:
        assert piece.context.trace_id == TRACE_ID
        assert piece.parent is not None
        assert piece.parent.span_id == SPAN_ID
    else:
        assert piece.parent is None


def test_what_leaves_a_block_marks_its_span_and_not_those_around_it(
    spans: InMemorySpanExporter,
) -> None:
    with tracing.span("outer"), pytest.raises(ValueError, match="no"), tracing.span("inner"):
        raise ValueError("no")
    inner = ended(spans, "inner")
    assert inner.status.status_code is StatusCode.ERROR
    assert inner.status.description == "ValueError: no"
    assert [event.name for event in inner.events] == ["exception"]
    assert ended(spans, "outer").status.status_code is StatusCode.UNSET


async def test_a_cancelled_block_ends_its_span_without_a_failure(
    spans: InMemorySpanExporter,
) -> None:
    async def work() -> None:
        with tracing.span("work"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ended(spans, "work").status.status_code is StatusCode.UNSET


def test_a_handled_failure_can_be_noted(spans: InMemorySpanExporter) -> None:
    with tracing.span("work"):
        tracing.failed(ValueError("x" * 5_000))
    status = ended(spans, "work").status
    assert status.status_code is StatusCode.ERROR
    assert status.description is not None
    assert len(status.description) == 1_000


def test_without_tracing_there_is_no_context() -> None:
    with tracing.span("nothing"), tracing.linked("nothing", None):
        assert tracing.headers() == {}
        assert tracing.traceparent() is None
        tracing.failed(ValueError("nobody hears of it"))


def test_without_tracing_a_context_passes_through_and_ends_with_its_block() -> None:
    with tracing.continued("pass", {"traceparent": TRACEPARENT}):
        with tracing.span("below"):
            assert tracing.traceparent() == TRACEPARENT
        with tracing.linked("another trace", None):
            assert tracing.traceparent() is None
        assert tracing.traceparent() == TRACEPARENT
    assert tracing.traceparent() is None
