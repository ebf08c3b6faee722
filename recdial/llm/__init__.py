"""Text generation: the protocol every model backend fulfils, and its errors."""

from recdial.llm.protocol import (
    BackendError,
    BackendOverloaded,
    BackendRefused,
    BackendUnavailable,
    Completion,
    TextBackend,
)

__all__ = [
    "BackendError",
    "BackendOverloaded",
    "BackendRefused",
    "BackendUnavailable",
    "Completion",
    "TextBackend",
]
