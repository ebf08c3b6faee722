"""The message bus: its protocol and its adapters."""

from recdial.bus.protocol import (
    Bus,
    BusClosed,
    Consumer,
    DeadLetter,
    Reject,
    RetryPolicy,
)

__all__ = ["Bus", "BusClosed", "Consumer", "DeadLetter", "Reject", "RetryPolicy"]
