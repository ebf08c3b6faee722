"""Structured logs: one JSON object a line to a file, or readable lines to the terminal."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import structlog


def configure_logging(level: str = "info", file: Path | None = None) -> None:
    """Send the logs of this process to a file as JSON lines, or to stderr to be read."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.JSONRenderer() if file else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(
            file.open("a", encoding="utf-8", buffering=1) if file else sys.stderr
        ),
        cache_logger_on_first_use=False,
    )
