"""A run with a limit ends in order when it is reached."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from recdial.cli import app
from recdial.config_file import ConfigError, validate_config
from recdial.domain import Role
from recdial.embedded import run_embedded
from recdial.run_folder import RunFolder
from recdial.store.progress import RunProgress
from tests import synthetic
from tests.processes import Cluster, cluster, until

CONCURRENCY = 4


def make(folder: Path, **changes: Any) -> RunProgress:
    source = synthetic.write_source(folder, users=40)
    writer = {"backend": "scripted", "concurrency": CONCURRENCY, "price_in": 1.0, "price_out": 2.0}
    config = synthetic.config(folder, source, teacher=writer, student=writer, **changes)
    out = RunFolder(folder / "run")
    return asyncio.run(run_embedded(validate_config(config, "test"), out))


@pytest.fixture(scope="module")
def unlimited(tmp_path_factory: pytest.TempPathFactory) -> RunProgress:
    return make(tmp_path_factory.mktemp("unlimited"))


def test_what_is_spent_is_counted(unlimited: RunProgress) -> None:
    student = unlimited.spent[Role.student]
    assert student.calls == unlimited.roles[Role.student].written == 40
    assert student.estimated_calls == 40, "the script has no tokenizer"
    assert student.tokens_in > student.tokens_out > 0


@pytest.mark.parametrize("kind", ["max_tokens", "max_cost"])
def test_a_run_ends_at_its_limit_with_one_verdict_for_each_prompt(
    kind: str, unlimited: RunProgress, tmp_path: Path
) -> None:
    spent = unlimited.spent.values()
    whole = sum(
        one.tokens if kind == "max_tokens" else (one.tokens_in + 2 * one.tokens_out) / 1e6
        for one in spent
    )
    limit = whole / 2 if kind == "max_cost" else round(whole / 2)
    found = make(tmp_path, limits={kind: limit})
    student = found.roles[Role.student]
    assert found.state == "completed"
    assert student.final == student.assigned == 40
    assert student.verdicts["failed"] == student.reasons["limit_reached"] > 0
    assert student.written == student.verdicts["accepted"]
    # Half was to be spent, and a call more for each that was in flight.
    calls = sum(one.calls for one in spent)
    assert sum(one.calls for one in found.spent.values()) <= calls / 2 + 2 * CONCURRENCY
    dataset = (tmp_path / "run" / "dataset.jsonl").read_text().splitlines()
    assert len(dataset) == student.verdicts["accepted"]
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["spent"]["student"]["calls"] == student.written
    assert report["cost_usd"] == pytest.approx(found.cost_usd)
    assert f"limits.{kind}" in report["limit_reached"]
    assert "Stopped at a limit" in (tmp_path / "run" / "report.html").read_text()
    assert report["reasons"]["limit_reached"] == student.verdicts["failed"]


def test_a_teacher_at_its_limit_leaves_nothing_for_the_student(tmp_path: Path) -> None:
    found = make(tmp_path, limits={"max_tokens": 1})
    assert found.state == "completed"
    assert found.roles[Role.student].verdicts == {"failed": 40}
    assert sum(one.calls for one in found.spent.values()) <= 2 * CONCURRENCY


def test_a_limit_in_dollars_needs_prices(tmp_path: Path) -> None:
    source = synthetic.write_source(tmp_path, users=10)
    config = synthetic.config(tmp_path, source, limits={"max_cost": 1.0})
    with pytest.raises(ConfigError, match=r"limits\.max_cost needs teacher\.price_in"):
        validate_config(config, "test")


@pytest.mark.thorough
def test_two_generators_keep_to_one_limit(tmp_path: Path) -> None:
    with cluster(tmp_path) as place:
        place.migrate()
        for role in ("STUDENT", "TEACHER"):
            place.environment[f"RECDIAL_{role}_CONCURRENCY"] = "2"
        _start(place, generators=2)
        source = synthetic.write_source(place.folder, users=60)
        run_id = place.submit(
            synthetic.config(Path(), source, limits={"max_tokens": 20_000}), place.processes[0].url
        )
        until(lambda: place.state(run_id) == "completed", "the run completes", 120)
        spent = place.rows("select sum(tokens_in + tokens_out) from spending")[0][0]
        calls = place.rows("select sum(calls) from spending")[0][0]
        final = place.rows("select count(*) from assignments where state = 'pending'")[0][0]
    assert final == 0
    assert 20_000 <= spent <= 20_000 + 8 * 2 * spent / calls


def _start(place: Cluster, generators: int) -> None:
    services = ["grounding", "prompter", *["generator"] * generators, "trainer", "filter"]
    for service in [*services, "evaluator"]:
        place.start(service)
    for process in place.processes:
        process.ready()


def test_the_estimate_is_close_to_what_is_then_spent(
    unlimited: RunProgress, tmp_path: Path
) -> None:
    source = synthetic.write_source(tmp_path, users=40)
    config = tmp_path / "run.yaml"
    config.write_text(json.dumps(synthetic.config(tmp_path, source)))
    printed = CliRunner().invoke(app, ["estimate", str(config), "--json"])
    assert printed.exit_code == 0, printed.output
    found = json.loads(printed.stdout)
    spent = unlimited.spent[Role.student]
    assert found["prompts"] == spent.calls
    assert found["roles"]["student"]["tokens_in"]["mean"] == pytest.approx(spent.tokens_in, rel=0.1)
