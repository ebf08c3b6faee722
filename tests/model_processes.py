"""Model servers as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.ports import free_port
from tests.processes import ROOT, until


@contextmanager
def http_process(
    command: Sequence[str | Path],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = 120,
    folder: Path = ROOT,
) -> Iterator[str]:
    """A process that serves HTTP at a port of this machine; its URL, once it is healthy."""
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as target:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdout=target,
            stderr=target,
        )
    try:
        until(lambda: _healthy(process, url, log), f"{command[0]} answers at {url}", seconds)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def scripted_teacher(folder: Path, *options: str) -> Iterator[str]:
    """The scripted writer behind HTTP; its URL."""
    port = free_port()
    command = [sys.executable, "-m", "services.generator.scripted_server", "--port", str(port)]
    with http_process([*command, *options], port, folder / "teacher.log") as url:
        yield url


@contextmanager
def served_student(folder: Path, artifacts: Path) -> Iterator[str]:
    """`transformers serve`, with every adapter that is published in `artifacts`; its URL."""
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "recdial.llm.serving", "--port", str(port)]
    command += ["--artifacts", artifacts, "--served", folder / "served"]
    with http_process(command, port, folder / "student.log") as url:
        yield url


def _healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    assert process.poll() is None, f"it has ended:\n{log.read_text()[-3000:]}"
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.TransportError:
        return False
