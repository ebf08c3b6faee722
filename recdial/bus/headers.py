"""What recdial writes into the headers of a message on RabbitMQ, and reads from them.

`recdial-failures` counts failed deliveries. A dead letter carries `recdial-error` and
`recdial-died-at` besides. The trace context stays with a message, as do headers that others
set; the broker's own (`x-…`) do not, as each sending is a new message to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from recdial import tracing
from recdial.bus.protocol import DeadLetter

_FAILURES = "recdial-failures"
_ERROR = "recdial-error"
_DIED_AT = "recdial-died-at"

_ERROR_CHARS = 8_000
"""Headers must fit one frame (128 KiB), and a validation error may quote its whole input."""


def outgoing(
    body: bytes,
    *,
    message_id: str | None = None,
    topic: str | None = None,
    trace: Mapping[str, str] | None = None,
) -> Message:
    """A message that survives a restart of the broker."""
    return Message(
        body,
        headers=dict(trace or {}),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message_id,
        type=topic,
    )


def failed(delivery: AbstractIncomingMessage, failures: int) -> Message:
    """A delivery to be sent again, with its failures."""
    return _copy(delivery, {_FAILURES: failures})


def dead(delivery: AbstractIncomingMessage, failures: int, error: str) -> Message:
    """A delivery to be sent to the dead letters, with the reason."""
    # A lone surrogate has no UTF-8 form, and the header is less important than the message.
    text = error[:_ERROR_CHARS].encode("utf-8", "replace").decode()
    return _copy(
        delivery,
        {_FAILURES: failures, _ERROR: text, _DIED_AT: datetime.now(UTC).isoformat()},
    )


def failures(delivery: AbstractIncomingMessage) -> int:
    """How often handling this message failed."""
    found = delivery.headers.get(_FAILURES)
    return found if isinstance(found, int) else 0


def trace(delivery: AbstractIncomingMessage) -> dict[str, str]:
    """The headers of the trace context the message was sent in."""
    found = {name: delivery.headers.get(name) for name in tracing.HEADERS}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def unanswered(delivery: AbstractIncomingMessage) -> int:
    """How often the message was delivered before and never answered: processes died with it."""
    found = delivery.headers.get("x-delivery-count")
    return found if isinstance(found, int) else 0


def dead_letter(queue: str, delivery: AbstractIncomingMessage) -> DeadLetter:
    """Read a dead letter, whether recdial or the broker itself gave it up."""
    error, died_at = delivery.headers.get(_ERROR), delivery.headers.get(_DIED_AT)
    if isinstance(error, str) and isinstance(died_at, str):
        return DeadLetter(
            queue,
            delivery.body,
            failures(delivery),
            error,
            datetime.fromisoformat(died_at),
            trace(delivery),
        )
    death = _last_death(delivery.headers)
    reason, time = death.get("reason", "unknown"), death.get("time")
    return DeadLetter(
        queue,
        delivery.body,
        failures(delivery),
        f"dead-lettered by the broker: {reason}",
        time if isinstance(time, datetime) else datetime.now(UTC),
        trace(delivery),
    )


def _copy(delivery: AbstractIncomingMessage, added: HeadersType) -> Message:
    message = outgoing(delivery.body, message_id=delivery.message_id, topic=delivery.type)
    kept = {name: value for name, value in delivery.headers.items() if not name.startswith("x-")}
    message.headers = {**kept, **added}
    return message


def _last_death(headers: HeadersType) -> Mapping[str, Any]:
    deaths = headers.get("x-death")
    if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
        return deaths[0]
    return {}
