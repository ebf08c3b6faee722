"""deploy/k8s renders, and what it makes hangs together: nothing names what is not there."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deploy.rendered import (
    COMPONENTS,
    K8S,
    PROJECT,
    ROOTS,
    SECRETS,
    Manifest,
    every_pod,
    folder,
    kubectl,
    of_kind,
    pod,
    pods,
    render,
    selects,
)

WORKLOADS = {
    "grounding", "prompter", "generator-teacher", "generator-student", "trainer", "filter",
    "evaluator", "rabbitmq", "postgres", "postgres-backup", "s3", "teacher", "student",
}  # fmt: skip


def test_the_root_has_every_part_once() -> None:
    assert Counter(one.name for one in pods(".")) == dict.fromkeys(WORKLOADS, 1)


@pytest.mark.parametrize(
    ("root", "gone", "new"),
    [
        ("with-keda", set(), set()),
        ("with-vllm", set(), set()),
        ("with-monitoring", set(), set()),
        ("with-ingress", set(), set()),
        ("with-cluster-operators", {"rabbitmq", "postgres"}, set()),
        ("with-s3-artifacts", {"s3"}, set()),
        ("overlays/gpu", set(), set()),
        ("overlays/tiny", {"s3", "postgres-backup", "teacher", "student"}, {"model-server"}),
    ],
)
def test_a_component_or_overlay_changes_the_parts_it_is_about(
    root: str, gone: set[str], new: set[str]
) -> None:
    assert {one.name for one in pods(root)} == WORKLOADS - gone | new


def test_every_component_and_overlay_there_is_is_rendered() -> None:
    assert {one.name for one in (K8S / "components").iterdir()} == set(COMPONENTS)
    overlays = {f"overlays/{one.name}" for one in (K8S / "overlays").iterdir()}
    assert overlays == {root for root in ROOTS if root.startswith("overlays/")}


def test_the_root_names_every_component_to_switch_on() -> None:
    lines = (K8S / "kustomization.yaml").read_text().splitlines()
    named = {line.rpartition("/")[2] for line in lines if "components/" in line}
    assert named == set(COMPONENTS)


@pytest.mark.parametrize("root", ROOTS)
def test_no_object_is_there_twice(root: str) -> None:
    names = Counter(
        (one["apiVersion"], one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in render(root)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    shutil.copytree(folder(), tmp_path / "k8s", ignore=shutil.ignore_patterns("*.env"))
    done = subprocess.run(
        [kubectl(), "kustomize", str(tmp_path / "k8s")], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "secrets/secrets.env" in done.stderr
    assert "no such file" in done.stderr


def test_secrets_are_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    shutil.copytree(K8S, tmp_path / "k8s", ignore=shutil.ignore_patterns("*.env"))
    make, made = tmp_path / "k8s" / "make-secrets", tmp_path / "k8s" / SECRETS[0]
    subprocess.run([make], check=True, capture_output=True, env={**os.environ, "HF_TOKEN": "hf_x"})
    first = made.read_text()
    subprocess.run([make], check=True, capture_output=True)
    assert made.read_text() == first
    values = dict(line.split("=", 1) for line in first.splitlines())
    assert values["HF_TOKEN"] == "hf_x"
    passwords = [values[name] for name in values if name.endswith(("PASSWORD", "TOKEN", "KEY"))]
    assert len(set(passwords)) == len(passwords)
    assert all(len(values[name]) == 48 for name in ("POSTGRES_PASSWORD", "RECDIAL_API_TOKEN"))
    for secret in SECRETS:
        assert stat.S_IMODE((tmp_path / "k8s" / secret).stat().st_mode) == 0o600


def test_git_ignores_secrets() -> None:
    done = subprocess.run(
        ["git", "check-ignore", *SECRETS], cwd=K8S, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == list(SECRETS)


def _references(value: Any) -> Iterator[tuple[str, Manifest]]:
    """Everything below that names a ConfigMap or a Secret by a key of the API's."""
    kinds = {
        "configMapKeyRef": "ConfigMap",
        "configMapRef": "ConfigMap",
        "configMap": "ConfigMap",
        "secretKeyRef": "Secret",
        "secretRef": "Secret",
    }
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in kinds and isinstance(inner, dict):
                yield kinds[key], inner
            if key == "secretTargetRef":
                yield from (("Secret", one) for one in inner)
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


@pytest.mark.parametrize("root", ROOTS)
def test_every_configmap_and_secret_that_is_named_is_there_with_its_keys(root: str) -> None:
    there = {
        (one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]): one.get("data", {})
        for one in of_kind(root, "ConfigMap", "Secret")
    }
    named = 0
    for one in render(root):
        for kind, reference in _references(one):
            found = there.get((kind, one["metadata"]["namespace"], reference["name"]))
            assert found is not None, (one["kind"], one["metadata"]["name"], reference)
            assert reference.get("key") in {None, *found}, reference
            named += 1
    assert named > 20


