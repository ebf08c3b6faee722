"""What the manifests tell a service is what it reads; the tiny overlay tells what compose does."""

from __future__ import annotations

import os
import re
import shlex
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings
from typer.core import TyperGroup
from typer.main import get_command

from benchmarks.autoscaling import DEFAULTS
from recdial.cli import adapters
from recdial.config_file import read_config
from recdial.environment import read_environment
from recdial.process_settings import ServiceProcessSettings, StoreSettings
from services.evaluator.settings import EvaluatorSettings
from services.filter.settings import FilterSettings
from services.generator.settings import GeneratorSettings
from services.grounding.api import ApiSettings
from services.grounding.settings import GroundingSettings, TmdbSettings
from services.prompter.settings import PrompterSettings
from services.trainer.settings import TrainerSettings
from tests.unit.deploy.rendered import K8S, PROJECT, ROOTS, Pod, environment, of_kind, pod, pods

SETTINGS: dict[str, tuple[type[BaseSettings], ...]] = {
    "grounding": (GroundingSettings, ApiSettings, TmdbSettings),
    "prompter": (PrompterSettings,),
    "generator-teacher": (GeneratorSettings,),
    "generator-student": (GeneratorSettings,),
    "trainer": (TrainerSettings,),
    "filter": (FilterSettings,),
    "evaluator": (EvaluatorSettings,),
}

OF_KUBERNETES = {
    "POSTGRES_PASSWORD": "a part of RECDIAL_DATABASE_URL, which compose puts together itself",
    "RABBITMQ_PASSWORD": "a part of RECDIAL_AMQP_URL, which compose puts together itself",
    "RECDIAL_ROLES": "compose has one generator for both roles",
}

OF_COMPOSE = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "passed on from the shell that starts compose, if it is there",
    "OTEL_EXPORTER_OTLP_HEADERS": "passed on from the shell that starts compose, if it is there",
}


def variables(settings: type[BaseSettings]) -> dict[str, bool]:
    """The environment variables of settings, and whether they must be set."""
    prefix = settings.model_config.get("env_prefix", "")
    return {
        f"{prefix}{name}".upper(): field.is_required()
        for name, field in settings.model_fields.items()
    }


def in_image() -> dict[str, str]:
    """What the Dockerfile sets in every image."""
    text = (PROJECT / "Dockerfile").read_text()
    return dict(re.findall(r"(RECDIAL_\w+)=(\S+)", text))


def services(root: str) -> list[Pod]:
    return [one for one in pods(root) if one.name in SETTINGS]


@pytest.mark.parametrize("root", ROOTS)
def test_every_variable_of_ours_that_is_set_is_read(root: str) -> None:
    for one in services(root):
        read = {name for kind in _settings(one) for name in variables(kind)}
        told = environment(one, one.container("service"))
        mine = {name for name in told if name.startswith("RECDIAL_")}
        assert mine - read == set(), str(one)


