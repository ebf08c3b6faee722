"""A dialogue's way through four processes is one trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from tests import synthetic
from tests.processes import Cluster, cluster, until

SERVICES = ("grounding", "prompter", "generator", "filter")
USERS = 4
WAY = [
    ("grounding", "profile"),
    ("grounding", "send profile.grounded"),
    ("prompter", "process prompter.profile.grounded"),
    ("prompter", "release prompt"),
    ("prompter", "send prompt.student"),
    ("generator", "process generator.prompt.student"),
    ("generator", "send dialogue.generated"),
    ("filter", "process filter.dialogue.generated"),
    ("filter", "send dialogue.accepted"),
]
"""From the profile to the verdict, each below the one before."""


@dataclass(frozen=True)
class Span:
    """One line of what a process prints."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    links: tuple[str, ...]
    attributes: dict[str, object]


def read(log: Path) -> list[Span]:
    """The spans among the lines of a process."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [
        Span(
            line["resource"]["attributes"]["service.name"].removeprefix("recdial-"),
            line["name"],
            line["context"]["trace_id"],
            line["context"]["span_id"],
            line["parent_id"],
            tuple(link["context"]["span_id"] for link in line["links"]),
            line["attributes"],
        )
        for line in lines
        if "context" in line
    ]


def all_spans(place: Cluster) -> list[Span]:
    return [span for process in place.processes for span in read(process.log)]


def submit(place: Cluster) -> UUID:
    source = synthetic.write_source(place.folder, users=60)
    content = synthetic.config(
        Path(),
        source,
        distillation={"mode": "none", "teacher_share": 0.0},
        grounding={"min_user_interactions": 5, "min_item_interactions": 5, "users": USERS},
    )
    return place.submit(content, place.processes[0].url)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Four processes that have done a run and ended."""
    with cluster(tmp_path_factory.mktemp("traces")) as place:
        place.environment |= {"RECDIAL_TRACES": "console", "RECDIAL_TRACES_SHARE": "1"}
        place.migrate()
        for service in SERVICES:
            place.start(service)
        for process in place.processes:
            process.ready()
        run_id = submit(place)
        judged = "assignments where run_id = :run and state <> 'pending'"
        until(lambda: place.count(judged, run=run_id) == USERS, "every dialogue is judged")
        for process in place.processes:
            process.terminate()
        assert [process.wait() for process in place.processes] == [0] * len(SERVICES)
        yield place


def test_the_way_of_each_dialogue_is_one_connected_trace(place: Cluster) -> None:
    accepted = place.rows(
        "select cast(d.id as text), p.traceparent from dialogues d "
        "join prompts p on p.id = d.prompt_id where d.verdict = 'accepted'"
    )
    assert accepted
    spans = all_spans(place)
    for dialogue_id, traceparent in accepted:
        trace = {
            span.span_id: span
            for span in spans
            if span.trace_id == f"0x{traceparent.split('-')[1]}"
        }
        roots = [span for span in trace.values() if span.parent_id not in trace]
        assert [(root.name, root.parent_id) for root in roots] == [("profile", None)]
        (last,) = [span for span in trace.values() if span.name == WAY[-1][1]]
        assert last.attributes["recdial.dialogue_id"] == dialogue_id
        way = [last]
        while way[0].parent_id is not None:
            way.insert(0, trace[way[0].parent_id])
        assert [(span.service, span.name) for span in way] == WAY
        (call,) = [span for span in trace.values() if span.name == "chat scripted"]
        assert trace[call.parent_id or ""].name == "process generator.prompt.student"


def test_each_profile_begins_a_trace_and_names_the_job_that_led_to_it(place: Cluster) -> None:
    spans = all_spans(place)
    profiles = [span for span in spans if span.name == "profile"]
    assert len({span.trace_id for span in profiles}) == USERS
    for name, jobs in (("profile", "job ground"), ("release prompt", "job release-student")):
        (job,) = [span for span in spans if span.name == jobs]
        led_to = [span for span in spans if span.name == name]
        assert [span.links for span in led_to] == [(job.span_id,)] * USERS
        assert job.trace_id not in {span.trace_id for span in led_to}


def test_a_request_is_traced_and_probes_are_not(place: Cluster) -> None:
    spans = all_spans(place)
    requested = [span for span in spans if span.name == "send run.requested"]
    by_id = {span.span_id: span for span in spans}
    assert [by_id[span.parent_id or ""].name for span in requested] == ["POST /runs"]
    assert [span.name for span in spans if span.name.startswith("GET /")] == []


def test_log_lines_name_the_trace(place: Cluster) -> None:
    (job,) = [span for span in all_spans(place) if span.name == "job ground"]
    lines = place.processes[0].log.read_text().splitlines()
    logged = [json.loads(line) for line in lines if '"event": "job.done"' in line]
    assert [f"0x{line['trace_id']}" for line in logged] == [job.trace_id]
