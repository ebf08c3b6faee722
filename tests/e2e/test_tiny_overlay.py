"""The pods of deploy/k8s/overlays/tiny, started in containers, make a run.

No cluster runs here. What a cluster would start does: see pods_in_containers.py for what is the
same and what is not. The images are those of docker compose, which are built first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.compose_stack import (
    LITTLE,
    ROOT,
    Stack,
    brought_up,
    check_export,
    run,
    skip_without_docker,
)
from tests.e2e.pods_in_containers import compose_file, environment_of, is_ours
from tests.unit.deploy.rendered import pod, pods

TINY = "overlays/tiny"

pytestmark = [pytest.mark.thorough, pytest.mark.compose, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The pods of the tiny overlay, all of them ready."""
    skip_without_docker()
    folder = tmp_path_factory.mktemp("tiny")
    folder.chmod(0o755)
    file = folder / "compose.yaml"
    file.write_text(yaml.safe_dump(compose_file(TINY, folder, {"grounding": 8000}), width=1000))
    grounding = pod(TINY, "grounding")
    token = environment_of(grounding, grounding.container("service"))["RECDIAL_API_TOKEN"]
    build = dict.fromkeys(("RABBITMQ_PASSWORD", "POSTGRES_PASSWORD"), "unused")
    environment = {**os.environ, **build, "RECDIAL_API_TOKEN": token}
    run(["docker", "compose", "-f", ROOT / "docker-compose.yml", "build"], environment, 1800)
    with brought_up(Stack(environment, file)) as made:
        # As `kubectl cp` does (docs/kubernetes.md, step 4).
        made.compose("cp", str(ROOT / "examples" / "sample"), "grounding:/data/sample")
        yield made


@pytest.fixture(scope="module")
def run_id(stack: Stack) -> str:
    """The run of the compose example, completed."""
    return stack.submit(*LITTLE, "--set", "student.timeout_s=900")


def test_every_pod_gets_ready(stack: Stack) -> None:
    states = {
        container["Config"]["Labels"]["com.docker.compose.service"]: container["State"]
        for container in stack.containers()
    }
    for one in pods(TINY):
        assert states[one.name]["Health"]["Status"] == "healthy", one.name
        for container in one.spec.get("initContainers", []):
            if is_ours(container):
                assert states[f"{one.name}-{container['name']}"]["ExitCode"] == 0


def test_the_pods_make_a_run_with_a_student_they_trained(stack: Stack, run_id: str) -> None:
    (adapter,) = stack.sql(f"SELECT id, sha256 FROM adapters WHERE run_id = '{run_id}'")
    student = stack.sql(
        "SELECT model, adapter_sha256 FROM completions "
        f"WHERE run_id = '{run_id}' AND role = 'student'"
    )
    assert len(student) >= 12
    assert {row["model"].removesuffix("@main") for row in student} == {adapter["id"]}
    assert {row["adapter_sha256"] for row in student} == {adapter["sha256"]}
    check_export(stack, run_id)


def test_each_generator_takes_its_role_alone(stack: Stack, run_id: str) -> None:
    consumers = stack.consumers("--longnames")
    assert consumers["generator.prompt.teacher"] == 1
    assert consumers["generator.prompt.student"] == 1


def test_what_is_written_to_a_volume_belongs_to_the_pods_group(stack: Stack, run_id: str) -> None:
    listed = stack.compose("exec", "-T", "evaluator", "stat", "-c", "%g", f"/runs/{run_id}")
    assert listed.split() == ["10001"]
