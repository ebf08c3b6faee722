"""The whole stack in containers: brought up, a run made with it, scaled, and torn down.

Runs wherever a Docker engine answers (`DOCKER_HOST`, or the default). The first time it builds the
images, which takes minutes.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.e2e.compose_stack import (
    LITTLE,
    ROOT,
    Stack,
    brought_up,
    check_export,
    run,
    skip_without_docker,
)

SECRETS = ("RABBITMQ_PASSWORD", "POSTGRES_PASSWORD", "RECDIAL_API_TOKEN")
SERVICES = ("grounding", "prompter", "generator", "trainer", "filter", "evaluator")

pytestmark = [pytest.mark.thorough, pytest.mark.compose, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The stack of docker-compose.yml."""
    skip_without_docker()
    made = {name: secrets.token_hex(24) for name in SECRETS}
    stack = Stack({**os.environ, **made, "RECDIAL_PORT": "0"})
    with brought_up(stack, "--build"):
        yield stack


@pytest.fixture(scope="module")
def run_id(stack: Stack) -> str:
    """The run of the example, completed."""
    return stack.submit(*LITTLE)


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


def test_three_generators_share_the_work(stack: Stack, run_id: str) -> None:
    stack.compose("up", "--detach", "--wait", "--no-recreate", "--scale", "generator=3")

    consumers = stack.consumers()
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
