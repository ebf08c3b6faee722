"""A run through the six services as processes on RabbitMQ and Postgres, and what it cost whom."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import psutil

from tests import synthetic
from tests.ports import free_port
from tests.processes import SERVICES, Cluster, cluster, until

REPLICATED = ("generator", "prompter", "filter")
SERVERS = {"postgres": "postgres", "rabbitmq": "beam.smp"}
"""Name of a server's processes. All of the machine's are counted: keep it quiet otherwise."""


@dataclass(frozen=True)
class Result:
    """What was measured. Seconds are of the wall, CPU seconds by whose they are."""

    dialogues: int
    seconds: float
    steady_rate: float
    """The student's dialogues a second, from the first stored completion to the last, without the
    first and the last tenth: while as many calls are in flight as may be."""
    cpu_seconds: dict[str, float]


@contextmanager
def model_server(latency_s: float) -> Iterator[tuple[str, psutil.Process]]:
    """The scripted writer behind HTTP, with a latency; its URL and its process."""
    port = free_port()
    command = [sys.executable, "-m", "services.generator.scripted_server"]
    process = subprocess.Popen([*command, "--port", str(port), "--latency", str(latency_s)])
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(url), "the model server answers")
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def measure(
    users: int, *, latency_s: float | None = None, in_flight: int = 64, replicas: int = 1
) -> Result:
    """Make a run of `users` users; with a latency, by a model behind HTTP that has it."""
    with tempfile.TemporaryDirectory(prefix="recdial-bench-") as name, cluster(Path(name)) as place:
        place.migrate()
        place.environment |= {
            "RECDIAL_LOG_LEVEL": "warning",
            "RECDIAL_TEACHER_CONCURRENCY": str(in_flight),
            "RECDIAL_STUDENT_CONCURRENCY": str(in_flight),
        }
        changes: dict[str, object] = {"window": 4 * in_flight}
        if latency_s is None:
            return _run(place, users, replicas, changes, {})
        with model_server(latency_s) as (url, server):
            changes["student"] = {"backend": "hub", "base_url": url}
            return _run(
                place, users, replicas, changes, {"model server": partial(_cpu_seconds, [server])}
            )


def _run(
    place: Cluster,
    users: int,
    replicas: int,
    changes: dict[str, object],
    others: dict[str, Callable[[], float]],
) -> Result:
    watched: dict[str, Callable[[], float]] = {
        name: partial(_of_program, program) for name, program in SERVERS.items()
    }
    watched |= others
    for service in SERVICES:
        count = replicas if service in REPLICATED else 1
        started = [psutil.Process(place.start(service).pid) for _ in range(count)]
        watched[service] = partial(_cpu_seconds, started)
    for process in place.processes:
        process.ready()
    source = synthetic.write_source(place.folder, users=users)
    before = {name: used() for name, used in watched.items()}
    began = time.perf_counter()
    run_id = place.submit(synthetic.config(Path(), source, **changes), place.processes[0].url)
    # Rarely: a look at the database is work for it.
    until(lambda: _completed(place, run_id), "the run completes", 3600, every_s=0.5)
    seconds = time.perf_counter() - began
    cpu = {name: used() - before[name] for name, used in watched.items()}
    written = [
        float(at)
        for (at,) in place.rows(
            "select extract(epoch from created_at) from completions where role = 'student' "
            "order by created_at"
        )
    ]
    assert len(written) == users, f"{len(written)} of {users} were written"
    middle = written[users // 10 : -users // 10]
    steady_rate = (len(middle) - 1) / (middle[-1] - middle[0])
    return Result(place.count("dialogues"), seconds, steady_rate, cpu)


def _completed(place: Cluster, run_id: UUID) -> bool:
    state = place.state(run_id)
    assert state != "failed", place.rows("select failure_stage, failure_cause from runs")
    return state == "completed"


def _of_program(program: str) -> float:
    return _cpu_seconds([one for one in psutil.process_iter(["name"]) if one.name() == program])


def _cpu_seconds(processes: list[psutil.Process]) -> float:
    """What processes used until now, their ended children included (backends of Postgres)."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:  # ended since it was listed: its parent's children have it
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False
