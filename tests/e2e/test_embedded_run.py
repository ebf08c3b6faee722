"""`recdial run` from start to end, as a user runs it: all six services in one process."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from tests.e2e.embedded import (
    assert_each_prompt_has_one_final_verdict,
    dataset,
    embedded,
    recdial,
    rows,
    write_config,
)


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
