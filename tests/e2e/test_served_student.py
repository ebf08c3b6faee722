"""Six processes, a teacher behind HTTP, a student that is trained and served by a real server."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from recdial.llm.adapters import directory_digest
from tests import synthetic
from tests.model_processes import scripted_teacher, served_student
from tests.processes import SERVICES, Cluster, cluster, until, verdicts

USERS = 10

pytestmark = [pytest.mark.timeout(300), pytest.mark.thorough]


def test_a_student_is_trained_served_and_writes_for_everybody_with_its_adapter(
    tmp_path: Path,
) -> None:
    pytest.importorskip("trl")
    from tests.tiny_llama import save_tiny_llama

    # The smallest real Llama: what it writes is noise, and each dialogue is judged as such.
    model = save_tiny_llama(tmp_path / "tiny-llama")
    artifacts = tmp_path / "artifacts"
    with ExitStack() as held:
        place = held.enter_context(cluster(tmp_path))
        place.migrate()
        for service in SERVICES:
            place.start(service)
        teacher = held.enter_context(scripted_teacher(tmp_path))
        student = held.enter_context(served_student(tmp_path, artifacts))
        for process in place.processes:
            process.ready()
        run_id = place.submit(
            synthetic.config(
                Path(),
                synthetic.write_source(tmp_path, users=USERS),
                teacher={"backend": "hub", "base_url": teacher, "model": "scripted"},
                student={
                    "backend": "hub",
                    "base_url": student,
                    "model": str(model),
                    "longer": 1,
                    "sampling": {"max_tokens": 32, "temperature": 0},
                },
                grounding={"min_user_interactions": 1, "min_item_interactions": 1},
                distillation={
                    "teacher_share": 1.0,
                    "max_steps": 4,
                    "max_length": 8192,
                    "learning_rate": 0.02,
                    "threads": 1,
                },
            ),
            place.processes[0].url,
        )
        until(lambda: _ended(place), "the run completes", 240)
        assert place.state(run_id) == "completed", place.rows("select failure_cause from runs")

        assert verdicts(place, run_id, "teacher") == {"accepted": USERS}
        assert sum(verdicts(place, run_id, "student").values()) == USERS
        ((adapter_id, sha256, canary),) = place.rows("select id, sha256, canary from adapters")
        assert canary["adapter_output"] != canary["base_output"]
        assert directory_digest(artifacts / "adapters" / adapter_id) == sha256
        # For the teacher's users, too. The server says which model wrote (and its revision).
        written = place.rows(
            "select split_part(model, '@', 1), adapter_id, adapter_sha256, count(*) "
            "from completions where role = 'student' group by 1, 2, 3"
        )
        assert written == [(adapter_id, adapter_id, sha256, USERS)]
        taught = place.rows(
            "select distinct model, adapter_id from completions where role = 'teacher'"
        )
        assert taught == [("scripted", None)]
        report = tmp_path / "output" / str(run_id) / "report.json"
        until(report.exists, "the report is written")
        assert json.loads(report.read_text())


def _ended(place: Cluster) -> bool:
    return place.rows("select state from runs") not in ([("running",)], [])
