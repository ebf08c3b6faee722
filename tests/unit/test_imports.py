"""A service starts without the libraries only other services need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "peft", "trl", "datasets", "matplotlib", "sentence_transformers")
CLUSTER = (
    "fastapi",
    "uvicorn",
    "aio_pika",
    "asyncpg",
    "prometheus_client",
    "opentelemetry.sdk",
    "opentelemetry.exporter",
)
SERVICES = ("grounding", "prompter", "generator", "trainer", "filter", "evaluator")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_imported_without_heavy_libraries(service: str) -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r})); import services.{service}.main"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r})); import recdial.cli"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_one_process_needs_nothing_of_what_a_cluster_needs() -> None:
    wirings = ", ".join(f"services.{service}.main" for service in SERVICES)
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({CLUSTER!r})); "
        f"import recdial.cli, recdial.embedded, {wirings}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
