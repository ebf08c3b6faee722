"""What every pod must keep to, with the exceptions and their reasons.

The checks of checkov that matter here; checkov itself brings a hundred packages and has an
environment of its own (`make policy`, deploy/checkov.yaml). Not asked for:
CPU limits (they slow a pod down on an idle node), digests (your registry pins images), secrets as
files (the services and the images of others read variables), a pull at every start, and user ids
above 10000 for Postgres and RabbitMQ (their images' own user is 999).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from recdial import __version__
from recdial.process_settings import ServiceProcessSettings
from tests.unit.deploy.rendered import PROJECT, ROOTS, Pod, every_pod, of_kind, pod, pods

WRITABLE_ROOT = {
    ("teacher", "server"): "TGI and vLLM compile kernels and write beside their packages",
    ("student", "server"): "TGI and vLLM compile kernels and write beside their packages",
}

NO_PROBES = {
    ("evaluator", "exports"): "a loop that nobody waits for; its failures are in its log",
    ("student", "adapter"): "fetches adapters beside vLLM, and ends with an error if it cannot",
}


@pytest.fixture(scope="module")
def all_containers() -> list[tuple[Pod, dict[str, Any]]]:
    return [(one, container) for one in every_pod() for container in one.containers]


Containers = list[tuple[Pod, dict[str, Any]]]


def test_there_is_something_to_look_at(all_containers: Containers) -> None:
    assert len(all_containers) > 150


def test_every_container_says_what_it_needs_and_the_most_memory_it_gets(
    all_containers: Containers,
) -> None:
    for one, container in all_containers:
        where = (str(one), container["name"])
        assert {"cpu", "memory"} <= set(container["resources"].get("requests", {})), where
        assert "memory" in container["resources"].get("limits", {}), where
        assert "cpu" not in container["resources"]["limits"], where


def test_no_container_asks_for_more_than_its_limit(all_containers: Containers) -> None:
    for one, container in all_containers:
        wanted = quantity(container["resources"]["requests"]["memory"])
        most = quantity(container["resources"]["limits"]["memory"])
        assert wanted <= most, (str(one), container["name"])


def test_every_pod_runs_as_somebody_who_is_not_root(all_containers: Containers) -> None:
    for one, container in all_containers:
        security = one.spec["securityContext"] | container["securityContext"]
        assert security["runAsNonRoot"] is True, str(one)
        assert security["runAsUser"] > 0, str(one)
        assert security["runAsGroup"] > 0, str(one)
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, str(one)


def test_no_container_can_gain_rights(all_containers: Containers) -> None:
    for one, container in all_containers:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, str(one)
        assert security["capabilities"] == {"drop": ["ALL"]}, str(one)
        assert not security.get("privileged"), str(one)


def test_root_file_systems_are_read_only_but_for_named_exceptions(
    all_containers: Containers,
) -> None:
    writable = {
        (one.name, container["name"])
        for one, container in all_containers
        if container["securityContext"].get("readOnlyRootFilesystem") is not True
    }
    assert writable == set(WRITABLE_ROOT)


def test_no_pod_is_given_the_hosts_parts_or_a_token() -> None:
    for one in every_pod():
        assert one.spec["automountServiceAccountToken"] is False, str(one)
        # Else a Service called rabbitmq sets RABBITMQ_PORT in every pod, which images may read.
        assert one.spec["enableServiceLinks"] is False, str(one)
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(one.spec), str(one)
        assert not any("hostPath" in volume for volume in one.spec.get("volumes", [])), str(one)


def test_scratch_volumes_are_bounded() -> None:
    for one in every_pod():
        for volume in one.spec.get("volumes", []):
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"], (str(one), volume["name"])


def test_every_container_that_lasts_is_probed_three_ways() -> None:
    unprobed = set()
    for one in every_pod():
        for container in one.lasting:
            found = {name for name in container if name.endswith("Probe")}
            if not found:
                unprobed.add((one.name, container["name"]))
                continue
            assert found == {"startupProbe", "livenessProbe", "readinessProbe"}, str(one)
            ports = {port["name"] for port in container["ports"]}
            for name in found:
                for kind in ("httpGet", "tcpSocket"):
                    assert container[name].get(kind, {}).get("port", "none") in {*ports, "none"}
    assert unprobed == set(NO_PROBES)


@pytest.mark.parametrize("root", ROOTS)
def test_services_have_longer_to_stop_than_they_take(root: str) -> None:
    (told,) = (
        one["data"]["RECDIAL_GRACE_S"]
        for one in of_kind(root, "ConfigMap")
        if one["metadata"]["name"].startswith("recdial-env")
    )
    assert float(told) == ServiceProcessSettings.model_fields["grace_s"].default
    services = [one for one in pods(root) if one.labels["app.kubernetes.io/component"] == "service"]
    assert len(services) == 7
    for one in services:
        assert one.spec["terminationGracePeriodSeconds"] >= float(told) + 20, str(one)


@pytest.mark.parametrize("root", [root for root in ROOTS if root != "overlays/tiny"])
def test_model_servers_drain_longer_than_a_call_and_start_as_long_as_a_cold_load(root: str) -> None:
    call_s, weights_gb, slow_gb_s = 300.0, {"teacher": 141, "student": 16}, 0.05
    for name, size in weights_gb.items():
        one = pod(root, name)
        server = one.container("server")
        pause = float(server["lifecycle"]["preStop"]["exec"]["command"][1])
        assert one.spec["terminationGracePeriodSeconds"] >= call_s + pause
        start = server["startupProbe"]
        assert start["periodSeconds"] * start["failureThreshold"] >= size / slow_gb_s
        (cache,) = one.workload["spec"]["volumeClaimTemplates"]
        room = quantity(cache["spec"]["resources"]["requests"]["storage"])
        assert room > 1.2 * size * 10**9
        shared = next(volume for volume in one.spec["volumes"] if volume["name"] == "shm")
        assert shared["emptyDir"]["medium"] == "Memory"


@pytest.mark.parametrize("root", [root for root in ROOTS if root != "overlays/tiny"])
def test_a_teacher_is_spread_over_as_many_gpus_as_it_gets(root: str) -> None:
    server = pod(root, "teacher").container("server")
    gpus = server["resources"]["limits"]["nvidia.com/gpu"]
    told = {one["name"]: one.get("value") for one in server["env"]}
    arguments = {one.partition("=")[0]: one.partition("=")[2] for one in server.get("args", [])}
    assert str(gpus) == told.get("NUM_SHARD", arguments.get("--tensor-parallel-size"))


def test_replicas_are_spread_over_nodes() -> None:
    for one in pods("."):
        if one.workload["spec"].get("replicas", 1) > 1:
            (spread,) = one.spec["topologySpreadConstraints"]
            assert spread["labelSelector"]["matchLabels"] == {
                "app.kubernetes.io/name": one.labels["app.kubernetes.io/name"]
            }


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    return loaded["services"]  # type: ignore[no-any-return]


def upstream(root: str) -> dict[str, str]:
    """Images that are not ours, by repository, with their tags."""
    return dict(
        container["image"].removeprefix("docker.io/library/").removeprefix("docker.io/").split(":")
        for one in pods(root)
        for container in one.containers
        if not re.match(r"recdial[/-]", container["image"])
    )


@pytest.mark.parametrize("root", ROOTS)
def test_images_of_others_are_those_of_compose_and_pinned(root: str) -> None:
    here, there = upstream(root), {one["image"] for one in compose().values()}
    shared = {name for name in here if name in {image.split(":")[0] for image in there}}
    assert {f"{name}:{here[name]}" for name in shared} <= there
    assert "latest" not in here.values()
    operated = {"rabbitmq"} if root == "with-cluster-operators" else set()
    served = {"ghcr.io/huggingface/text-generation-inference"}
    by_others = served if root in ("overlays/tiny", "with-vllm") else set()
    assert shared == {"rabbitmq", "postgres"} - operated | served - by_others


def test_images_of_ours_are_those_compose_builds() -> None:
    built = {one["image"] for one in compose().values() if "build" in one}
    for root in ROOTS:
        own = {
            container["image"]
            for one in pods(root)
            for container in one.containers
            if re.match(r"recdial[/-]", container["image"])
        }
        if root == "overlays/tiny":
            assert own == {f"{image}:latest" for image in built}
        else:
            wanted = {image.replace("recdial-", "recdial/") for image in built}
            assert own == {f"{image}:{__version__}" for image in wanted - {"recdial/model-server"}}


def quantity(text: str) -> float:
    """A quantity of Kubernetes' as a number."""
    found = re.fullmatch(r"([0-9.]+)(m|[KMGT]i?)?", str(text))
    assert found is not None, text
    unit = found[2] or ""
    factors = {"": 1, "m": 1e-3}
    factors |= {letter: 1000**power for power, letter in enumerate("KMGT", start=1)}
    factors |= {f"{letter}i": 1024**power for power, letter in enumerate("KMGT", start=1)}
    return float(found[1]) * factors[unit]
