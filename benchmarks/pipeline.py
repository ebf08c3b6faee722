"""Dialogues a second through all six services, with a backend that answers at once.

    python benchmarks/pipeline.py --users 500 1000 2000

Embedded: one process, SQLite. The scripted backend's own time is part of the figures (about 0.5 ms
a dialogue). Prints seconds, rate, CPU milliseconds and peak memory for each size: growth is the
point, so give several.
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


def one(users: int) -> None:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one)
        return
    table = Table("users", "dialogues", "seconds", "dialogues/s", "CPU ms/dialogue", "peak MB")
    for users in arguments.users:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(users)],
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
    Console().print(table)


if __name__ == "__main__":
    main()
