"""What a bus tells a trace: a span for each sending, and one for each delivery that is handled.

Attributes are those of OpenTelemetry's semantic conventions for messaging where there are any.
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
"""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

from recdial import tracing
from recdial.contracts import Message

_IDENTIFYING = ("dialogue_id", "prompt_id", "role", "attempt")
"""What a trace is looked for by, where the message has it."""


def sending(system: str, topic: str, message: Message | None) -> tracing.Spanning:
    """A span around publishing to a topic. There is no message where bytes are published."""
    spanning = tracing.span(f"send {topic}", SpanKind.PRODUCER)
    if spanning.made.is_recording():
        _describe(spanning.made, system, "send", topic)
        if message is not None:
            _identify(spanning.made, message)
    return spanning


def processing(
    system: str, queue: str, headers: Mapping[str, str], failures: int
) -> tracing.Spanning:
    """A span around handling a delivery, below the sending that its headers name."""
    spanning = tracing.continued(f"process {queue}", headers, SpanKind.CONSUMER)
    if spanning.made.is_recording():
        _describe(spanning.made, system, "process", queue)
        spanning.made.set_attribute("recdial.failures", failures)
    return spanning


def identify(message: Message) -> None:
    """Say on the current span which message it is about."""
    here = trace.get_current_span()
    if here.is_recording():
        _identify(here, message)


def _describe(made: Span, system: str, operation: str, destination: str) -> None:
    made.set_attributes(
        {
            "messaging.system": system,
            "messaging.operation.name": operation,
            "messaging.operation.type": operation,
            "messaging.destination.name": destination,
        }
    )


def _identify(made: Span, message: Message) -> None:
    known: dict[str, str | int] = {
        "messaging.message.id": str(message.message_id),
        "recdial.run_id": str(message.run_id),
    }
    for name in _IDENTIFYING:
        value = getattr(message, name, None)
        if value is not None:
            known[f"recdial.{name}"] = value if isinstance(value, int) else str(value)
    made.set_attributes(known)
