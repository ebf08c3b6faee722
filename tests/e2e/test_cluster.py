"""Six services as six processes on RabbitMQ and Postgres, controlled as a user does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests import synthetic
from tests.model_server import ModelServer, model_server
from tests.processes import SERVICES, Cluster, ServiceProcess, cluster, until, verdicts

USERS = 60
AT_A_TIME = 2
"""Calls in flight of one generator."""
WINDOW = 4
"""Prompts in flight of a run."""


class Deployment:
    """The six services, and the commands a user gives them."""

    def __init__(self, place: Cluster) -> None:
        self.place = place
        self.source = synthetic.write_source(place.folder, users=USERS)
        place.environment |= {
            "RECDIAL_TEACHER_CONCURRENCY": str(AT_A_TIME),
            "RECDIAL_STUDENT_CONCURRENCY": str(AT_A_TIME),
        }
        self.processes = {service: place.start(service) for service in SERVICES}
        self.api = self.processes["grounding"].url

    def ready(self) -> Deployment:
        for process in self.processes.values():
            process.ready()
        return self

    def recdial(self, *arguments: str, status: int = 0) -> str:
        """What a command prints; it must end with the status."""
        done = self.place.recdial(*arguments, "--api", self.api)
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout if status == 0 else done.stderr

    def submit(self, *options: str, **changes: Any) -> UUID:
        """Submit a run; its id."""
        return self.place.submit(
            synthetic.config(Path(), self.source, **changes), self.api, *options
        )

    def with_model(self, model: ModelServer, users: int = USERS) -> UUID:
        """Submit a run of which a model server writes all dialogues."""
        return self.submit(
            student={"backend": "hub", "base_url": model.url},
            distillation={"mode": "none", "teacher_share": 0.0},
            grounding={"min_user_interactions": 5, "min_item_interactions": 5, "users": users},
            window=WINDOW,
            filtering={"attempts": 1},
        )

    def until_state(self, run_id: UUID, state: str) -> None:
        until(lambda: self.place.state(run_id) == state, f"the run is {state}")

    def job(self, run_id: UUID, kind: str) -> tuple[str, int] | None:
        """State and fence of a job; the fence grows when somebody takes the job."""
        rows = self.place.rows(
            "select state, fence from jobs where run_id = :run and kind = :kind",
            run=run_id,
            kind=kind,
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def output(self, run_id: UUID) -> Path:
        return self.place.folder / "output" / str(run_id)

    def assert_one_final_verdict_each(self, run_id: UUID, role: str, prompts: int) -> None:
        per_prompt = self.place.rows(
            "select a.prompt_id, count(d.id) from assignments a left join dialogues d "
            "on d.prompt_id = a.prompt_id and d.role = a.role and d.final "
            "where a.run_id = :run and a.role = :role group by a.prompt_id",
            run=run_id,
            role=role,
        )
        assert len(per_prompt) == prompts
        assert {count for _, count in per_prompt} == {1}
        assert "pending" not in verdicts(self.place, run_id, role)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with cluster(tmp_path_factory.mktemp("cluster")) as place:
        place.migrate()
        made = Deployment(place).ready()
        yield made
        for process in made.processes.values():
            process.terminate()
        assert [process.wait() for process in made.processes.values()] == [0] * len(SERVICES)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as made:
        yield made


def test_a_submitted_run_leaves_a_dataset(deployment: Deployment) -> None:
    run_id = deployment.submit("--wait")
    assert deployment.place.state(run_id) == "completed"
    lines = (deployment.output(run_id) / "dataset.jsonl").read_text().splitlines()
    counted = verdicts(deployment.place, run_id, "student")
    assert counted["accepted"] == len(lines) > USERS * 0.8
    deployment.assert_one_final_verdict_each(run_id, "student", USERS)
    teacher = sum(verdicts(deployment.place, run_id, "teacher").values())
    deployment.assert_one_final_verdict_each(run_id, "teacher", teacher)
    assert USERS * 0.1 <= teacher < USERS * 0.2
    report = json.loads((deployment.output(run_id) / "report.json").read_text())
    assert report["run"]["state"] == "completed"
    assert "completed" in deployment.recdial("status", str(run_id))
    assert str(run_id) in deployment.recdial("status")
    assert "no dead letters" in deployment.recdial("dead-letters", "list")


def test_a_paused_run_admits_nothing_new_and_a_resumed_one_completes(
    deployment: Deployment, model: ModelServer
) -> None:
    place = deployment.place
    run_id = deployment.with_model(model)
    until(lambda: model.in_flight == AT_A_TIME, "the model is asked")
    assert "paused" in deployment.recdial("pause", str(run_id))
    model.gate.set()
    until(
        lambda: (deployment.job(run_id, "release-student") or ("",))[0] == "queued",
        "the release stops",
    )
    job = deployment.job(run_id, "release-student")

    other = deployment.submit("--wait")
    assert deployment.place.state(other) == "completed", "other runs go on"

    # The other run's prompts came behind all that this one had in the queue.
    judged = "dialogues where run_id = :run"
    until(
        lambda: 0 < place.count(judged, run=run_id) == model.asked,
        "what was in flight finishes",
    )
    assert model.asked <= 2 * WINDOW, "a paused run admits nothing new"
    assert deployment.job(run_id, "release-student") == job, "workers pass over the paused run"
    assert deployment.place.state(run_id) == "paused"

    assert "running" in deployment.recdial("resume", str(run_id))
    deployment.until_state(run_id, "completed")
    deployment.assert_one_final_verdict_each(run_id, "student", USERS)
    assert model.asked == USERS, "no call is made twice"


def test_a_cancelled_run_ends_and_is_reported(deployment: Deployment, model: ModelServer) -> None:
    place = deployment.place
    run_id = deployment.with_model(model)
    until(lambda: model.in_flight == AT_A_TIME, "the model is asked")
    assert "cancelled" in deployment.recdial("cancel", str(run_id))
    model.gate.set()
    until(lambda: (deployment.job(run_id, "evaluate") or ("",))[0] == "done", "the run is reported")
    report = json.loads((deployment.output(run_id) / "report.json").read_text())
    assert report["run"]["state"] == "cancelled"
    until(lambda: place.depth("generator.prompt.student") == 0, "what waits is dropped")
    assert model.asked == AT_A_TIME, "only what was in flight finished"
    assert verdicts(place, run_id, "student")["pending"] >= USERS - AT_A_TIME
    release = deployment.job(run_id, "release-student")
    assert release is not None
    assert release[0] == "cancelled"
    refused = deployment.recdial("resume", str(run_id), status=2)
    assert "a run that is cancelled cannot be asked to resume" in " ".join(refused.split())
    assert deployment.place.state(run_id) == "cancelled"


def test_replicas_of_the_generator_share_the_work(
    deployment: Deployment, model: ModelServer
) -> None:
    second: ServiceProcess = deployment.place.start("generator").ready()
    run_id = deployment.with_model(model)
    until(lambda: model.in_flight == 2 * AT_A_TIME, "both are at work at once")
    model.gate.set()
    deployment.until_state(run_id, "completed")
    deployment.assert_one_final_verdict_each(run_id, "student", USERS)
    assert model.asked == USERS, "no call is made twice"
    assert model.most_in_flight == 2 * AT_A_TIME
    assert second.stop() == 0


def test_replayed_dead_letters_reopen_what_they_ended(
    deployment: Deployment, model: ModelServer
) -> None:
    users, queue = 12, "generator.prompt.student"
    model.status = 400
    model.gate.set()
    run_id = deployment.with_model(model, users)
    deployment.until_state(run_id, "completed")
    assert verdicts(deployment.place, run_id, "student") == {"failed": users}
    assert f"{queue} {users}" in " ".join(deployment.recdial("dead-letters", "list").split())
    assert "answered 400" in deployment.recdial("dead-letters", "show", queue, "-n", "3")

    model.status = 200
    replayed = deployment.recdial("dead-letters", "replay", queue)
    assert f"sent {users} dead letters again" in replayed
    deployment.until_state(run_id, "completed")
    deployment.assert_one_final_verdict_each(run_id, "student", users)
    assert verdicts(deployment.place, run_id, "student") == {"rejected": users}
    report = json.loads((deployment.output(run_id) / "report.json").read_text())
    assert report["verdicts"]["student"]["failed"] == 0, "the run is evaluated anew"
    assert "no dead letters" in deployment.recdial("dead-letters", "list")


def test_a_wrong_token_and_a_wrong_address_are_explained(deployment: Deployment) -> None:
    wrong = deployment.place.recdial("status", "--api", deployment.api, RECDIAL_API_TOKEN="wrong")
    assert wrong.returncode == 2
    assert "401" in wrong.stderr
    assert "RECDIAL_API_TOKEN" in wrong.stderr
    nowhere = deployment.place.recdial("status", "--api", "http://127.0.0.1:9")
    assert nowhere.returncode == 2
    assert "http://127.0.0.1:9 does not answer" in nowhere.stderr
    assert "Traceback" not in wrong.stderr + nowhere.stderr
