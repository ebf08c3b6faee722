"""What tests/e2e/test_tiny_overlay.py starts is what the pods say."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.pods_in_containers import compose_file, environment_of, is_ours
from tests.unit.deploy.rendered import pods

TINY = "overlays/tiny"


def test_the_compose_file_says_what_the_pods_say(tmp_path: Path) -> None:
    made = compose_file(TINY, tmp_path, {})
    for one in pods(TINY):
        (container,) = one.spec["containers"]
        service = made["services"][one.name]
        assert service["environment"].items() >= environment_of(one, container).items()
        assert "ports" not in service
        assert service["image"] == container["image"].removeprefix("docker.io/library/")
        if is_ours(container):
            assert service["read_only"]
            assert service["user"] == "10001:10001"


def test_no_container_waits_for_itself(tmp_path: Path) -> None:
    services = compose_file(TINY, tmp_path, {})["services"]
    started: set[str] = set()
    while ready := {
        name
        for name, service in services.items()
        if name not in started and service.get("depends_on", {}).keys() <= started
    }:
        started |= ready
    assert started == services.keys()
