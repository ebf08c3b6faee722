"""The whole stack in containers: brought up, a run made with it, scaled, and torn down.

Runs wherever a Docker engine answers (`DOCKER_HOST`, or the default). The first time it builds the
images, which takes minutes.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

ROOT = Path(__file__).parents[2]
SECRETS = ("RABBITMQ_PASSWORD", "POSTGRES_PASSWORD", "RECDIAL_API_TOKEN")
SERVICES = ("grounding", "prompter", "generator", "trainer", "filter", "evaluator")

pytestmark = [pytest.mark.compose, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Stack:
    """One compose project, which nobody else has."""

    environment: dict[str, str]
    project: str = field(default_factory=lambda: f"recdial-test-{uuid4().hex[:8]}")

    def compose(self, *arguments: str, timeout_s: float = 300) -> str:
        """Run `docker compose`; what it prints."""
        return run(
            ["docker", "compose", "--project-name", self.project, *arguments],
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

    def containers(self) -> list[dict[str, Any]]:
        """What `docker inspect` says of every container."""
        ids = self.compose("ps", "--all", "--quiet").split()
        found: list[dict[str, Any]] = json.loads(
            run(["docker", "inspect", *ids], self.environment, 60)
        )
        return found


def run(command: list[str], environment: dict[str, str], timeout_s: float) -> str:
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


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The stack, up and healthy. What it left is removed, whatever happens."""
    skip_without_docker()
    made = {name: secrets.token_hex(24) for name in SECRETS}
    stack = Stack({**os.environ, **made, "RECDIAL_PORT": "0"})
    try:
        stack.compose("up", "--build", "--wait", timeout_s=1800)
        yield stack
    except AssertionError as error:
        raise AssertionError(f"{error}\n{stack.compose('logs', '--tail', '40')}") from error
    finally:
        stack.compose("down", "--volumes", "--timeout", "20")
    label = f"label=com.docker.compose.project={stack.project}"
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        left = run(["docker", *kind, "--quiet", "--filter", label], stack.environment, 60)
        assert left == "", f"{kind[0]} left behind"


@pytest.fixture(scope="module")
def run_id(stack: Stack) -> str:
    """The run of the example, completed; with less to train and to write, for slow machines."""
    return stack.submit(
        *("--set", "distillation.max_steps=8", "--set", "distillation.batch_size=1"),
        *("--set", "prompting.stereotypes=[curious_newcomer]"),
        *("--set", "student.sampling.max_tokens=120"),
    )


def test_the_student_is_fine_tuned_and_the_tiny_server_serves_it(stack: Stack, run_id: str) -> None:
    (adapter,) = stack.sql(f"SELECT id, sha256, training FROM adapters WHERE run_id = '{run_id}'")
    student = stack.sql(
        "SELECT backend, model, adapter_id, adapter_sha256 FROM completions "
        f"WHERE run_id = '{run_id}' AND role = 'student'"
    )

    assert adapter["training"]["steps"] >= 8
    assert adapter["training"]["final_loss"] < adapter["training"]["loss_curve"][0]
    assert len(student) == 12
    # The server's own word for what it ran: the merged folder.
    assert {row["model"].removesuffix("@main") for row in student} == {adapter["id"]}
    assert {row["adapter_sha256"] for row in student} == {adapter["sha256"]}
    assert {row["backend"] for row in student} == {"hub"}


def test_every_prompt_has_one_final_verdict_of_each_role(stack: Stack, run_id: str) -> None:
    verdicts = stack.sql(
        "SELECT role, verdict, count(*) AS n, count(DISTINCT prompt_id) AS prompts "
        f"FROM dialogues WHERE run_id = '{run_id}' AND final GROUP BY role, verdict"
    )

    for role in ("teacher", "student"):
        of_role = [row for row in verdicts if row["role"] == role]
        assert sum(row["n"] for row in of_role) == sum(row["prompts"] for row in of_role) == 12
        assert "failed" not in {row["verdict"] for row in of_role}


