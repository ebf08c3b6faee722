"""The message bus: its protocol and its adapters."""

from recdial.bus.protocol import (
    Bus,
    BusClosed,
    BusUnavailable,
    Consumer,
    DeadLetter,
    MessageTooLarge,
    Reject,
    RetryPolicy,
)

__all__ = [
    "Bus",
    "BusClosed",
    "BusUnavailable",
    "Consumer",
    "DeadLetter",
    "MessageTooLarge",
    "Reject",
    "RetryPolicy",
]
