"""One service as one process, on a real RabbitMQ and a real Postgres."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from recdial.contracts import RunGrounded, TeacherPrompt
from recdial.domain import ChatMessage, SamplingParams
from recdial.settings import RunConfig
from recdial.store import prompts, runs
from tests.model_server import ModelServer, model_server
from tests.processes import ROOT, SERVICES, TOKEN, Cluster, ServiceProcess, cluster, until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("service")) as made:
        made.migrate()
        yield made


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as made:
        yield made


def config(**changes: Any) -> RunConfig:
    return RunConfig.model_validate(
        {
            "name": "service",
            "source": {"reviews": "r.jsonl", "tmdb": "t.json"},
            "teacher": {"backend": "scripted"},
            "student": {"backend": "scripted"},
            "distillation": {"mode": "none"},
        }
        | changes
    )


def new_run(place: Cluster, made_of: RunConfig) -> UUID:
    run_id = uuid4()
    place.store(lambda session: runs.create(session, run_id, made_of))
    return run_id


def prompt_to_write(place: Cluster, model: ModelServer) -> TeacherPrompt:
    """One prompt of a run whose teacher is the model server, stored and to be published."""
    run_id = new_run(place, config(teacher={"backend": "hub", "base_url": model.url}))
    prompt_id = uuid4()
    row = {
        "id": prompt_id,
        "run_id": run_id,
        "user_id": "user",
        "history_number": 0,
        "stereotype": "curious_newcomer",
        "template_version": "1",
        "messages": [{"role": "user", "content": "Write."}],
        "item_ids": [],
        "history": [],
        "history_shown": False,
        "target_item_id": "1",
        "target_rating": 5.0,
        "target_liked": True,
        "draw": 1,
    }
    place.store(lambda session: prompts.add(session, [row]))
    return TeacherPrompt(
        run_id=run_id,
        prompt_id=prompt_id,
        dialogue_id=uuid4(),
        messages=(ChatMessage(role="user", content="Write."),),
        sampling=SamplingParams(),
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_starts_answers_its_probes_and_ends_with_status_0(
    place: Cluster, service: str
) -> None:
    process = place.start(service)
    assert process.probe("/healthz", 200).json() == {"status": "alive"}
    process.ready()
    assert process.metric("process_open_fds") > 0
    assert process.stop() == 0
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert "service.started" in events
    assert events.index("service.stopped") > events.index("service.started")


def test_what_a_service_handles_is_counted_by_queue(place: Cluster) -> None:
    run_id = new_run(place, config())
    process = place.start("filter").ready()
    queue = 'queue="filter.run.grounded"'
    place.publish(RunGrounded(run_id=run_id, profiles=3))
    until(
        lambda: process.metric(f'recdial_deliveries_total{{outcome="done",{queue}}}') == 1,
        "a delivery is counted",
    )
    assert process.metric(f"recdial_handler_seconds_count{{{queue}}}") == 1
    assert process.metric(f"recdial_in_flight{{{queue}}}") == 0
    place.publish(RunGrounded(run_id=uuid4(), profiles=3))
    until(
        lambda: process.metric(f'recdial_deliveries_total{{outcome="failed",{queue}}}') >= 1,
        "a failure is counted",
    )
    assert process.stop() == 0


def test_sigterm_lets_what_is_in_flight_finish(place: Cluster, model: ModelServer) -> None:
    in_hand, waiting = prompt_to_write(place, model), prompt_to_write(place, model)
    process = place.start("generator", RECDIAL_TEACHER_CONCURRENCY="1").ready()
    place.publish(in_hand, waiting)
    until(lambda: model.asked, "the model is asked")
    process.terminate()
    assert "stop" in process.probe("/readyz", 503).json()
    assert process.probe("/healthz", 200)
    model.gate.set()
    assert process.wait() == 0
    assert model.asked == 1, "a stopping service takes no more"
    written = place.rows("select dialogue_id from completions")
    assert written == [(in_hand.dialogue_id,)]
    assert place.depth("filter.dialogue.generated") == 1
    assert place.depth("generator.prompt.teacher") == 1, "the other waits for another process"
    other = place.start("generator").ready()
    until(lambda: place.count("completions") == 2, "another process takes it")
    assert other.stop() == 0, "the next test's prompts are not this one's to take"


def test_a_second_sigterm_ends_the_process_at_once_and_loses_nothing(
    place: Cluster, model: ModelServer
) -> None:
    prompt = prompt_to_write(place, model)
    process = place.start("generator").ready()
    place.publish(prompt)
    until(lambda: model.asked, "the model is asked")
    process.terminate()
    process.probe("/readyz", 503)
    process.terminate()
    assert process.wait(10) == 128 + 15
    model.gate.set()
    other = place.start("generator").ready()
    until(
        lambda: place.count("completions where dialogue_id = :id", id=prompt.dialogue_id),
        "another process does it again",
    )
    assert other.stop() == 0


def test_a_generator_of_one_role_leaves_the_others_prompts(
    place: Cluster, model: ModelServer
) -> None:
    model.gate.set()
    prompt = prompt_to_write(place, model)
    student = place.start("generator", RECDIAL_ROLES="student").ready()
    (started,) = [
        line for line in student.log.read_text().splitlines() if "service.started" in line
    ]
    assert json.loads(started)["queues"] == ["generator.prompt.student"]
    place.publish(prompt)
    until(lambda: place.depth("generator.prompt.teacher") == 1, "the prompt waits")

    teacher = place.start("generator", RECDIAL_ROLES="teacher").ready()
    until(
        lambda: place.count("completions where dialogue_id = :id", id=prompt.dialogue_id),
        "the teacher's generator takes it",
    )
    assert student.total("recdial_deliveries_total") == 0
    assert (student.stop(), teacher.stop()) == (0, 0)


def test_a_role_there_is_not_is_named(place: Cluster) -> None:
    process = place.start("generator", RECDIAL_ROLES="teacher,pupil")
    assert process.wait() == 2
    assert "RECDIAL_ROLES: Input should be 'teacher' or 'student'" in process.log.read_text()


def test_readyz_says_that_the_database_is_away_and_when_it_is_back(place: Cluster) -> None:
    process = place.start("filter").ready()
    place.let_in(False)
    try:
        said = process.probe("/readyz", 503).json()
        assert said["store"].startswith("does not answer")
        assert "broker" not in said
        assert process.probe("/healthz", 200)
    finally:
        place.let_in(True)
    process.ready()
    assert process.stop() == 0


def test_a_service_waits_for_a_broker_that_is_not_there_yet(place: Cluster) -> None:
    away = "amqp://user:secret@127.0.0.1:9/"
    process = place.start("filter", RECDIAL_AMQP_URL=away)

    def waits_for_the_broker() -> bool:
        return "the broker does not answer" in process.probe("/readyz", 503).json()["start"]

    until(waits_for_the_broker, "the broker is waited for")
    assert process.probe("/healthz", 200)
    assert process.stop() == 0
    assert "secret" not in process.log.read_text()


def test_a_service_waits_for_the_tables(tmp_path: Path) -> None:
    with cluster(tmp_path) as place:
        process = place.start("filter")

        def misses_the_tables() -> bool:
            return '"runs" does not exist' in process.probe("/readyz", 503).json()["start"]

        until(misses_the_tables, "the tables are waited for")
        place.migrate()
        process.ready()


def test_a_lost_message_holds_no_run_up(place: Cluster) -> None:
    run_id = new_run(place, config())
    place.rows(
        "update runs set teacher_assigned = true, student_assigned = true, profiles = 0 "
        "where id = :run",
        run=run_id,
    )
    before = place.depth("evaluator.run.completed")
    process = place.start("filter", RECDIAL_SWEEP_S="0.2").ready()
    until(lambda: place.depth("evaluator.run.completed") > before, "the sweep publishes it")
    assert process.stop() == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_missing_address_is_named_and_nothing_is_started(service: str) -> None:
    bare = {key: value for key, value in os.environ.items() if not key.startswith("RECDIAL_")}
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "RECDIAL_AMQP_URL: is not set" in done.stderr
    assert "RECDIAL_DATABASE_URL: is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_grounding_does_not_start_without_a_token_of_some_length(place: Cluster) -> None:
    process = place.start("grounding", RECDIAL_API_TOKEN="short")
    assert process.wait() == 2
    said = process.log.read_text()
    assert "RECDIAL_API_TOKEN" in said
    assert "short" not in said.replace("too short", "")


class ApiClient:
    """The API of a grounding process."""

    def __init__(self, process: ServiceProcess, token: str = TOKEN) -> None:
        self._http = httpx.Client(
            base_url=process.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._http.request(method, path, **options)


@pytest.fixture(scope="module")
def grounding(place: Cluster) -> ServiceProcess:
    return place.start("grounding").ready()


@pytest.fixture
def api(grounding: ServiceProcess) -> ApiClient:
    return ApiClient(grounding)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "größer"])
def test_the_api_refuses_whoever_has_not_the_token(grounding: ServiceProcess, token: str) -> None:
    shown = {b"Authorization": f"Bearer {token}".encode()} if token else {}
    for method, path in (("GET", "/runs"), ("POST", "/runs"), ("GET", "/dead-letters")):
        answer = httpx.request(method, grounding.url + path, headers=shown)
        assert answer.status_code == 401
        assert "RECDIAL_API_TOKEN" in answer.json()["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_wrong_config_is_explained_key_by_key(api: ApiClient) -> None:
    wrong = config().model_dump(mode="json") | {"grouding": {}, "seed": "seven"}
    answer = api.ask("POST", "/runs", json=wrong)
    assert answer.status_code == 422
    assert "grouding: unknown key; did you mean grounding?" in answer.json()["detail"]
    assert "seed: 'seven' is not allowed" in answer.json()["detail"]


def test_a_source_outside_the_data_folder_is_refused(api: ApiClient) -> None:
    for reviews in ("/etc/passwd", "../r.jsonl"):
        outside = config(source={"reviews": reviews, "tmdb": "t.json"}).model_dump(mode="json")
        answer = api.ask("POST", "/runs", json=outside)
        assert answer.status_code == 422
        assert "source.reviews" in answer.json()["detail"]
        assert "RECDIAL_DATA" in answer.json()["detail"]


def test_one_key_starts_one_run(api: ApiClient, place: Cluster) -> None:
    body = config(name="keyed").model_dump(mode="json")
    key = {"Idempotency-Key": uuid4().hex}
    first, second = (api.ask("POST", "/runs", json=body, headers=key) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json()["run_id"] == second.json()["run_id"]
    other = api.ask("POST", "/runs", json=body | {"seed": 8}, headers=key)
    assert other.status_code == 409
    without = api.ask("POST", "/runs", json=body)
    assert without.json()["run_id"] != first.json()["run_id"]
    assert place.count("runs where name = 'keyed'") == 2


def test_what_cannot_be_done_with_a_run_is_refused_with_the_reason(
    api: ApiClient, place: Cluster
) -> None:
    assert api.ask("GET", f"/runs/{uuid4()}").status_code == 404
    assert api.ask("POST", f"/runs/{uuid4()}/pause").status_code == 404
    run_id = new_run(place, config(name="controlled"))
    assert api.ask("POST", f"/runs/{run_id}/pause").json()["state"] == "paused"
    assert api.ask("POST", f"/runs/{run_id}/cancel").json()["state"] == "cancelled"
    refused = api.ask("POST", f"/runs/{run_id}/resume")
    assert refused.status_code == 409
    assert "a run that is cancelled cannot be asked to resume" in refused.json()["detail"]
    assert api.ask("GET", f"/runs/{run_id}").json()["state"] == "cancelled"


def test_an_unknown_queue_is_named_with_those_there_are(api: ApiClient) -> None:
    for method, path in (
        ("GET", "/dead-letters/nowhere"),
        ("POST", "/dead-letters/nowhere/replay"),
    ):
        answer = api.ask(method, path)
        assert answer.status_code == 404
        assert "filter.dialogue.generated" in answer.json()["detail"]