def test_export_and_report_say_what_postgres_holds(stack: Stack, run_id: str) -> None:
    check_export(stack, run_id)


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


def test_three_generators_share_the_work(stack: Stack, run_id: str) -> None:
    stack.compose("up", "--detach", "--wait", "--no-recreate", "--scale", "generator=3")

    queues = json.loads(
        stack.compose(
            "exec", "-T", "rabbitmq", "rabbitmqctl", "-q", "--formatter", "json", "list_queues",
            "name", "consumers", "messages",
        )
    )  # fmt: skip
    consumers = {queue["name"]: queue["consumers"] for queue in queues}
    assert consumers["generator.prompt.teacher"] == 3
    assert consumers["generator.prompt.student"] == 3

    second = stack.submit(
        *("--set", "grounding.users=60", "--set", "seed=8"),
        *("--set", "distillation.mode=none", "--set", "student.backend=scripted"),
    )

    assert second != run_id
    (written,) = stack.sql(
        "SELECT (SELECT count(*) FROM assignments a WHERE a.run_id = r.id) AS assigned, "
        "(SELECT count(*) FROM completions c WHERE c.run_id = r.id) AS completions, "
        "(SELECT count(*) FROM dialogues d WHERE d.run_id = r.id AND d.final) AS verdicts, "
        f"state FROM runs r WHERE r.id = '{second}'"
    )
    assert written["state"] == "completed"
    assert written["assigned"] == written["completions"] == written["verdicts"] > 80
    # The scripted student is good; after a few steps the real one may not have a dialogue accepted.
    assert check_export(stack, second) > 40


def test_only_the_api_is_published_and_it_wants_the_token(stack: Stack) -> None:
    published = {
        container["Config"]["Labels"]["com.docker.compose.service"]: addresses
        for container in stack.containers()
        for addresses in container["NetworkSettings"]["Ports"].values()
        if addresses
    }
    assert list(published) == ["grounding"]
    assert [address["HostIp"] for address in published["grounding"]] == ["127.0.0.1"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{stack.api}/runs", timeout=10)
    assert refused.value.code == 401


def test_services_run_without_rights_on_a_read_only_file_system(stack: Stack) -> None:
    checked = set()
    for container in stack.containers():
        service = container["Config"]["Labels"]["com.docker.compose.service"]
        if service in SERVICES:
            checked.add(service)
            assert container["Config"]["User"] == "10001:10001"
            assert container["HostConfig"]["ReadonlyRootfs"]
            assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert checked == set(SERVICES)


def test_only_services_that_train_or_serve_models_carry_torch(stack: Stack) -> None:
    for service in ("grounding", "prompter", "generator", "filter", "evaluator"):
        code = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is not None)"
        stack.compose("exec", "-T", service, "python", "-c", code)


@pytest.mark.parametrize("name", SECRETS)
def test_without_a_secret_nothing_starts(name: str) -> None:
    skip_without_docker()
    present = {other: "x" for other in SECRETS if other != name}
    environment = {key: value for key, value in os.environ.items() if key != name} | present
    command = ["docker", "compose", "--env-file", os.devnull, "config", "--quiet"]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    assert done.returncode != 0
    assert name in done.stderr
    assert "make env" in done.stderr


def test_the_gpu_profile_adds_a_teacher_and_a_student_on_reserved_gpus() -> None:
    skip_without_docker()
    environment = {**os.environ, **dict.fromkeys(SECRETS, "x")}
    command = ["docker", "compose", "--profile", "gpu", "config", "--format", "json"]

    services = json.loads(run(command, environment, 60))["services"]

    for name in ("tgi-teacher", "tgi-student"):
        (device,) = services[name]["deploy"]["resources"]["reservations"]["devices"]
        assert device["capabilities"] == ["gpu"]
