"""A stack of containers: brought up by docker compose, asked, and torn down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tenacity import Retrying, stop_after_attempt, wait_fixed

ROOT = Path(__file__).parents[2]

LITTLE = (
    *("--set", "distillation.max_steps=8", "--set", "distillation.batch_size=1"),
    *("--set", "prompting.stereotypes=[curious_newcomer]"),
    *("--set", "student.sampling.max_tokens=120"),
)
"""Less of the example to train and to write, for slow machines."""


@dataclass(frozen=True)
class Stack:
    """One compose project, which nobody else has."""

    environment: dict[str, str]
    file: Path = ROOT / "docker-compose.yml"
    project: str = field(default_factory=lambda: f"recdial-test-{uuid4().hex[:8]}")

    def compose(self, *arguments: str, timeout_s: float = 300) -> str:
        """Run `docker compose`; what it prints."""
        return run(
            ["docker", "compose", "-f", self.file, "--project-name", self.project, *arguments],
            self.environment,
            timeout_s,
        )

    def sql(self, query: str) -> list[Any]:
        """The rows of a query, each as JSON, from the stack's Postgres."""
        command = 'PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U recdial -Atc "$0"'
        as_json = f"SELECT row_to_json(t) FROM ({query}) t"
        printed = self.compose("exec", "-T", "postgres", "sh", "-c", command, as_json)
        return [json.loads(line) for line in printed.splitlines()]

    @property
    def api(self) -> str:
        return "http://" + self.compose("port", "grounding", "8000").strip()

    def submit(self, *options: str) -> str:
        """Make the run of the compose example, to its end; its id."""
        config = str(ROOT / "examples" / "compose.yaml")
        command = [sys.executable, "-m", "recdial", "submit", config, "--api", self.api, "--wait"]
        return run([*command, *options], self.environment, 1800).split(maxsplit=1)[0]

    def consumers(self, *options: str) -> dict[str, int]:
        """How many consumers each queue has; options are rabbitmqctl's."""
        queues = json.loads(
            self.compose(
                *("exec", "-T", "rabbitmq", "rabbitmqctl", "-q", "--formatter", "json"),
                *(*options, "list_queues", "name", "consumers"),
            )
        )
        return {queue["name"]: queue["consumers"] for queue in queues}

    def containers(self) -> list[dict[str, Any]]:
        """What `docker inspect` says of every container."""
        ids = self.compose("ps", "--all", "--quiet").split()
        found: list[dict[str, Any]] = json.loads(
            run(["docker", "inspect", *ids], self.environment, 60)
        )
        return found


def run(command: list[str | Path], environment: dict[str, str], timeout_s: float) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def skip_without_docker() -> None:
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except FileNotFoundError:
            pytest.skip("needs Docker, which is not on this machine")
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"`{' '.join(command)}` says: {reason}")


@contextmanager
def brought_up(stack: Stack, *options: str) -> Iterator[Stack]:
    """The stack, up and healthy. What it left is removed, whatever happens."""
    try:
        stack.compose("up", "--wait", *options, timeout_s=1800)
        yield stack
    except AssertionError as error:
        raise AssertionError(f"{error}\n{stack.compose('logs', '--tail', '40')}") from error
    finally:
        # An engine may hold an end of the network for a moment after its container is gone.
        for attempt in Retrying(stop=stop_after_attempt(5), wait=wait_fixed(2), reraise=True):
            with attempt:
                stack.compose("down", "--volumes", "--timeout", "20")
    label = f"label=com.docker.compose.project={stack.project}"
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        left = run(["docker", *kind, "--quiet", "--filter", label], stack.environment, 60)
        assert left == "", f"{kind[0]} left behind"


def check_export(stack: Stack, run_id: str) -> int:
    """Compare a run's export with the store; how many dialogues both have."""
    stored = stack.sql(
        f"SELECT id, turns FROM dialogues WHERE run_id = '{run_id}' AND final "
        "AND role = 'student' AND verdict = 'accepted'"
    )
    (evaluation,) = stack.sql(f"SELECT report FROM evaluations WHERE run_id = '{run_id}'")
    folder = f"/runs/{run_id}"
    dataset = stack.compose("exec", "-T", "evaluator", "cat", f"{folder}/dataset.jsonl")
    report = stack.compose("exec", "-T", "evaluator", "cat", f"{folder}/report.json")

    exported = [json.loads(line) for line in dataset.splitlines()]
    assert {row["dialogue_id"] for row in exported} == {row["id"] for row in stored}
    assert len(exported) == len(stored)
    assert json.loads(report) == evaluation["report"]
    return len(stored)
