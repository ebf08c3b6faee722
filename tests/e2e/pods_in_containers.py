"""Turns rendered pods into a compose file, so that what Kubernetes would start is really started.

Images, commands, environment, users, read-only roots, capabilities, memory limits, volumes and
probes are those of the pods. Names of Services are names of containers' networks. What an engine
without a cluster does otherwise: a container that prepares is a container of its own that must
end well first; a claim, or an emptyDir that two containers share, is a named volume, given to the
pod's group as fsGroup does; who may talk to whom is not restricted. RabbitMQ and Postgres run as
the engine's images for them will, and nothing is prepared for them: a stand-in for the official
image may want to begin as root.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from tests.unit.deploy.rendered import Manifest, Pod, environment, of_kind, pods, selects

_ALSO = {"postgres": {"PGPORT": "5432"}}
"""What the official image has by itself and one built from a distribution's packages may not."""

_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


def compose_file(root: str, folder: Path, published: dict[str, int]) -> Manifest:
    """A compose file of the pods of a root.

    Files of ConfigMaps are written to `folder`. Of the `published` workloads a port of the first
    container is published on 127.0.0.1, the engine choosing which.
    """
    services: Manifest = {}
    volumes: set[str] = set()
    for one in pods(root):
        services |= _containers(one, folder, published.get(one.name))
    for service in services.values():
        volumes |= {mount["source"] for mount in service["volumes"] if mount["type"] == "volume"}
    return {"services": services, "volumes": {name: {} for name in sorted(volumes)}}


def _containers(pod: Pod, folder: Path, published: int | None) -> Manifest:
    made: Manifest = {}
    if grants := _grant(pod, folder):
        made[f"{pod.name}-volumes"] = grants
    for container in pod.spec.get("initContainers", []):
        if not is_ours(container):
            continue
        name = f"{pod.name}-{container['name']}"
        after = _after(made)
        made[name] = {
            **_container(pod, container, folder),
            "depends_on": after,
            "healthcheck": {"disable": True},
            "restart": "on-failure",
        }
    (container,) = pod.spec["containers"]
    made[pod.name] = {
        **_container(pod, container, folder),
        "depends_on": _after(made),
        "healthcheck": _healthcheck(container),
        "restart": "unless-stopped",
        "stop_grace_period": f"{pod.spec['terminationGracePeriodSeconds']}s",
        "hostname": _host_name(pod),
        "networks": {"default": {"aliases": sorted(_names(pod))}},
    }
    if published is not None:
        made[pod.name]["ports"] = [f"127.0.0.1:0:{published}"]
    return made


def _after(made: Manifest) -> Manifest:
    return {name: {"condition": "service_completed_successfully"} for name in list(made)[-1:]}


def _container(pod: Pod, container: Manifest, folder: Path) -> Manifest:
    security = {**pod.spec.get("securityContext", {}), **container.get("securityContext", {})}
    mounts = [_mount(pod, mount, folder) for mount in container.get("volumeMounts", [])]
    made: Manifest = {
        "image": image_of(container),
        "environment": {
            name: value.replace("$", "$$")
            for name, value in {
                **_ALSO.get(pod.name, {}),
                **environment_of(pod, container),
            }.items()
        },
        "mem_limit": container["resources"]["limits"]["memory"].replace("i", "").lower(),
        "volumes": [mount for mount in mounts if mount["type"] != "tmpfs"],
    }
    if is_ours(container):
        made |= {
            "user": f"{security['runAsUser']}:{security['runAsGroup']}",
            "group_add": [str(security["fsGroup"])],
            "read_only": security["readOnlyRootFilesystem"],
            # An engine may leave an existing folder's mode as it was, whatever is asked for.
            "tmpfs": [
                f"{mount['target']}:mode=1777,uid={security['runAsUser']}"
                for mount in mounts
                if mount["type"] == "tmpfs"
            ],
            "cap_drop": security["capabilities"]["drop"],
            "security_opt": ["no-new-privileges:true"],
        }
    if "command" in container:
        made["entrypoint"] = [part.replace("$", "$$") for part in container["command"]]
    if container.get("args"):
        made["command"] = [part.replace("$", "$$") for part in container["args"]]
    return made


def image_of(container: Manifest) -> str:
    """The image, by the name that a compose file gives it."""
    return str(container["image"]).removeprefix("docker.io/library/")


def is_ours(container: Manifest) -> bool:
    """Whether the image is one that this project builds."""
    return image_of(container).startswith("recdial-")


def environment_of(pod: Pod, container: Manifest) -> dict[str, str]:
    """What the container is told, as the kubelet makes it: references put in, in order."""
    known = {"field:metadata.name": f"{pod.name}-0"}
    for secret in of_kind(pod.root, "Secret"):
        for key, data in secret["data"].items():
            known[f"secret:{key}"] = base64.b64decode(data).decode()
    told: dict[str, str] = {}
    for name, value in environment(pod, container).items():
        given = known[value] if value.startswith(("secret:", "field:")) else value
        told[name] = _REFERENCE.sub(lambda found: told[found.group(1)], given)
    return told


