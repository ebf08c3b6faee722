"""Structured logs: one JSON object a line, or readable lines to the terminal."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Literal

import structlog
from opentelemetry import trace
from opentelemetry.trace import format_trace_id


def _add_trace(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Name the trace a line belongs to, if it does to one."""
    here = trace.get_current_span().get_span_context()
    if here.is_valid:
        event["trace_id"] = format_trace_id(here.trace_id)
    return event


_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    _add_trace,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure_logging(
    level: str = "info",
    file: Path | None = None,
    style: Literal["json", "console"] | None = None,
) -> None:
    """Send the logs of this process to a file as JSON lines, or to stderr in a style.

    On stderr they are to be read, unless told otherwise.
    """
    as_json = style == "json" or (style is None and file is not None)
    structlog.configure(
        processors=[*_SHARED, _renderer(as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(
            file.open("a", encoding="utf-8", buffering=1) if file else sys.stderr
        ),
        cache_logger_on_first_use=False,
    )


def configure_library_logging(style: Literal["json", "console"]) -> None:
    """Send what libraries log (warnings and worse; the web server's notices too) to stderr alike.

    For a process of its own; embedded mode leaves the libraries of its host alone.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(style == "json"),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn").setLevel(logging.INFO)


def _renderer(as_json: bool) -> structlog.typing.Processor:
    return structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
