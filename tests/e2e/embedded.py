"""Runs in one process, started as a user starts them, and what they leave in their folder."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from recdial.config_file import load_config
from recdial.embedded import run_embedded
from recdial.run_folder import RunFolder
from recdial.store.progress import RunProgress


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


def started(config: Path, out: Path, output: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """`recdial run` as a process that goes on by itself; `output` is where it prints to."""
    return subprocess.Popen(
        [sys.executable, "-m", "recdial", "run", str(config), "--out", str(out)],
        stdout=output,
        stderr=output,
        text=True,
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
