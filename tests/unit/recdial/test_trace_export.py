"""Where spans go. A process has one place for them, so each test is a process."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

OTHERS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("OTEL_", "RECDIAL_TRACES"))
}
PROGRAM = """
import sys
from pathlib import Path
from recdial import tracing
from recdial.environment import EnvironmentInvalid
from recdial.process_settings import ProcessSettings
from recdial.trace_export import configure_tracing
try:
    end = configure_tracing("tests", ProcessSettings(), *map(Path, sys.argv[1:]))
except EnvironmentInvalid as error:
    sys.exit(str(error))
with tracing.span("above"):
    with tracing.span("below"):
        pass
end()
print("opentelemetry.sdk" in sys.modules, file=sys.stderr)
"""


def run(
    *arguments: str, program: str = PROGRAM, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=OTHERS | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def collector(status: int = 200) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of a collector that answers with the status, and what it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            sent.append((self.path, gzip.decompress(body) if packed else body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_by_default_there_are_no_spans_and_no_sdk() -> None:
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "False\n")


def test_on_the_console_each_span_is_a_line() -> None:
    done = run(RECDIAL_TRACES="console")
    below, above = map(json.loads, done.stdout.splitlines())
    assert (below["name"], above["name"]) == ("below", "above")
    assert below["parent_id"] == above["context"]["span_id"]
    assert above["resource"]["attributes"]["service.name"] == "recdial-tests"


def test_lines_can_go_to_a_file(tmp_path: Path) -> None:
    for _ in range(2):
        done = run(str(tmp_path / "traces.jsonl"), RECDIAL_TRACES="console")
        assert (done.returncode, done.stdout) == (0, "")
    lines = (tmp_path / "traces.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["below", "above"] * 2


def test_a_share_of_the_traces_is_kept() -> None:
    assert run(RECDIAL_TRACES="console", RECDIAL_TRACES_SHARE="0").stdout == ""


def test_the_environment_may_name_the_process() -> None:
    named = {"OTEL_SERVICE_NAME": "ours", "OTEL_RESOURCE_ATTRIBUTES": "deployment.zone=b"}
    line = run(RECDIAL_TRACES="console", **named).stdout.splitlines()[0]
    attributes = json.loads(line)["resource"]["attributes"]
    assert (attributes["service.name"], attributes["deployment.zone"]) == ("ours", "b")


def test_a_collector_has_all_spans_when_the_process_ends() -> None:
    with collector() as (url, sent):
        done = run(RECDIAL_TRACES="otlp", OTEL_EXPORTER_OTLP_ENDPOINT=url)
    assert done.returncode == 0, done.stderr
    ((path, body),) = sent
    assert path == "/v1/traces"
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    names = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert names == {"above", "below"}


@pytest.mark.parametrize("status", [503, None], ids=["refuses", "is not there"])
def test_a_collector_that_takes_nothing_does_not_hold_the_process_up(status: int | None) -> None:
    impatient = f"""{PROGRAM.partition("end()")[0]}
import time
from recdial import trace_export
trace_export._FLUSH_S = 0.5
begun = time.monotonic()
end()
print(time.monotonic() - begun)
"""
    with collector(status or 200) as (url, _):
        address = url if status else "http://127.0.0.1:9"
        done = run(program=impatient, RECDIAL_TRACES="otlp", OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert done.returncode == 0
    assert float(done.stdout.splitlines()[-1]) < 5, "OpenTelemetry itself would try for longer"
    assert "did not take them within 0.5 s" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL: must be http/"),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "-1"}, "OTEL_BSP_*"),
    ],
)
def test_what_cannot_be_done_is_said(environment: dict[str, str], said: str) -> None:
    done = run(RECDIAL_TRACES="otlp", **environment)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["console", "otlp"])
def test_a_missing_sdk_is_said_with_what_to_install(where: str) -> None:
    without = "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n" + PROGRAM
    done = run(program=without, RECDIAL_TRACES=where)
    assert done.returncode == 1
    assert f"RECDIAL_TRACES={where} needs" in done.stderr
    assert "distillrecdial[service]" in done.stderr
