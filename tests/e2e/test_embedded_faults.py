"""Runs in one process that meet bad configurations, bad sources and models that fail."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from recdial.bus import RetryPolicy
from recdial.domain import Role
from recdial.embedded import RunStalled
from recdial.llm import BackendUnavailable, Completion
from services.generator.scripted import ScriptedBackend
from tests.e2e.embedded import (
    assert_each_prompt_has_one_final_verdict,
    embedded,
    recdial,
    rows,
    write_config,
)


class FailsForSome(ScriptedBackend):
    """A backend that is away for some users, always or the first few times."""

    def __init__(self, always: str, at_first: str, failures: int) -> None:
        super().__init__()
        self.always = always
        self.at_first = at_first
        self.left = failures

    async def complete(self, messages: Any, params: Any, adapter: Any = None) -> Completion:
        text = messages[-1].content
        if self.always in text:
            raise BackendUnavailable("connection refused")
        if self.at_first in text and self.left:
            self.left -= 1
            raise BackendUnavailable("429 too many requests")
        return await super().complete(messages, params, adapter)


def test_work_that_cannot_be_done_ends_as_failed_and_the_run_ends(
    source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_config(tmp_path, source | {"distillation": {"mode": "none", "teacher_share": 0}})
    out = tmp_path / "probe"
    embedded(path, out)
    targets = rows(out, "select target_item_id, count(*) from prompts group by 1 order by 1")
    (lost, expected), (late, _) = targets[0], targets[1]
    backend = FailsForSome(f"TARGET ITEM\n<id_{lost}>", f"TARGET ITEM\n<id_{late}>", 3)
    monkeypatch.setattr("services.generator.backends.make_backend", lambda *_: backend)
    out = tmp_path / "run"
    progress = embedded(path, out, retry=RetryPolicy(first_delay_s=0.01))
    assert progress.state == "completed"
    assert progress.roles[Role.student].verdicts["failed"] == expected
    report = json.loads((out / "report.json").read_text())
    assert report["verdicts"]["student"]["failed"] == expected
    causes = rows(out, "select distinct reasons from dialogues where verdict = 'failed'")
    assert all("connection refused" in cause for (cause,) in causes)
    assert_each_prompt_has_one_final_verdict(out, 40)


def test_a_config_with_an_unknown_key_is_explained(source: dict[str, Any], tmp_path: Path) -> None:
    path = write_config(tmp_path, source | {"grouding": {"users": 3}})
    done = recdial("run", path, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "grouding: unknown key; did you mean grounding?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "reviews.jsonl"),
        (lambda path: path.write_text(""), "empty"),
        (lambda path: path.write_text("{nonsense\n" * 50), "line 1"),
    ],
    ids=["not there", "empty", "all lines bad"],
)
def test_a_source_that_cannot_be_used_fails_the_run_with_the_cause(
    source: dict[str, Any], tmp_path: Path, spoil: Any, said: str
) -> None:
    spoil(tmp_path / "reviews.jsonl")
    done = recdial("run", write_config(tmp_path, source), "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "failed in grounding" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "failed" in (tmp_path / "run" / "report.html").read_text()


def test_a_failed_run_goes_on_once_its_source_is_mended(
    source: dict[str, Any], tmp_path: Path
) -> None:
    reviews = tmp_path / "reviews.jsonl"
    content = reviews.read_bytes()
    reviews.write_bytes(b"")
    path = write_config(tmp_path, source)
    out = tmp_path / "run"
    assert embedded(path, out).state == "failed"
    reviews.write_bytes(content)
    assert embedded(path, out).state == "completed"
    assert_each_prompt_has_one_final_verdict(out, 40)


def test_a_run_that_lost_its_way_says_so_instead_of_waiting_for_ever(
    source: dict[str, Any], tmp_path: Path
) -> None:
    path = write_config(tmp_path, source)
    out = tmp_path / "run"
    embedded(path, out)
    with sqlite3.connect(out / "recdial.db") as database:  # an evaluation that never was
        database.execute("update runs set state = 'running'")
    with pytest.raises(RunStalled, match="nothing is left to do"):
        embedded(path, out, tick_s=0.05)


def test_bad_lines_are_reported_with_their_numbers_and_the_rest_goes_on(
    source: dict[str, Any], tmp_path: Path
) -> None:
    reviews = tmp_path / "reviews.jsonl"
    lines = reviews.read_text().splitlines()
    row = json.loads(lines[10])
    lines.insert(10, '{"user_id": "user-00001", "parent')
    lines.insert(20, json.dumps({key: row[key] for key in row if key != "rating"}))
    lines.insert(30, json.dumps(row | {"rating": 11}))
    lines.insert(40, json.dumps(row | {"parent_asin": "NOT-IN-TMDB"}))
    reviews.write_text("\n".join(lines) + '\n{"user_id": "user-00')
    out = tmp_path / "run"
    progress = embedded(write_config(tmp_path, source), out)
    assert progress.state == "completed"
    grounding = json.loads((out / "report.json").read_text())["grounding"]
    assert grounding["reviews"]["bad"] == 3
    assert grounding["reviews"]["truncated"] == 1
    places = {example["where"] for example in grounding["reviews"]["faults"]["examples"]}
    assert {"line 11", "line 21", "line 31"} < places, "and the cut line at the end"
    assert grounding["reviews_without_tmdb"] == 1
    assert_each_prompt_has_one_final_verdict(out, 40)


def test_more_than_one_percent_of_bad_lines_stops_the_run(
    source: dict[str, Any], tmp_path: Path
) -> None:
    reviews = tmp_path / "reviews.jsonl"
    lines = reviews.read_text().splitlines()
    lines[5::50] = ["{broken"] * len(lines[5::50])
    reviews.write_text("\n".join(lines) + "\n")
    progress = embedded(write_config(tmp_path, source), tmp_path / "run")
    assert progress.state == "failed"
    assert progress.failure_stage == "grounding"
    assert progress.failure_cause is not None
    assert "line 6" in progress.failure_cause
