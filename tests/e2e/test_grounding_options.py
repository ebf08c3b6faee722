"""Runs with histories and repeated reviews other than the default, through all six services."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from recdial.config_file import validate_config
from recdial.embedded import run_embedded
from recdial.run_folder import RunFolder
from tests import synthetic


@pytest.mark.parametrize("profile", ["strict", "paper"])
def test_several_histories_of_users_with_repeated_reviews_become_dialogues(
    profile: str, tmp_path: Path
) -> None:
    source = synthetic.write_source(tmp_path, users=15, items=18)
    reviews = tmp_path / "reviews.jsonl"
    rows = [json.loads(line) for line in reviews.read_text().splitlines()]
    later = [row | {"timestamp": row["timestamp"] + 10**10, "rating": 4.0} for row in rows[::3]]
    reviews.write_text("".join(json.dumps(row) + "\n" for row in (*rows, *later)))
    config = synthetic.config(tmp_path, source, profile=profile)
    config["grounding"] |= {"repeated_reviews": "all", "histories_per_user": 2}
    out = tmp_path / "run"
    progress = asyncio.run(run_embedded(validate_config(config, "test"), RunFolder(out)))
    assert progress.state == "completed"
    assert progress.prompts == 30
    report = json.loads((out / "report.json").read_text())
    assert report["grounding"]["profiles"] == 30
    assert report["grounding"]["interactions"] == len(rows) + len(later)
    lines = [json.loads(line) for line in (out / "dataset.jsonl").read_text().splitlines()]
    assert {line["history_number"] for line in lines} == {0, 1}
    assert 'id="catalogue"' in (out / "report.html").read_text()
