"""Text generation: the protocol every model backend fulfils, and its errors."""

from recdial.llm.protocol import (
    AdapterNotServed,
    BackendError,
    BackendOverloaded,
    BackendRefused,
    BackendUnavailable,
    Completion,
    TextBackend,
)

__all__ = [
    "AdapterNotServed",
    "BackendError",
    "BackendOverloaded",
    "BackendRefused",
    "BackendUnavailable",
    "Completion",
    "TextBackend",
]
