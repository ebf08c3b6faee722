"""Every object has the fields its kind has, and no others."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.unit.deploy.rendered import ROOTS, Manifest, every_object, of_kind

VERSION = "1.33"
CRDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("crds.yaml").read_text())


def different_objects() -> Iterator[Manifest]:
    """Each object once: most are in several roots."""
    seen = set()
    for _, one in every_object():
        key = json.dumps(one, sort_keys=True)
        if key not in seen:
            seen.add(key)
            yield one


def schema_of(kind: str) -> dict[str, Any]:
    described = CRDS["kinds"][kind]
    return {
        "definitions": CRDS["definitions"],
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": described["apiVersion"]},
            "kind": {"const": kind},
            "metadata": {"$ref": "#/definitions/metadata"},
            "spec": {"type": "object", "additionalProperties": False, **described["spec"]},
        },
    }


def is_ours(one: Manifest) -> bool:
    return one["kind"] in CRDS["kinds"]


def test_core_objects_are_what_kubernetes_takes() -> None:
    count = 0
    for one in different_objects():
        if not is_ours(one):
            kubernetes_validate.validate(one, VERSION, strict=True)
            count += 1
    assert count > 80


def test_custom_resources_are_what_their_operators_take() -> None:
    kinds = set()
    for one in different_objects():
        if is_ours(one):
            jsonschema.validate(one, schema_of(one["kind"]))
            kinds.add(one["kind"])
    assert kinds == set(CRDS["kinds"])


@pytest.mark.parametrize("root", ROOTS)
def test_the_job_of_a_scaled_job_is_a_job(root: str) -> None:
    for one in of_kind(root, "ScaledJob"):
        job = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": one["metadata"]["name"]},
            "spec": one["spec"]["jobTargetRef"],
        }
        kubernetes_validate.validate(job, VERSION, strict=True)


def test_a_misspelt_field_is_found() -> None:
    (core,) = (one for one in of_kind(".", "Deployment") if one["metadata"]["name"] == "filter")
    wrong = copy.deepcopy(core)
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)
    (own, *_) = of_kind("with-keda", "ScaledObject")
    wrong = copy.deepcopy(own)
    wrong["spec"]["maxReplicas"] = 3
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema_of("ScaledObject"))