def _config_map(pod: Pod, name: str) -> dict[str, str]:
    (data,) = (
        one["data"] for one in of_kind(pod.root, "ConfigMap") if one["metadata"]["name"] == name
    )
    return dict(data)


def _mount(pod: Pod, mount: Manifest, folder: Path) -> Manifest:
    volume = _volume(pod, mount["name"])
    target, inside = mount["mountPath"], mount.get("subPath", "")
    if "configMap" in volume:
        file = folder / f"{volume['configMap']['name']}-{inside}"
        file.write_text(_config_map(pod, volume["configMap"]["name"])[inside], encoding="utf-8")
        file.chmod(0o644)
        return {"type": "bind", "source": str(file), "target": target, "read_only": True}
    if "emptyDir" in volume and not _is_shared(pod, mount["name"]):
        return {"type": "tmpfs", "target": target}
    claim = volume.get("persistentVolumeClaim", {}).get("claimName", f"{pod.name}-{mount['name']}")
    source = "-".join([claim, *filter(None, inside.split("/"))])
    made = {"type": "volume", "source": source, "target": target}
    return {**made, "read_only": True} if mount.get("readOnly") else made


def _volume(pod: Pod, name: str) -> Manifest:
    claims = pod.workload["spec"].get("volumeClaimTemplates", [])
    if any(claim["metadata"]["name"] == name for claim in claims):
        return {}
    (found,) = (one for one in pod.spec["volumes"] if one["name"] == name)
    return dict(found)


def _is_shared(pod: Pod, name: str) -> bool:
    """Whether a container that prepares leaves something for another in it: all but /tmp."""
    mounts = [mount for one in pod.containers for mount in one.get("volumeMounts", [])]
    used = [mount for mount in mounts if mount["name"] == name]
    return len(used) > 1 and any(
        mount["mountPath"] != "/tmp" for mount in used if not mount.get("subPath")
    )


def _grant(pod: Pod, folder: Path) -> Manifest | None:
    """What gives the pod's volumes to its group, as fsGroup does."""
    mounts: dict[str, Manifest] = {}
    for container in pod.containers:
        for mount in container.get("volumeMounts", []):
            made = _mount(pod, mount, folder)
            if made["type"] == "volume" and not made.get("read_only"):
                mounts[made["source"]] = made
    (container,) = pod.spec["containers"]
    if not mounts or not is_ours(container):
        return None
    group = pod.spec["securityContext"]["fsGroup"]
    paths = " ".join(mount["target"] for mount in mounts.values())
    return {
        "image": image_of(container),
        "user": "0:0",
        "entrypoint": ["sh", "-c"],
        "command": [f"chgrp -R {group} {paths} && chmod -R g+rwX {paths} && chmod g+s {paths}"],
        "volumes": list(mounts.values()),
    }


def _healthcheck(container: Manifest) -> Manifest:
    """Healthy is ready, and only once it has started."""
    probe = container["readinessProbe"]
    if "tcpSocket" in probe:
        probe = container["startupProbe"]
    starting = container["startupProbe"]
    return {
        "test": ["CMD", *_asking(container, probe)],
        # Not the probe's period: a kubelet asks for next to nothing, an engine starts a program.
        "interval": "30s",
        "timeout": "30s",
        "start_period": f"{starting['failureThreshold'] * starting['periodSeconds']}s",
        "retries": probe.get("failureThreshold", 3),
    }


def _asking(container: Manifest, probe: Manifest) -> list[str]:
    if "exec" in probe:
        return [part.replace("$", "$$") for part in probe["exec"]["command"]]
    port = next(
        one["containerPort"]
        for one in container["ports"]
        if one["name"] == probe["httpGet"]["port"]
    )
    url = f"http://127.0.0.1:{port}{probe['httpGet']['path']}"
    return ["python", "-c", f"import urllib.request as http; http.urlopen('{url}', timeout=9)"]


def _host_name(pod: Pod) -> str:
    return f"{pod.name}-0" if pod.workload["kind"] == "StatefulSet" else pod.name


def _names(pod: Pod) -> set[str]:
    """What others in the cluster call it: its Services, and its own name in a headless one."""
    services = [
        one
        for one in of_kind(pod.root, "Service")
        if one["metadata"]["namespace"] == pod.namespace
        and selects({"matchLabels": one["spec"]["selector"]}, pod.labels)
    ]
    names: set[Any] = {one["metadata"]["name"] for one in services} - {"services"}
    if pod.workload["kind"] == "StatefulSet":
        governing = pod.workload["spec"]["serviceName"]
        names.add(f"{pod.name}-0.{governing}.{pod.namespace}.svc.cluster.local")
    return names