@pytest.mark.parametrize("root", ROOTS)
def test_every_volume_that_is_mounted_is_there_and_every_claim_exists(root: str) -> None:
    claims = {one["metadata"]["name"] for one in of_kind(root, "PersistentVolumeClaim")}
    for one in pods(root):
        volumes = {volume["name"] for volume in one.spec.get("volumes", [])}
        volumes |= {
            template["metadata"]["name"]
            for template in one.workload["spec"].get("volumeClaimTemplates", [])
        }
        for container in one.containers:
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            assert mounted <= volumes, (str(one), container["name"])
        used = {
            volume["persistentVolumeClaim"]["claimName"]
            for volume in one.spec.get("volumes", [])
            if "persistentVolumeClaim" in volume
        }
        assert used <= claims, str(one)
        claims_once = one.workload["kind"] == "Deployment" and used
        if claims_once:
            assert one.workload["spec"]["replicas"] == 1, f"{one}: one volume, several pods"
            assert one.workload["spec"]["strategy"] == {"type": "Recreate"}, str(one)


@pytest.mark.parametrize("root", ROOTS)
def test_every_service_leads_to_a_port_of_its_pods(root: str) -> None:
    for service in of_kind(root, "Service"):
        if service["spec"].get("type") == "ExternalName":
            name, namespace, *rest = service["spec"]["externalName"].split(".")
            assert rest == ["svc", "cluster", "local"]
            assert (namespace, name) in {
                (one["metadata"]["namespace"], one["metadata"]["name"])
                for one in of_kind(root, "Service")
            }
            continue
        namespace = service["metadata"]["namespace"]
        selector = {"matchLabels": service["spec"]["selector"]}
        behind = [
            one
            for one in pods(root)
            if one.namespace == namespace and selects(selector, one.labels)
        ]
        by_operator = root == "with-cluster-operators" and service["metadata"]["name"] == "rabbitmq"
        assert behind or by_operator, service["metadata"]["name"]
        for one in behind:
            names = {
                port["name"] for container in one.containers for port in container.get("ports", [])
            }
            for port in service["spec"]["ports"]:
                assert port["targetPort"] in names, (service["metadata"]["name"], str(one))


@pytest.mark.parametrize("root", ROOTS)
def test_every_workload_selects_its_own_pods_and_no_others(root: str) -> None:
    made = [one for one in pods(root) if one.workload["kind"] in ("Deployment", "StatefulSet")]
    for one in made:
        selector = one.workload["spec"]["selector"]
        taken = [other.name for other in made if selects(selector, other.labels)]
        assert taken == [one.name]
        assert one.labels["app.kubernetes.io/part-of"] == "recdial"


@pytest.mark.parametrize("root", ROOTS)
def test_disruption_budgets_are_for_pods_that_have_others_beside_them(root: str) -> None:
    for budget in of_kind(root, "PodDisruptionBudget"):
        (one,) = [one for one in pods(root) if selects(budget["spec"]["selector"], one.labels)]
        replicas = one.workload["spec"].get("replicas")
        assert replicas is None or replicas > 1, f"{one} could never be drained"


def test_rabbitmq_waits_for_as_many_members_as_there_are() -> None:
    for root in (".", "overlays/tiny"):
        one = pod(root, "rabbitmq")
        (config,) = (
            found
            for found in of_kind(root, "ConfigMap")
            if found["metadata"]["name"].startswith("rabbitmq-config")
        )
        replicas = one.workload["spec"]["replicas"]
        assert config["data"]["members"] == str(replicas)
        nodes = [line for line in config["data"]["rabbitmq.conf"].splitlines() if ".nodes." in line]
        assert len(nodes) == (replicas if replicas > 1 else 0)
        for number, line in enumerate(nodes):
            service = one.workload["spec"]["serviceName"]
            host = f"rabbitmq-{number}.{service}.recdial.svc.cluster.local"
            assert line.endswith(f"= rabbit@{host}")


def test_namespaces_are_as_strict_as_their_pods_allow() -> None:
    levels = {
        one["metadata"]["name"]: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in of_kind(".", "Namespace")
    }
    assert levels == {"recdial": "restricted", "recdial-models": "baseline"}
    assert {one.namespace for one in every_pod()} == set(levels)


def test_dashboard_and_alerts_ask_for_metrics_that_exist() -> None:
    source = (PROJECT / "recdial" / "metrics.py").read_text()
    known = set(re.findall(r'"(recdial_\w+)"', source))
    assert len(known) > 4
    for name in ("recdial.json", "alerts.yaml"):
        asked = set(
            re.findall(r"\brecdial_\w+", (K8S / "components/monitoring" / name).read_text())
        )
        assert asked
        assert {re.sub("_(total|bucket|sum|count)$", "", one) for one in asked} <= known
