"""Runs in one process that are killed, stopped or started twice."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from recdial.config_file import ConfigError
from recdial.run_folder import FolderInUse, RunFolder
from tests import synthetic
from tests.e2e.embedded import (
    assert_each_prompt_has_one_final_verdict,
    dataset,
    embedded,
    recdial,
    rows,
    started,
    wait_for_verdicts,
    write_config,
)


@pytest.mark.parametrize("kills", [pytest.param((5,), marks=pytest.mark.thorough), (60, 250, 400)])
def test_a_killed_run_resumes_with_no_dialogue_twice_and_none_missing(
    tmp_path: Path, kills: tuple[int, ...]
) -> None:
    content = synthetic.config(tmp_path, synthetic.write_source(tmp_path, users=500))
    path = write_config(tmp_path, content)
    out = tmp_path / "run"
    stored: dict[Any, Any] = {}
    for least in kills:
        process = started(path, out)
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
    process = started(path, out, subprocess.PIPE)
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
