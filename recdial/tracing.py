"""Spans, and the context that makes one trace of what several processes do.

Only OpenTelemetry's API is needed here. A process that sends its spans nowhere
(`recdial/trace_export.py`) makes none, but hands on the context it was given.

A profile begins a trace, and all that becomes of it belongs there: a run is as many small traces
as it has profiles, because one large trace can neither be shown nor be sampled. Long work has a
trace of its own; what it leads to in other traces links back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Token
from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from recdial import __version__

TRACEPARENT = "traceparent"
HEADERS = (TRACEPARENT, "tracestate")
"""The headers of a context (W3C Trace Context, https://www.w3.org/TR/trace-context/)."""

_tracer = trace.get_tracer("recdial", __version__)
_w3c = TraceContextTextMapPropagator()

_CAUSE_CHARS = 1_000
"""A validation error may quote its whole input."""


class Spanning:
    """A block with a span around it. Not a generator: two for each message would cost too much."""

    def __init__(self, made: Span) -> None:
        self.made = made
        self._token: Token[Context] | None = None

    def __enter__(self) -> Span:
        # Without tracing it is the current one, and there is nothing to do.
        if self.made is not trace.get_current_span():
            self._token = attach(trace.set_span_in_context(self.made))
        return self.made

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            # A cancellation is an order, not a failure.
            if isinstance(error, Exception):
                failed(error)
            detach(self._token)
            self.made.end()


def span(name: str, kind: SpanKind = SpanKind.INTERNAL) -> Spanning:
    """A span below the current one. An exception that leaves the block marks it as failed."""
    return Spanning(_tracer.start_span(name, kind=kind))


def continued(
    name: str, context: Mapping[str, str], kind: SpanKind = SpanKind.INTERNAL
) -> Spanning:
    """A span below the one that headers name (see `headers`); a new trace where they name none."""
    return Spanning(_tracer.start_span(name, _w3c.extract(context, Context()), kind))


def linked(name: str, traceparent: str | None) -> Spanning:
    """A span of the trace of a stored context, or of a new one, with a link to the current span.

    The current span led to it, but belongs to another trace.
    """
    here = trace.get_current_span().get_span_context()
    context = _w3c.extract({TRACEPARENT: traceparent} if traceparent else {}, Context())
    links = [Link(here)] if here.is_valid else []
    return Spanning(_tracer.start_span(name, context, links=links))


def headers() -> dict[str, str]:
    """The current context, to be sent along; empty outside of any trace."""
    context: dict[str, str] = {}
    _w3c.inject(context)
    return context


def traceparent() -> str | None:
    """The current context in one line, to be stored; None outside of any trace."""
    return headers().get(TRACEPARENT)


def failed(error: BaseException) -> None:
    """Note on the current span what was raised within it."""
    here = trace.get_current_span()
    if here.is_recording():
        here.record_exception(error)
        mark_failed(here, f"{type(error).__name__}: {error}")


def mark_failed(made: Span, cause: str) -> None:
    """Give a span the status of an error."""
    made.set_status(Status(StatusCode.ERROR, cause[:_CAUSE_CHARS]))
