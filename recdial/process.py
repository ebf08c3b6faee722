"""One service as one process: `python -m services.<name>`.

A small web server answers probes and Prometheus; the consumers and the worker for long work live
beside it in the same event loop. SIGTERM ends it in order, a second one at once. Needs the extra
`service`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Annotated, NoReturn, TypeVar

import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from recdial import __version__
from recdial.bus import Bus
from recdial.environment import EnvironmentInvalid, read_environment
from recdial.lifecycle import Lifecycle, Running
from recdial.metrics import ServiceMetrics
from recdial.process_settings import ProcessSettings, ServiceProcessSettings
from recdial.service import Service
from recdial.store import Store
from recdial.telemetry import configure_library_logging, configure_logging
from recdial.trace_export import configure_tracing

log = structlog.get_logger(__name__)

P = TypeVar("P", bound=ProcessSettings)

_HTTP_GRACE_S = 5
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


def running(request: Request) -> Running:
    """What the service works with, for routes; answers 503 while it comes up."""
    lifecycle: Lifecycle = request.app.state.lifecycle
    if lifecycle.running is None:
        raise HTTPException(503, "the service is starting: ask /readyz what it waits for")
    return lifecycle.running


Started = Annotated[Running, Depends(running)]
"""A route's parameter: the running service."""


class GracefulServer(uvicorn.Server):
    """A web server that lets its service end first, and ends at once when told twice.

    It answers probes meanwhile, so that a long stop can be watched.
    """

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._stopping: asyncio.Task[None] | None = None
        self._told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What a signal does."""
        if self._told:
            log.warning("service.stopped_at_once")
            os._exit(128 + sig)  # the store is safe, and the broker gives back what was in hand
        self._told = True
        if self.started:
            asyncio.get_running_loop().call_soon_threadsafe(self.stop)
        else:
            self.should_exit = True

    def stop(self) -> None:
        """Begin to end: the service, then the server."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())

    async def _stop(self) -> None:
        try:
            await self._lifecycle.stop()
        finally:
            self.should_exit = True


def run_service(
    name: str,
    settings: type[P],
    build: Callable[[Store, Bus, P], Service],
    routes: Callable[[], APIRouter] | None = None,
    *,
    once: bool = False,
) -> NoReturn:
    """Run a service until SIGTERM, or (`once`) until there is no long work left for it.

    Ends the process: 0 after a stop, 2 for a wrong environment, 1 or 3 (the port is taken) where
    it could not come up.
    """
    try:
        process = read_environment(ServiceProcessSettings)
        own = read_environment(settings)
        router = routes() if routes else None
        send_last_spans = configure_tracing(name, process)
    except EnvironmentInvalid as error:
        print(f"services.{name}: {error}", file=sys.stderr)
        sys.exit(2)
    configure_logging(process.log_level, style=process.log_format)
    configure_library_logging(process.log_format)
    registry = CollectorRegistry()
    metrics = ServiceMetrics(registry)
    failed = False

    def give_up() -> None:
        nonlocal failed
        failed = True
        server.stop()

    lifecycle = Lifecycle(
        name,
        process,
        lambda store, bus: metrics.measured(build(store, bus, own)),
        give_up,
        (lambda: server.stop()) if once else None,
    )
    server = GracefulServer(
        uvicorn.Config(
            make_app(name, lifecycle, registry, router),
            host=process.http_host,
            port=process.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_HTTP_GRACE_S,
        ),
        lifecycle,
    )
    try:
        server.run()
    finally:
        send_last_spans()
    sys.exit(int(failed))


def make_app(
    name: str, lifecycle: Lifecycle, registry: CollectorRegistry, router: APIRouter | None
) -> FastAPI:
    """The web side of a service: `/healthz`, `/readyz`, `/metrics` and its own routes."""
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        lifecycle.start()
        try:
            yield
        finally:
            await lifecycle.stop()

    app = FastAPI(
        title=f"recdial {name}",
        version=__version__,
        lifespan=lifespan,
        # Where there is tracing FastAPI makes a span of each request. Probes would drown the rest.
        telemetry={
            "exclude": lambda scope: scope.get("path") in _PROBES,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.lifecycle = lifecycle

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Alive: the event loop turns."""
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Ready: store and broker answer; if not, 503 and which one does not."""
        missing = await lifecycle.unready()
        status = "not ready" if missing else "ready"
        return JSONResponse({"status": status, **missing}, 503 if missing else 200)

    @app.get("/metrics")
    async def metrics() -> Response:
        """Metrics for Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    if router is not None:
        app.include_router(router)
    return app
