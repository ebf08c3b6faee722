"""Where the spans of a process go: nowhere, to a console, or to a collector (OTLP over HTTP)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import structlog
from opentelemetry import trace

from recdial import __version__
from recdial.environment import EnvironmentInvalid
from recdial.process_settings import ProcessSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

log = structlog.get_logger(__name__)

_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_FLUSH_S = 5.0
"""How long a process that ends waits for a collector to take its last spans."""


def configure_tracing(
    service: str, settings: ProcessSettings, file: Path | None = None
) -> Callable[[], None]:
    """Send the spans of this process where its settings say. Once in a process.

    Returns what sends the last ones; call it at the end. With `file`, what is for the console is
    appended to it. OpenTelemetry's own variables are heeded: `OTEL_EXPORTER_OTLP_*` for a
    collector, `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` for what the process is called.

    Raises EnvironmentInvalid for what cannot be done.
    """
    if settings.traces == "none":
        return _nothing
    try:
        provider = _provider(service, settings.traces_share)
        provider.add_span_processor(_to_console(file) if settings.traces == "console" else _otlp())
    except ImportError as error:
        raise EnvironmentInvalid(
            f"RECDIAL_TRACES={settings.traces} needs OpenTelemetry's SDK ({error}): "
            "pip install 'distillrecdial[service]'"
        ) from error
    trace.set_tracer_provider(provider)
    return lambda: _end(provider)


def _nothing() -> None:
    return None


def _provider(service: str, share: float) -> TracerProvider:
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    own = Resource.create({"service.name": f"recdial-{service}", "service.version": __version__})
    return TracerProvider(
        sampler=ParentBasedTraceIdRatio(share),
        resource=own.merge(OTELResourceDetector().detect()),
        shutdown_on_exit=False,
    )


def _to_console(file: Path | None) -> SpanProcessor:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

    def line(span: ReadableSpan) -> str:
        return f"{span.to_json(indent=None)}\n"

    out = file.open("a", encoding="utf-8", buffering=1) if file else sys.stdout
    # Each span when it ends: whoever reads along waits for it, and a killed process has said it.
    return SimpleSpanProcessor(ConsoleSpanExporter(out=out, formatter=line))


def _otlp() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    for variable in _PROTOCOLS:
        if (protocol := os.environ.get(variable, "http/protobuf")) != "http/protobuf":
            raise EnvironmentInvalid(
                f"{variable}: must be http/protobuf, not {protocol} (a collector takes it at port "
                "4318, where OTEL_EXPORTER_OTLP_ENDPOINT should point)"
            )
    try:
        return BatchSpanProcessor(OTLPSpanExporter())
    except ValueError as error:
        raise EnvironmentInvalid(f"OTEL_EXPORTER_OTLP_*, OTEL_BSP_*: {error}") from error


def _end(provider: TracerProvider) -> None:
    # A collector that does not answer would hold the process up for half a minute.
    ending = Thread(target=provider.shutdown, name="last spans", daemon=True)
    ending.start()
    ending.join(_FLUSH_S)
    if ending.is_alive():
        log.warning("traces.lost", cause=f"the collector did not take them within {_FLUSH_S:g} s")
