"""`recdial run --until`: a run is done in parts, and nothing of it twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests import synthetic
from tests.e2e.embedded import (
    assert_each_prompt_has_one_final_verdict,
    dataset,
    recdial,
    rows,
    write_config,
)
from tests.e2e.test_compare_generators import tiny_config

COMPLETIONS = "select dialogue_id, created_at from completions where role = 'teacher' order by 1"


def run(config: Path, out: Path, *options: str) -> str:
    done = recdial("run", config, "--out", out, *options, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


def jobs(out: Path) -> set[str]:
    return {kind for (kind,) in rows(out, "select kind from jobs")}


@pytest.mark.thorough
def test_the_student_goes_on_where_the_teacher_ended(tmp_path: Path) -> None:
    source = synthetic.write_source(tmp_path, users=30)
    config = write_config(tmp_path, synthetic.config(tmp_path, source))
    out, straight = tmp_path / "parts", tmp_path / "straight"
    run(config, out, "--until", "teacher")
    by_the_teacher = rows(out, COMPLETIONS)
    assert {line["role"] for line in dataset(out)} == {"teacher"}
    assert rows(out, "select count(*) from completions where role = 'student'") == [(0,)]

    run(config, out, "--until", "student")
    assert rows(out, COMPLETIONS) == by_the_teacher
    assert_each_prompt_has_one_final_verdict(out, 30)
    assert {line["role"] for line in dataset(out)} == {"student"}
    assert (out / "teacher.jsonl").exists()

    # The same ids and the same texts as at one go.
    run(config, straight)
    texts = "select dialogue_id, text from completions order by 1"
    assert rows(out, texts) == rows(straight, texts)

    refused = recdial("run", config, "--out", out, "--until", "teacher")
    assert refused.returncode == 2
    assert "can be raised, not lowered" in refused.stderr


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_the_adapter_is_trained_once_and_the_student_writes_with_it_later(tmp_path: Path) -> None:
    pytest.importorskip("trl")
    content: dict[str, Any] = tiny_config(tmp_path)
    config = write_config(tmp_path, content)
    out = tmp_path / "run"
    run(config, out, "--until", "teacher")
    assert "train" not in jobs(out)
    by_the_teacher = rows(out, COMPLETIONS)

    said = run(config, out, "--until", "adapter")
    (adapter,) = rows(out, "select id, sha256, created_at from adapters")
    assert f"adapter: {adapter[0]}" in said
    assert rows(out, "select state from runs") == [("completed",)]
    assert "release-student" not in jobs(out)
    assert {line["role"] for line in dataset(out)} == {"teacher"}
    # Again, and nothing is done.
    run(config, out, "--until", "adapter")

    run(config, out)
    assert rows(out, "select id, sha256, created_at from adapters") == [adapter]
    assert rows(out, COMPLETIONS) == by_the_teacher
    assert_each_prompt_has_one_final_verdict(out, 24)
    used = rows(out, "select distinct adapter_sha256 from completions where role = 'student'")
    assert used == [(adapter[1],)]


def test_a_crash_between_the_folder_and_the_store_is_made_good(tmp_path: Path) -> None:
    source = synthetic.write_source(tmp_path, users=20)
    config = write_config(tmp_path, synthetic.config(tmp_path, source))
    out = tmp_path / "run"
    run(config, out, "--until", "teacher")
    # The folder says student, the store does not yet.
    held = out / "run.yaml"
    held.write_text(held.read_text().replace("until: teacher", "until: student"))
    run(config, out)
    assert_each_prompt_has_one_final_verdict(out, 20)
    with sqlite3.connect(out / "recdial.db") as database:
        (stored,) = database.execute("select config from runs").fetchone()
    assert '"until":"student"' in stored
