"""Dialogues a second through all six services, and the CPU time each costs whom.

    python benchmarks/pipeline.py embedded --users 500 1000 2000
    python benchmarks/pipeline.py cluster --users 500 1000 2000
    python benchmarks/pipeline.py cluster --users 4000 --latency 1 --in-flight 64

`embedded` is one process with SQLite, `cluster` six processes on RabbitMQ and Postgres (`make
services`). Without a latency the scripted backend writes in the generator's process, at once: its
own time is part of the figures (about 0.5 ms a dialogue). With one, a server that takes that many
seconds for an answer does, behind HTTP, and the ideal is calls in flight / latency. Give several
sizes: growth is the point. The CPU time of Postgres and RabbitMQ is that of the whole servers.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def embedded_here(users: int) -> None:
    """Measure one size in this process, and print the figures for the parent."""
    from recdial.config_file import validate_config
    from recdial.embedded import run_embedded
    from recdial.run_folder import RunFolder
    from recdial.telemetry import configure_logging
    from tests import synthetic

    configure_logging("warning")
    with tempfile.TemporaryDirectory(prefix="recdial-bench-") as name:
        folder = Path(name)
        source = synthetic.write_source(folder, users=users)
        config = validate_config(synthetic.config(folder, source), "benchmark")
        began, cpu = time.perf_counter(), time.process_time()
        progress = asyncio.run(run_embedded(config, RunFolder(folder / "run")))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    dialogues = sum(state.final for state in progress.roles.values())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(yaml.safe_dump([dialogues, seconds, cpu, memory]))


def embedded(sizes: list[int]) -> Table:
    """One process, SQLite; a process anew for each size, so that memory is its own."""
    table = Table("users", "dialogues", "seconds", "dialogues/s", "CPU ms/dialogue", "peak MB")
    for users in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "embedded-here", "--users", str(users)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        dialogues, seconds, cpu, memory = yaml.safe_load(done.stdout)
        table.add_row(
            f"{users:,}",
            f"{dialogues:,}",
            f"{seconds:.1f}",
            f"{dialogues / seconds:.1f}",
            f"{1000 * cpu / dialogues:.1f}",
            f"{memory:.0f}",
        )
    return table


def clustered(sizes: list[int], latency_s: float | None, in_flight: int, replicas: int) -> Table:
    """Six processes on RabbitMQ and Postgres."""
    from benchmarks.cluster import measure

    results = {
        users: measure(users, latency_s=latency_s, in_flight=in_flight, replicas=replicas)
        for users in sizes
    }
    table = Table("", *(f"{users:,} users" for users in sizes))
    table.add_row("dialogues", *(f"{one.dialogues:,}" for one in results.values()))
    table.add_row("seconds", *(f"{one.seconds:.1f}" for one in results.values()))
    table.add_row(
        "dialogues/s", *(f"{one.dialogues / one.seconds:.1f}" for one in results.values())
    )
    if latency_s:
        ideal = in_flight * replicas / latency_s
        rates = [one.steady_rate for one in results.values()]
        table.add_row("student's writing /s", *(f"{rate:.1f}" for rate in rates))
        table.add_row(f"of the ideal {ideal:g}/s", *(f"{rate / ideal:.1%}" for rate in rates))
    table.add_section()
    table.add_row("CPU ms/dialogue")
    for name in next(iter(results.values())).cpu_seconds:
        shares = (f"{1000 * one.cpu_seconds[name] / one.dialogues:.2f}" for one in results.values())
        table.add_row(f"  {name}", *shares)
    total = (
        f"{1000 * sum(one.cpu_seconds.values()) / one.dialogues:.2f}" for one in results.values()
    )
    table.add_row("  all", *total)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("where", choices=["embedded", "cluster", "embedded-here"])
    parser.add_argument("--users", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="of the model, by HTTP")
    parser.add_argument("--in-flight", type=int, default=64, help="calls of one generator")
    parser.add_argument(
        "--replicas", type=int, default=1, help="of prompter, generator and filter each"
    )
    options = parser.parse_args()
    match options.where:
        case "embedded-here":
            embedded_here(*options.users)
        case "embedded":
            Console().print(embedded(options.users))
        case "cluster":
            Console().print(
                clustered(options.users, options.latency, options.in_flight, options.replicas)
            )


if __name__ == "__main__":
    main()
