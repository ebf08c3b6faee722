"""Calls a second of the generator's client, against a server of fixed latency.

    python benchmarks/generation.py --latency 0.1 1 5 --in-flight 8 64 256 --slots 64
    python benchmarks/generation.py --latency 1 --in-flight 64 --peer /venv/of/distilabel/bin/python

The server is a process of its own (`mock_model.py`); with `--slots` it answers 429 to calls beyond
them. The ideal is the calls the server can have in hand over the latency. Seconds are of all calls,
the start with its search for the right number in flight included. The peer is distilabel's
`InferenceEndpointsLLM`, which uses the same client library, in a pipeline of its own, as its users
write it; its CPU time is that of all its processes, without their start (`distilabel_peer.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

SECONDS = 12.0
"""How long a measurement takes at the ideal speed, so that the start weighs the same everywhere."""
LEAST_CALLS = 1000
PROMPT = "Write a dialogue between a user and an assistant about films. " * 40


@dataclass(frozen=True)
class Result:
    """What was measured: seconds of the wall, CPU seconds of the client."""

    calls: int
    seconds: float
    cpu_s: float
    refused: int
    most_in_flight: int


@contextmanager
def mock_server(latency_s: float, slots: int | None) -> Iterator[str]:
    """The server in a process of its own; its URL."""
    from tests.ports import free_port
    from tests.processes import until

    port = free_port()
    command = [sys.executable, str(ROOT / "benchmarks" / "mock_model.py"), "--port", str(port)]
    command += ["--latency", str(latency_s)]
    command += ["--slots", str(slots)] if slots else []
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(url), "the mock server answers")
        yield url
    finally:
        process.terminate()
        process.wait()


async def ours(url: str, calls: int, in_flight: int) -> tuple[float, float]:
    """The backend as the generator makes it; seconds and CPU seconds."""
    from recdial.domain import ChatMessage, SamplingParams
    from recdial.process_settings import ProcessSettings
    from recdial.settings import BackendConfig
    from services.generator.backends import Backends

    backends = Backends(ProcessSettings())
    backend = backends.get(BackendConfig(backend="hub", model="mock", base_url=url))
    messages = (ChatMessage(role="user", content=PROMPT),)
    left = iter(range(calls))

    async def worker() -> None:
        for seed in left:
            await backend.complete(messages, SamplingParams(seed=seed))

    await backend.complete(messages, SamplingParams(max_tokens=1))
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    taken = time.perf_counter() - began, time.process_time() - cpu
    await backends.close()
    return taken


def measured(url: str, calls: int, in_flight: int, peer: str | None) -> Result:
    """One client against the running server."""
    httpx.get(f"{url}/seen")
    if peer is None:
        seconds, cpu = asyncio.run(ours(url, calls, in_flight))
    else:
        script = ROOT / "benchmarks" / "distilabel_peer.py"
        done = subprocess.run(
            [peer, str(script), url, str(calls), str(in_flight)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        seconds, cpu = json.loads(done.stdout.splitlines()[-1])
    seen = httpx.get(f"{url}/seen").json()
    return Result(calls, seconds, cpu, seen["refused"], seen["most_in_flight"])


def main() -> None:
    """Measure each combination."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--in-flight", type=int, nargs="+", default=[8, 64, 256])
    parser.add_argument("--slots", type=int, help="429 for calls beyond these")
    parser.add_argument("--calls", type=int, help="instead of so many as take a while")
    parser.add_argument("--peer", help="the Python of an environment with distilabel 1.5.3")
    options = parser.parse_args()
    table = Table("client", "latency s", "in flight", "calls", "calls/s", "of the ideal")
    for column in ("CPU ms/call", "429s", "most in flight"):
        table.add_column(column)
    for latency_s in options.latency:
        with mock_server(latency_s, options.slots) as url:
            for in_flight in options.in_flight:
                ideal = min(in_flight, options.slots or in_flight) / latency_s
                calls = options.calls or max(LEAST_CALLS, round(SECONDS * ideal))
                # Full rounds: the last of them would else be counted as time lost.
                calls += -calls % round(ideal * latency_s)
                for name, peer in (("recdial", None), ("distilabel", options.peer)):
                    if name == "distilabel" and peer is None:
                        continue
                    found = measured(url, calls, in_flight, peer)
                    table.add_row(
                        name,
                        f"{latency_s:g}",
                        str(in_flight),
                        f"{calls:,}",
                        f"{calls / found.seconds:.1f}",
                        f"{calls / found.seconds / ideal:.1%}",
                        f"{1000 * found.cpu_s / calls:.2f}",
                        f"{found.refused:,}",
                        str(found.most_in_flight),
                    )
    Console(width=120).print(table)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
