"""A sixth stereotype from a file, and several stereotypes for each user, through a whole run."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from recdial.settings import STEREOTYPES
from tests import synthetic

EXAMPLES = Path(__file__).parents[2] / "examples"
SAMPLED, USERS = 13, 12
"""One of the users sampled likes nothing, and is dropped."""


def write_config(folder: Path, **changes: Any) -> Path:
    """A run of a few users of the sample."""
    source = {"reviews": "reviews.jsonl", "tmdb": "tmdb.json"}
    grounding = {"min_user_interactions": 5, "min_item_interactions": 5, "users": SAMPLED}
    content = synthetic.config(EXAMPLES / "sample", source, grounding=grounding, **changes)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def run(config: Path, out: Path) -> None:
    command = [sys.executable, "-m", "recdial", "run", str(config), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def rows(out: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{out / 'recdial.db'}?mode=ro", uri=True, timeout=30) as database:
        return database.execute(query).fetchall()


def test_a_sixth_stereotype_needs_a_file_and_no_code(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "stereotypes" / "loyal_fan.yaml", tmp_path / "mine.yaml")
    prompting = {"stereotype_files": ["mine.yaml"], "stereotypes_per_user": 6}
    config = write_config(tmp_path, prompting=prompting)
    out = tmp_path / "out"
    run(config, out)

    prompted = Counter(name for (name,) in rows(out, "select stereotype from prompts"))
    assert prompted == dict.fromkeys((*STEREOTYPES, "loyal_fan"), USERS)
    dataset = [json.loads(line) for line in (out / "dataset.jsonl").read_text().splitlines()]
    written = Counter(record["stereotype"] for record in dataset)
    assert written == prompted
    fans = [record for record in dataset if record["stereotype"] == "loyal_fan"]
    assert all(record["history_shown"] for record in fans)
    assert "loyal fan" in (out / "report.html").read_text(encoding="utf-8").lower()
    report = json.loads((out / "report.json").read_text())
    assert report["prompts"] == 6 * USERS
    assert report["prompts_by_stereotype"]["loyal_fan"] == USERS

    # The resolved config is enough to do it again: another machine does not have the file.
    (tmp_path / "mine.yaml").unlink()
    again = tmp_path / "again"
    run(out / "run.yaml", again)
    query = "select user_id, stereotype, messages from prompts order by user_id, stereotype"
    assert rows(again, query) == rows(out, query)


def test_a_teachers_share_has_the_same_users_under_each_stereotype(tmp_path: Path) -> None:
    config = write_config(
        tmp_path,
        prompting={"stereotypes_per_user": 5, "max_prompt_tokens": 700},
        distillation={"mode": "none", "teacher_share": 0.25},
    )
    out = tmp_path / "out"
    run(config, out)
    taught = rows(
        out,
        "select p.stereotype, p.user_id from assignments a join prompts p on p.id = a.prompt_id "
        "where a.role = 'teacher'",
    )
    users = {name: {user for kind, user in taught if kind == name} for name in STEREOTYPES}
    assert all(len(found) == 3 for found in users.values())
    assert len({frozenset(found) for found in users.values()}) == 1
    budgets = [
        json.loads(budget)
        for (budget,) in rows(
            out, "select budget from prompts where stereotype = 'preference_driven_searcher'"
        )
    ]
    assert len(budgets) == USERS
    assert all(budget["tokens"] <= budget["limit"] == 700 for budget in budgets)
    assert any(budget["cut"] for budget in budgets)
