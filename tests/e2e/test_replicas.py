"""Prompter, generator and filter at one, two and four replicas, with nothing to coordinate them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests import synthetic
from tests.model_server import model_server
from tests.processes import Cluster, ServiceProcess, cluster, until, verdicts

REPLICATED = {
    "prompter": "prompter.profile.grounded",
    "generator": "generator.prompt.student",
    "filter": "filter.dialogue.generated",
}
"""The services, and the queue of which each replica must have had its share."""
USERS = 80
IN_HAND = 4


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("replicas")) as place:
        place.migrate()
        place.environment |= {
            # A replica takes no more than this at once, so that there is something to share.
            "RECDIAL_CONCURRENCY": str(IN_HAND),
            "RECDIAL_STUDENT_CONCURRENCY": str(IN_HAND),
        }
        for service in ("grounding", "trainer", "evaluator"):
            place.start(service)
        yield place


@pytest.fixture(scope="module")
def started() -> dict[str, list[ServiceProcess]]:
    """The replicas of each service, which are only ever added to."""
    return {service: [] for service in REPLICATED}


@pytest.mark.parametrize(
    "replicas",
    [*(pytest.param(count, marks=pytest.mark.thorough) for count in (1, 4)), 2],
)
def test_replicas_share_the_work(
    place: Cluster, started: dict[str, list[ServiceProcess]], replicas: int
) -> None:
    for service, processes in started.items():
        processes += [place.start(service) for _ in range(replicas - len(processes))]
    for process in place.processes:
        process.ready()
    before = {
        service: [done(process, queue) for process in started[service]]
        for service, queue in REPLICATED.items()
    }
    with model_server() as model:
        model.gate.set()
        run_id = submit(place, model.url)
        until(lambda: place.state(run_id) == "completed", "the run completes")
        assert model.asked == USERS, "no call is made twice"
    per_prompt = place.rows(
        "select count(*) from dialogues where run_id = :run and final group by prompt_id",
        run=run_id,
    )
    assert per_prompt == [(1,)] * USERS
    assert verdicts(place, run_id, "student") == {"rejected": USERS}
    for service, queue in REPLICATED.items():
        after = [done(process, queue) for process in started[service]]
        shares = [now - then for now, then in zip(after, before[service], strict=True)]
        assert sum(shares) == USERS, f"{service}: {shares}"
        assert min(shares) > 0, f"a {service} stood idle: {shares}"


def submit(place: Cluster, model_url: str) -> UUID:
    """A run of which the model server writes all dialogues, with a window for all replicas."""
    source = synthetic.write_source(place.folder, users=USERS)
    content = synthetic.config(
        Path(),
        source,
        student={"backend": "hub", "base_url": model_url},
        distillation={"mode": "none", "teacher_share": 0.0},
        window=USERS,
        filtering={"attempts": 1},
    )
    return place.submit(content, place.processes[0].url)


def done(process: ServiceProcess, queue: str) -> float:
    """Deliveries of a queue that a process handled."""
    return process.metric(f'recdial_deliveries_total{{outcome="done",queue="{queue}"}}')
