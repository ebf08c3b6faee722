"""Who may talk to whom: computed from the policies, and compared with what the services use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.deploy.rendered import ROOTS, Manifest, of_kind, pods, selects

GENERATORS = {"generator-teacher", "generator-student"}
SERVICES = {"grounding", "prompter", "trainer", "filter", "evaluator"} | GENERATORS
SERVERS = {"teacher", "student"}

Path = tuple[str, str, int]


def paths(sources: set[str], target: str, port: int) -> set[Path]:
    return {(source, target, port) for source in sources}


BROKER = {("rabbitmq", "rabbitmq", port) for port in (4369, 25672, 35672)}
STORE = SERVICES | {"postgres-backup", "student"}
OBJECTS = {"trainer", "evaluator", "postgres-backup", "student"}
BETWEEN = (
    paths(SERVICES, "rabbitmq", 5672)
    | BROKER
    | paths(STORE, "postgres", 5432)
    | paths(OBJECTS, "s3", 8333)
    | {(source, target, 8080) for source in GENERATORS for target in SERVERS}
)
WORLD = {"grounding", "trainer", "teacher", "student"} | GENERATORS

SCRAPED = paths({"monitoring"}, "rabbitmq", 15692) | {
    ("monitoring", service, 8000) for service in SERVICES
}
SCRAPED_SERVERS = {("monitoring", server, 8080) for server in SERVERS}
KEDA = {("keda", "rabbitmq", 15672), ("keda", "postgres", 5432)}

TINY = {
    path for path in BETWEEN if not {"s3", "teacher", "student", "postgres-backup"} & {*path[:2]}
} | paths(GENERATORS, "model-server", 8000)


@dataclass(frozen=True)
class Allowed:
    between: set[Path]
    world: set[str]
    from_namespaces: set[Path]


EXPECTED = {
    ".": Allowed(BETWEEN, WORLD, set()),
    "with-vllm": Allowed(BETWEEN, WORLD, set()),
    "with-keda": Allowed(BETWEEN, WORLD, KEDA),
    "with-monitoring": Allowed(BETWEEN, WORLD, SCRAPED | SCRAPED_SERVERS),
    "with-ingress": Allowed(BETWEEN, WORLD, {("ingress-nginx", "grounding", 8000)}),
    "with-s3-artifacts": Allowed(
        {path for path in BETWEEN if path[1] != "s3"},
        WORLD | {"evaluator", "postgres-backup"},
        set(),
    ),
    # The operators' pods are not here to be looked at; the policies for them are in the component.
    "with-cluster-operators": Allowed(
        {path for path in BETWEEN if path[1] not in ("rabbitmq", "postgres")}
        - {path for path in BETWEEN if path[0] in ("rabbitmq", "postgres")},
        WORLD,
        set(),
    ),
    "overlays/gpu": Allowed(BETWEEN, WORLD, SCRAPED | SCRAPED_SERVERS | KEDA),
    "overlays/tiny": Allowed(TINY, WORLD - SERVERS, set()),
}


@dataclass(frozen=True)
class Place:
    """Where a connection begins or ends: a pod, or a namespace of others'."""

    name: str
    namespace: str
    labels: dict[str, str]


def places(root: str) -> list[Place]:
    return [Place(one.name, one.namespace, one.labels) for one in pods(root)]


def policies(root: str, place: Place, direction: str) -> list[Manifest]:
    """The policies that hold for a place in a direction."""
    return [
        one["spec"]
        for one in of_kind(root, "NetworkPolicy")
        if one["metadata"]["namespace"] == place.namespace
        and direction in one["spec"]["policyTypes"]
        and selects(one["spec"]["podSelector"], place.labels)
    ]


def takes(peer: Manifest, other: Place, own_namespace: str) -> bool:
    """Whether a peer of a policy is a place."""
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        labels = {"kubernetes.io/metadata.name": other.namespace}
        if not selects(peer["namespaceSelector"], labels):
            return False
    elif other.namespace != own_namespace:
        return False
    return selects(peer.get("podSelector", {}), other.labels)


def ports(root: str, place: Place, direction: str, other: Place) -> set[int]:
    """The TCP ports a place may talk by to another, the other way round for Ingress."""
    rules, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    return {
        port["port"]
        for policy in policies(root, place, direction)
        for rule in policy.get(rules, [])
        if any(takes(peer, other, place.namespace) for peer in rule.get(peers, []))
        for port in rule["ports"]
        if port["protocol"] == "TCP"
    }


@pytest.mark.parametrize("root", ROOTS)
def test_pods_may_talk_by_exactly_the_paths_the_services_use(root: str) -> None:
    there = places(root)
    found = {
        (source.name, target.name, port)
        for source in there
        for target in there
        for port in ports(root, source, "Egress", target) & ports(root, target, "Ingress", source)
    }
    assert found == EXPECTED[root].between


@pytest.mark.parametrize("root", ROOTS)
def test_only_who_fetches_something_reaches_the_world_and_by_tls_alone(root: str) -> None:
    reach = set()
    for place in places(root):
        for policy in policies(root, place, "Egress"):
            for rule in policy.get("egress", []):
                if not (
                    blocks := [one["ipBlock"] for one in rule.get("to", []) if "ipBlock" in one]
                ):
                    continue
                (block,) = blocks
                assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(block["except"])
                assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
                reach.add(place.name)
    assert reach == EXPECTED[root].world


@pytest.mark.parametrize("root", ROOTS)
def test_other_namespaces_reach_what_their_component_says(root: str) -> None:
    strangers = ("keda", "monitoring", "ingress-nginx", "default", "kube-system")
    found = {
        (namespace, target.name, port)
        for namespace in strangers
        for target in places(root)
        for port in ports(root, target, "Ingress", Place(namespace, namespace, {}))
    }
    assert found == EXPECTED[root].from_namespaces


@pytest.mark.parametrize("root", ROOTS)
def test_what_no_policy_names_is_denied_both_ways(root: str) -> None:
    for namespace in {place.namespace for place in places(root)}:
        nobody = Place("nobody", namespace, {})
        for direction in ("Ingress", "Egress"):
            assert policies(root, nobody, direction), f"{namespace} allows all {direction}"
        resolver = Place("kube-dns", "kube-system", {})
        assert ports(root, nobody, "Egress", resolver) == {53}


@pytest.mark.parametrize("root", ROOTS)
def test_the_ports_of_policies_are_ports_of_pods(root: str) -> None:
    known = {
        port["containerPort"]
        for one in pods(root)
        for container in one.containers
        for port in container.get("ports", [])
    }
    erlang = {35672}
    for path in EXPECTED[root].between | EXPECTED[root].from_namespaces:
        assert path[2] in known | erlang, path


def test_the_metrics_that_are_scraped_are_served() -> None:
    by_label: dict[Any, Manifest] = {
        one["metadata"].get("labels", {}).get("recdial/metrics"): one
        for one in of_kind("with-monitoring", "Service")
    }
    for monitor in of_kind("with-monitoring", "ServiceMonitor"):
        service = by_label[monitor["spec"]["selector"]["matchLabels"]["recdial/metrics"]]
        assert service["metadata"]["namespace"] == monitor["metadata"]["namespace"]
        names = {port["name"] for port in service["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= names
