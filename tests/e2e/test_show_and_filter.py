"""`recdial show` and `recdial filter`, as a user calls them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from tests import synthetic


def recdial(*arguments: str | Path, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "recdial", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    source = synthetic.write_source(folder, users=20)
    # Who has the last word is decided by chance: some dialogues break this rule.
    config = synthetic.config(folder, source, filtering={"closes": "assistant", "attempts": 1})
    (folder / "config.json").write_text(json.dumps(config))
    recdial("run", folder / "config.json", "--out", folder / "out")
    return folder / "out"


def test_a_dialogue_is_shown_with_what_its_reasons_point_at(run: Path) -> None:
    with sqlite3.connect(run / "recdial.db") as database:
        ((found,), *_) = database.execute("select id from dialogues where verdict = 'rejected'")
    shown = recdial("show", UUID(found), "--run", run)
    assert "rejected" in shown
    assert "[closing_side]" in shown
    assert "reject closing_side: the user has the last word, wanted is the assistant" in shown
    assert recdial("show", str(UUID(found))[:13], "--run", run) == shown
    assert "no dialogue" in recdial("show", "0" * 32, "--run", run, status=2)
    assert "give 6 characters" in recdial("show", "xyz", "--run", run, status=2)


def test_the_report_marks_the_evidence_of_rejected_dialogues(run: Path) -> None:
    report = json.loads((run / "report.json").read_text())
    assert report["acceptance"]["student"]["attempts"] == 20
    assert report["acceptance"]["student"]["first_reasons"].keys() == {"closing_side"}
    assert '<mark title="closing_side">' in (run / "report.html").read_text()


def test_a_dataset_of_ours_can_be_filtered_again(run: Path, tmp_path: Path) -> None:
    kept = len((run / "dataset.jsonl").read_text().splitlines())
    tmdb = ("--tmdb", run.parent / "tmdb.json")
    told = recdial("filter", run / "dataset.jsonl", "--out", tmp_path / "out", *tmdb)
    assert f"{kept} of {kept} dialogues accepted" in told
    told = recdial(
        *("filter", run / "dataset.jsonl", "--out", tmp_path / "out", *tmdb),
        *("--set", "closes=user"),
    )
    assert f"0 of {kept} dialogues accepted" in told
    verdicts = (tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()
    assert {json.loads(line)["reasons"][0]["rule"] for line in verdicts} == {"closing_side"}
    assert "closing_side" in (tmp_path / "out" / "report.md").read_text()


def test_a_file_that_cannot_be_filtered_is_explained(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n')
    assert "no known format" in recdial("filter", tmp_path / "x.jsonl", status=2)
    assert "unknown rule" in recdial(
        "filter", tmp_path / "x.jsonl", "--set", "rules.nonsense=off", status=2
    )
