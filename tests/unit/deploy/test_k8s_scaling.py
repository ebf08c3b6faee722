"""The keda component asks for the queues there are, with the numbers of the simulation."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmarks.autoscaling import (
    DEFAULTS,
    STUDENT,
    TEACHER,
    Plan,
    Scaling,
    ServerSpeed,
    Work,
    grid,
    plans,
    simulate,
)
from recdial.bus.topology import contract_queues
from recdial.domain import RunState
from recdial.store.jobs import JobName
from recdial.store.models import Job, Run
from tests.unit.deploy.rendered import PROJECT, Manifest, environment, of_kind, pod

KEDA = ("with-keda", "overlays/gpu")
SCALED = {
    "generator-teacher": DEFAULTS.generator,
    "generator-student": DEFAULTS.generator,
    "teacher": DEFAULTS.teacher,
    "student": DEFAULTS.student,
}
RUN = Work(23_456)


@pytest.mark.parametrize("root", KEDA)
@pytest.mark.parametrize("name", SCALED)
def test_a_scaled_object_has_the_numbers_that_were_simulated(root: str, name: str) -> None:
    wanted = SCALED[name]
    (one,) = (
        found["spec"]
        for found in of_kind(root, "ScaledObject")
        if found["metadata"]["name"] == name
    )
    (trigger,) = one["triggers"]
    behaviour = one["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    (up,) = behaviour["scaleUp"]["policies"]
    assert (
        Scaling(
            per_replica=int(trigger["metadata"]["value"]),
            most=one["maxReplicaCount"],
            least=one["minReplicaCount"],
            cooldown_s=one["cooldownPeriod"],
            stabilisation_s=behaviour["scaleDown"]["stabilizationWindowSeconds"],
            added=up["value"],
            period_s=up["periodSeconds"],
        )
        == wanted
    )
    assert one["pollingInterval"] == wanted.period_s
    assert behaviour["scaleUp"]["stabilizationWindowSeconds"] == 0


@pytest.mark.parametrize("root", KEDA)
def test_queues_that_are_asked_for_exist_and_are_the_targets_own(root: str) -> None:
    queues = {
        one["metadata"]["name"]: trigger["metadata"]["queueName"]
        for one in of_kind(root, "ScaledObject", "ScaledJob")
        for trigger in one["spec"]["triggers"]
        if trigger["type"] == "rabbitmq"
    }
    assert queues == {
        "generator-teacher": "generator.prompt.teacher",
        "generator-student": "generator.prompt.student",
        "teacher": "generator.prompt.teacher",
        "student": "generator.prompt.student",
        "trainer": "trainer.teacher.completed",
    }
    assert set(queues.values()) <= set(contract_queues())


@pytest.mark.parametrize("root", KEDA)
def test_what_is_scaled_has_no_replicas_of_its_own_and_one_scaler(root: str) -> None:
    targets = [one["spec"]["scaleTargetRef"] for one in of_kind(root, "ScaledObject")]
    assert sorted(one["name"] for one in targets) == sorted(SCALED)
    assert of_kind(root, "HorizontalPodAutoscaler") == []
    for one in targets:
        workload = pod(root, one["name"]).workload
        assert workload["kind"] == one["kind"]
        assert "replicas" not in workload["spec"]


def test_a_generator_keeps_as_much_in_flight_as_the_simulation_says() -> None:
    for role in ("teacher", "student"):
        one = pod("with-keda", f"generator-{role}")
        told = environment(one, one.container("service"))
        assert int(told[f"RECDIAL_{role.upper()}_CONCURRENCY"]) == DEFAULTS.concurrency


def test_the_job_that_trains_is_the_pod_of_the_deployment() -> None:
    def comparable(root: str) -> Manifest:
        found = dict(pod(root, "trainer").spec)
        return {
            **{key: value for key, value in found.items() if key != "restartPolicy"},
            "containers": [
                {key: value for key, value in one.items() if key != "command"}
                for one in found["containers"]
            ],
        }

    assert comparable("with-keda") == comparable(".")
    command = pod("with-keda", "trainer").container("service")["command"]
    assert command == ["python", "-m", "services.trainer", "--once"]


def test_the_query_for_trainings_names_what_the_store_has() -> None:
    (job,) = of_kind("with-keda", "ScaledJob")
    (query,) = (
        trigger["metadata"]["query"]
        for trigger in job["spec"]["triggers"]
        if trigger["type"] == "postgresql"
    )
    assert f"jobs.kind = '{JobName.train.value}'" in query
    columns = {f"jobs.{one.name}" for one in Job.__table__.columns}
    columns |= {f"runs.{one.name}" for one in Run.__table__.columns}
    assert set(re.findall(r"(?:jobs|runs)\.\w+", query)) <= columns
    assert set(re.findall(r"'([\w-]+)'", query)) <= {
        JobName.train,
        "queued",
        "running",
        RunState.paused,
        RunState.cancelled,
    }


def test_scaled_servers_cost_less_and_take_no_longer() -> None:
    found = {name: simulate(RUN, plan) for name, plan in plans(DEFAULTS.window).items()}
    scaled, fixed = found["keda: servers from zero"], found["fixed: 1 teacher, 4 students"]
    assert scaled.gpu_hours < 0.5 * fixed.gpu_hours
    assert scaled.hours < 1.05 * fixed.hours
    assert scaled.gpu_hours < found["fixed: 1 teacher, 1 student"].gpu_hours


def test_the_defaults_are_the_fastest_of_what_costs_little() -> None:
    found = grid(RUN)
    least = min(out.gpu_hours for _, _, out in found)
    cheap = [out for _, _, out in found if out.gpu_hours <= 1.1 * least]
    chosen = next(
        out
        for per_replica, most, out in found
        if (per_replica, most) == (DEFAULTS.student.per_replica, DEFAULTS.student.most)
    )
    assert chosen in cheap
    assert chosen.hours <= 1.01 * min(out.hours for out in cheap)


def test_a_small_window_hides_the_work_from_the_autoscaler() -> None:
    scaled = plans(DEFAULTS.window)["keda: servers from zero"]
    small = simulate(RUN, replace(scaled, window=256))
    wide = simulate(RUN, scaled)
    assert small.hours > 1.2 * wide.hours
    assert small.most_servers < wide.most_servers
    assert DEFAULTS.window >= DEFAULTS.student.per_replica * DEFAULTS.student.most
    assert DEFAULTS.window >= DEFAULTS.generator.per_replica * DEFAULTS.generator.most


def test_the_simulation_writes_as_fast_as_its_servers_can() -> None:
    def hours(speed: ServerSpeed, dialogues: float, calls: float) -> float:
        work = dialogues * RUN.attempts
        return work / speed.dialogues_per_s(calls, RUN.tokens) / 3600

    calls = 2 * DEFAULTS.concurrency
    fixed = simulate(RUN, Plan(generator=2, teacher=1, student=1, window=4096))
    by_hand = hours(TEACHER, RUN.teacher_share * RUN.dialogues, calls) + hours(
        STUDENT, RUN.dialogues, calls
    )
    assert fixed.hours == pytest.approx(by_hand + RUN.training_s / 3600, rel=0.01)
    assert fixed.gpu_hours == pytest.approx(5 * fixed.hours + RUN.training_s / 3600, rel=0.01)


def test_the_simulation_is_deterministic() -> None:
    plan = plans(DEFAULTS.window)["keda: servers from zero"]
    first = simulate(RUN, plan)
    assert simulate(RUN, plan) == first


@pytest.mark.parametrize(
    ("page", "rows"),
    [
        (
            "scaling.md",
            {
                "fixed, 1 teacher, 1 student": "fixed: 1 teacher, 1 student",
                "fixed, 1 teacher, 4 students": "fixed: 1 teacher, 4 students",
                "fixed, 2 teachers, 4 students": "fixed: 2 teachers, 4 students",
                "`keda`, up to 2 teachers and 4 students": "keda: servers from zero",
                "`keda`, generators only, 1 teacher, 1 student": "keda: generators only",
            },
        ),
        (
            "kubernetes.md",
            {
                "1 teacher, 1 student, always there": "fixed: 1 teacher, 1 student",
                "1 teacher, 4 students, always there": "fixed: 1 teacher, 4 students",
                "`keda`: up to 2 and 4, from zero": "keda: servers from zero",
            },
        ),
    ],
)
def test_the_pages_have_the_figures_of_the_simulation(page: str, rows: dict[str, str]) -> None:
    text = (PROJECT / "docs" / page).read_text()
    simulated = plans(DEFAULTS.window)
    for row, name in rows.items():
        out = simulate(RUN, simulated[name])
        assert f"| {row} | {out.hours:.1f} | {out.gpu_hours:.1f} |" in text, row