@pytest.mark.parametrize("root", ROOTS)
def test_every_variable_a_service_needs_is_set_and_can_be_read(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in services(root):
        told = in_image() | environment(one, one.container("service"))
        for name in [name for name in os.environ if name.startswith("RECDIAL_")]:
            monkeypatch.delenv(name)
        for name, value in told.items():
            monkeypatch.setenv(name, _expanded(value, told).replace("secret:", "a-secret-"))
        for settings in _settings(one):
            needed = {name for name, required in variables(settings).items() if required}
            assert needed <= set(told), str(one)
            read_environment(settings)


@pytest.mark.parametrize("root", ROOTS)
def test_the_store_is_migrated_before_each_service_with_the_same_url(root: str) -> None:
    for one in services(root):
        migrate = one.container("migrate")
        assert migrate["command"] == ["recdial", "migrate"]
        told = environment(one, migrate)
        assert {name for name, required in variables(StoreSettings).items() if required} <= set(
            told
        )
        service = environment(one, one.container("service"))
        assert told["RECDIAL_DATABASE_URL"] == service["RECDIAL_DATABASE_URL"]


@pytest.mark.parametrize("root", ROOTS)
def test_what_a_value_is_made_of_is_defined_before_it(root: str) -> None:
    for one in pods(root):
        for container in one.containers:
            known: set[str] = set()
            for variable in container.get("env", []):
                used = set(re.findall(r"\$\((\w+)\)", variable.get("value", "")))
                assert used <= known, (str(one), variable["name"])
                known.add(variable["name"])


def test_each_generator_has_its_role_and_its_concurrency() -> None:
    for role in ("teacher", "student"):
        (one,) = (found for found in pods(".") if found.name == f"generator-{role}")
        told = environment(one, one.container("service"))
        assert told["RECDIAL_ROLES"] == role
        assert f"RECDIAL_{role.upper()}_CONCURRENCY" in variables(GeneratorSettings)
        assert f"RECDIAL_{role.upper()}_CONCURRENCY" in told


def compose_environments() -> dict[str, dict[str, str]]:
    loaded = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    found = {
        name: {key: _of_compose(value) for key, value in one.get("environment", {}).items()}
        for name, one in loaded["services"].items()
    }
    generator = found.pop("generator")
    return found | {"generator-teacher": generator, "generator-student": generator}


@pytest.mark.parametrize("service", [*SETTINGS, "model-server"])
def test_the_tiny_overlay_tells_a_service_what_compose_does(service: str) -> None:
    (one,) = (found for found in pods("overlays/tiny") if found.name == service)
    here = environment(one, one.spec["containers"][0])
    there = compose_environments()[service]
    assert set(here) - set(there) <= set(OF_KUBERNETES)
    assert set(there) - set(here) <= set(OF_COMPOSE)
    for name in set(here) & set(there):
        assert _expanded(here[name], here) == there[name], name


def test_the_tiny_overlay_serves_models_by_the_command_of_compose() -> None:
    (one,) = (found for found in pods("overlays/tiny") if found.name == "model-server")
    loaded = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    told = " ".join(loaded["services"]["model-server"]["command"])
    assert " ".join(one.container("model-server")["command"]).replace("=", " ") == told


def _settings(one: Pod) -> tuple[type[BaseSettings], ...]:
    return (ServiceProcessSettings, *SETTINGS[one.name])


def _expanded(value: str, told: dict[str, str]) -> str:
    return re.sub(r"\$\((\w+)\)", lambda found: told[found[1]], value)


def _of_compose(value: Any) -> str:
    """A value with compose's variables as ours are written: a secret, or what stands by default."""
    text = "" if value is None else str(value)
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", r"secret:\1", text)
    text = re.sub(r"\$\{(\w+):-\}", r"secret:\1", text)
    return re.sub(r"\$\{\w+:-([^}]+)\}", r"\1", text)


def test_the_run_of_the_guide_is_valid_and_asks_for_the_servers_there_are() -> None:
    run = read_config(K8S / "run.yaml", [])
    servers = {"teacher": run.teacher, "student": run.student}
    names = {one["metadata"]["name"] for one in of_kind(".", "Service")}
    for role, backend in servers.items():
        assert backend.base_urls == (f"http://{role}",)
        assert role in names
        served = environment(pod(".", role), pod(".", role).container("server"))
        assert served["MODEL_ID"] == backend.model
    assert run.window == DEFAULTS.window


@pytest.mark.parametrize("root", [".", "with-vllm"])
def test_the_student_fetches_its_adapter_by_a_command_there_is(root: str) -> None:
    group = get_command(adapters.app)
    assert isinstance(group, TyperGroup)
    fetch = group.commands["fetch"]
    (script,) = pod(root, "student").container("adapter")["args"]
    (line,) = re.findall(r"recdial adapters fetch ([^|;]+)", script)
    told = shlex.split(line.replace("$RUN", "11111111-1111-1111-1111-111111111111"))
    with fetch.make_context("fetch", told) as context:
        assert context.params


@pytest.mark.parametrize("root", ["with-s3-artifacts", "."])
def test_all_who_keep_objects_use_one_bucket_at_one_place(root: str) -> None:
    told = [
        environment(one, container)
        for one in pods(root)
        for container in one.containers
        if one.name in ("trainer", "evaluator", "postgres-backup", "student")
    ]
    places = {
        (one.get("AWS_ENDPOINT_URL") or one["RCLONE_CONFIG_S3_ENDPOINT"])
        for one in told
        if "AWS_ENDPOINT_URL" in one or "RCLONE_CONFIG_S3_ENDPOINT" in one
    }
    buckets = {one["S3_BUCKET"] for one in told if "S3_BUCKET" in one}
    assert len(places) == 1
    assert len(buckets) == 1
    (trainer,) = (one for one in told if "RECDIAL_ARTIFACTS" in one)
    assert _expanded(trainer["RECDIAL_ARTIFACTS"], trainer) == f"s3://{buckets.pop()}/artifacts"
