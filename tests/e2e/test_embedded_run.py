"""`recdial run` from start to end, as a user runs it: all six services in one process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from recdial.bus import RetryPolicy
from recdial.config_file import ConfigError, load_config
from recdial.domain import Role
from recdial.embedded import RunStalled, run_embedded
from recdial.llm import BackendUnavailable, Completion
from recdial.run_folder import FolderInUse, RunFolder
from recdial.store.progress import RunProgress
from services.generator.scripted import ScriptedBackend
from tests import synthetic


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Any]:
    return synthetic.config(tmp_path, synthetic.write_source(tmp_path, users=40))


def write_config(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def recdial(*arguments: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recdial", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def embedded(config_path: Path, out: Path, *overrides: str, **options: Any) -> RunProgress:
    return asyncio.run(run_embedded(load_config(config_path, overrides), RunFolder(out), **options))


def rows(out: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{out / 'recdial.db'}?mode=ro", uri=True, timeout=30) as database:
        return database.execute(query).fetchall()


def dataset(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "dataset.jsonl").read_text().splitlines()]


def assert_each_prompt_has_one_final_verdict(out: Path, prompts: int) -> None:
    """Exactly-once effect: no dialogue twice, none missing."""
    (counted,) = rows(out, "select count(*) from prompts")
    assert counted == (prompts,)
    per_prompt = rows(
        out,
        "select p.id, count(d.id) from prompts p left join dialogues d "
        "on d.prompt_id = p.id and d.role = 'student' and d.final group by p.id",
    )
    assert {count for _, count in per_prompt} == {1}
    assert rows(out, "select count(*) from assignments where state = 'pending'") == [(0,)]
    (completions,) = rows(out, "select count(*), count(distinct dialogue_id) from completions")
    assert completions[0] == completions[1]


def test_the_command_leaves_a_dataset_and_a_report(source: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = recdial("run", write_config(tmp_path, source), "--out", out)
    assert done.returncode == 0, done.stderr
    assert str(out / "dataset.jsonl") in done.stdout
    assert str(out / "report.html") in done.stdout
    for name in ("dataset.jsonl", "report.html", "report.json", "run.yaml", "recdial.db"):
        assert (out / name).stat().st_size > 0

    report = json.loads((out / "report.json").read_text())
    assert report["users"] == report["prompts"] == 40
    assert set(report["verdicts"]) == {"teacher", "student"}
    student = report["verdicts"]["student"]
    assert sum(student.values()) == 40
    assert student["accepted"] == len(dataset(out)) > 30
    stereotypes = Counter(name for (name,) in rows(out, "select stereotype from prompts"))
    quotas = sum(-(-count // 10) for count in stereotypes.values())
    assert sum(report["verdicts"]["teacher"].values()) == quotas
    assert_each_prompt_has_one_final_verdict(out, 40)


def test_every_line_of_the_dataset_holds_together(source: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    embedded(write_config(tmp_path, source), out)
    lines = dataset(out)
    assert len({line["dialogue_id"] for line in lines}) == len(lines)
    for line in lines:
        speakers = [turn["speaker"] for turn in line["turns"]]
        assert speakers == ["user", "assistant"] * (len(speakers) // 2) + ["user"] * (
            len(speakers) % 2
        )
        mentioned = {item for turn in line["turns"] for item in turn["items"]}
        assert mentioned <= set(line["items"])
        target = line["target"]["item_id"]
        assert any(
            target in turn["items"] for turn in line["turns"] if turn["speaker"] == "assistant"
        )
        assert line["target"]["liked"]
        assert line["provenance"]["model"] == "scripted"
        assert line["role"] == "student"


def test_the_same_command_again_does_nothing_twice(source: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    path = write_config(tmp_path, source)
    embedded(path, out)
    before = (out / "dataset.jsonl").read_bytes()
    completions = rows(out, "select dialogue_id, created_at from completions order by 1")
    again = embedded(path, out)
    assert again.state == "completed"
    assert (out / "dataset.jsonl").read_bytes() == before
    assert rows(out, "select dialogue_id, created_at from completions order by 1") == completions


def test_a_removed_report_is_made_again_from_the_store(
    source: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    path = write_config(tmp_path, source)
    embedded(path, out)
    before = (out / "dataset.jsonl").read_bytes()
    (out / "dataset.jsonl").unlink()
    embedded(path, out)
    assert (out / "dataset.jsonl").read_bytes() == before


def test_prompts_are_the_same_bytes_in_every_run_whatever_the_concurrency(
    source: dict[str, Any], tmp_path: Path
) -> None:
    path = write_config(tmp_path, source)
    slow = ("teacher.concurrency=1", "student.concurrency=1", "window=1")
    fast = ("teacher.concurrency=32", "student.concurrency=32", "window=500")
    prompts = []
    chosen = []
    for name, overrides in (("slow", slow), ("fast", fast)):
        embedded(path, tmp_path / name, *overrides)
        prompts.append(
            rows(tmp_path / name, "select user_id, stereotype, messages from prompts order by 1")
        )
        chosen.append(
            rows(
                tmp_path / name,
                "select p.user_id from assignments a join prompts p on p.id = a.prompt_id "
                "where a.role = 'teacher' order by a.ordinal",
            )
        )
    assert prompts[0] == prompts[1]
    assert chosen[0] == chosen[1]
    texts = [
        [(line["user_id"], line["turns"]) for line in dataset(tmp_path / name)]
        for name in ("slow", "fast")
    ]
    assert texts[0] == texts[1]


def test_another_seed_gives_other_stereotypes(source: dict[str, Any], tmp_path: Path) -> None:
    path = write_config(tmp_path, source)
    query = "select user_id, stereotype from prompts order by 1"
    embedded(path, tmp_path / "seven")
    embedded(path, tmp_path / "eight", "seed=8")
    assert rows(tmp_path / "seven", query) != rows(tmp_path / "eight", query)


def wait_until(
    out: Path, reached: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60
) -> None:
    """Until the store of the running process says what is waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be stopped"
        if (out / "recdial.db").exists():
            with suppress(sqlite3.OperationalError):  # the tables are not there yet
                if reached():
                    return
        time.sleep(0.01)
    raise AssertionError(f"not reached in {seconds} seconds")


def wait_for_verdicts(out: Path, least: int, process: subprocess.Popen[str]) -> None:
    wait_until(out, lambda: rows(out, "select count(*) from dialogues")[0][0] >= least, process)


@pytest.mark.parametrize("kills", [pytest.param((5,), marks=pytest.mark.thorough), (60, 250, 400)])
def test_a_killed_run_resumes_with_no_dialogue_twice_and_none_missing(
    tmp_path: Path, kills: tuple[int, ...]
) -> None:
    content = synthetic.config(tmp_path, synthetic.write_source(tmp_path, users=500))
    path = write_config(tmp_path, content)
    out = tmp_path / "run"
    command = [sys.executable, "-m", "recdial", "run", str(path), "--out", str(out)]
    stored: dict[Any, Any] = {}
    for least in kills:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        wait_for_verdicts(out, least, process)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        stored |= dict(rows(out, "select dialogue_id, created_at from completions"))
    assert not (out / "dataset.jsonl").exists()

    done = recdial("run", path, "--out", out)
    assert done.returncode == 0, done.stderr
    assert_each_prompt_has_one_final_verdict(out, 500)
    after = dict(rows(out, "select dialogue_id, created_at from completions"))
    assert stored.items() <= after.items(), "a stored completion must not be written again"

    undisturbed = tmp_path / "undisturbed"
    embedded(path, undisturbed)
    assert [(line["dialogue_id"], line["turns"]) for line in dataset(out)] == [
        (line["dialogue_id"], line["turns"]) for line in dataset(undisturbed)
    ]


def test_ctrl_c_stops_cleanly_and_the_command_goes_on(tmp_path: Path) -> None:
    content = synthetic.config(tmp_path, synthetic.write_source(tmp_path, users=500))
    path = write_config(tmp_path, content)
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "recdial", "run", str(path), "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_verdicts(out, 20, process)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "goes on from here" in printed
    assert "Traceback" not in errors
    running = rows(out, "select kind from jobs where state = 'running'")
    assert running == [], "a stopped run must leave no job leased"
    done = recdial("run", path, "--out", out)
    assert done.returncode == 0, done.stderr
    assert_each_prompt_has_one_final_verdict(out, 500)


def test_two_processes_cannot_work_on_one_folder(source: dict[str, Any], tmp_path: Path) -> None:
    path = write_config(tmp_path, source)
    out = tmp_path / "run"
    with RunFolder(out).locked(), pytest.raises(FolderInUse, match="another process"):
        embedded(path, out)


def test_a_folder_refuses_another_configuration(source: dict[str, Any], tmp_path: Path) -> None:
    path = write_config(tmp_path, source)
    out = tmp_path / "run"
    embedded(path, out)
    with pytest.raises(ConfigError, match="seed: 7 -> 8"):
        embedded(path, out, "seed=8")


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


def test_a_user_without_history_becomes_a_newcomer(source: dict[str, Any], tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.jsonl"
    kept = []
    for line in reviews.read_text().splitlines():
        row = json.loads(line)
        if row["user_id"] == "user-00003":
            row |= {"rating": 1.0, "timestamp": row["timestamp"] + 10**12}
        kept.append(row)
    own = [row for row in kept if row["user_id"] == "user-00003"]
    own[0] |= {"rating": 5.0, "timestamp": 1}
    reviews.write_text("".join(json.dumps(row) + "\n" for row in kept))
    out = tmp_path / "run"
    embedded(write_config(tmp_path, source), out)
    ((stereotype, history),) = rows(
        out, "select stereotype, history from prompts where user_id = 'user-00003'"
    )
    assert stereotype in ("curious_newcomer", "focused_newcomer")
    assert json.loads(history) == []
    only = "prompting.stereotypes=[guided_explorer]"
    progress = embedded(tmp_path / "config.yaml", tmp_path / "guided", only)
    assert progress.state == "completed"
    assert list(progress.dropped.values()) == [1]
    assert progress.prompts == 39


def test_preview_shows_prompts_and_dialogues_and_leaves_nothing(
    source: dict[str, Any], tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    path = write_config(tmp_path, source)
    done = recdial("preview", path, "-n", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("verdict: ") == 3
    assert "TARGET ITEM" in done.stdout
    assert "[USR]" in done.stdout
    assert set(tmp_path.iterdir()) - before == {path}


def test_status_and_export_read_the_folder(source: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    embedded(write_config(tmp_path, source), out)
    status = recdial("status", out)
    assert status.returncode == 0, status.stderr
    assert "completed" in status.stdout
    exported = recdial("export", out, "--to", tmp_path / "again.jsonl")
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "again.jsonl").read_bytes() == (out / "dataset.jsonl").read_bytes()
    assert recdial("status", tmp_path / "nowhere").returncode == 2


def test_doctor_says_what_a_run_lacks(source: dict[str, Any], tmp_path: Path) -> None:
    path = write_config(tmp_path, source)
    assert recdial("doctor", path).returncode == 0
    (tmp_path / "reviews.jsonl").unlink()
    done = recdial("doctor", path)
    assert done.returncode == 1
    assert "is not there" in " ".join(done.stdout.split())
    assert os.environ.get("HOME") is not None
