"""`recdial compare-generators` after a run with a tiny language model as its student."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recdial.llm.local_models import is_installed
from recdial.process_settings import ProcessSettings
from tests import synthetic
from tests.e2e.embedded import recdial, rows, write_config

MODEL = "smollm2-135m"
pytest.importorskip("trl")


def tiny_config(folder: Path, **changes: Any) -> dict[str, Any]:
    from tests.tiny_llama import save_tiny_llama

    model = save_tiny_llama(folder / "tiny")
    source = synthetic.write_source(folder, users=24)
    return synthetic.config(
        folder,
        source,
        student={
            "backend": "local",
            "model": str(model),
            "longer": 1,
            "threads": 1,
            "sampling": {"max_tokens": 40},
        },
        distillation={
            "teacher_share": 0.3,
            "min_examples": 2,
            "max_steps": 1,
            "batch_size": 1,
            "max_length": 8192,
            "threads": 1,
        },
        **changes,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run until its adapter: the teacher wrote for some users, the student for none."""
    folder = tmp_path_factory.mktemp("compared")
    out = folder / "run"
    config = write_config(folder, tiny_config(folder))
    done = recdial("run", config, "--out", out, "--until", "adapter", timeout=280)
    assert done.returncode == 0, done.stderr
    return out


def compared(out: Path, *options: str | Path) -> dict[str, Any]:
    done = recdial("compare-generators", out, *options, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    target = Path(options[options.index("--out") + 1]) if "--out" in options else out / "comparison"
    found: dict[str, Any] = json.loads((target / "comparison.json").read_text())
    return found


def texts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "texts.jsonl").read_text().splitlines()]


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_the_three_write_for_held_out_users_and_are_measured(
    finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "held-out"
    report = compared(finished, "-n", "6", "--out", out)
    assert report["prompts"] == 6
    assert report["prompts_in_training"] == 0
    measures = report["comparison"]["measures"]
    assert list(measures) == ["teacher", "student", "undistilled"]
    assert measures["teacher"]["accepted"] == 6
    assert measures["student"]["accepted"] == measures["undistilled"]["accepted"] == 0
    assert measures["undistilled"]["validity"]["interval"]["high"] > 0.2

    written = texts(out)
    assert Counter(one["generator"] for one in written) == {
        "teacher": 6,
        "student": 6,
        "undistilled": 6,
    }
    taught = {
        user
        for (user,) in rows(
            finished,
            "select p.user_id from prompts p join assignments a on a.prompt_id = p.id "
            "where a.role = 'teacher'",
        )
    }
    users = dict(rows(finished, "select id, user_id from prompts"))
    assert taught
    assert not {users[one["prompt_id"].replace("-", "")] for one in written} & taught
    seeds = {
        name: [one["sampling"]["seed"] for one in written if one["generator"] == name]
        for name in ("student", "undistilled")
    }
    assert sorted(seeds["student"]) == sorted(seeds["undistilled"])
    student = {one["prompt_id"]: one["text"] for one in written if one["generator"] == "student"}
    base = {one["prompt_id"]: one["text"] for one in written if one["generator"] == "undistilled"}
    assert student != base
    assert {one["adapter_sha256"] for one in written if one["generator"] == "undistilled"} == {None}
    assert "| valid | 6/6" in (out / "comparison.md").read_text()


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_stopped_in_the_middle_it_goes_on_and_writes_no_text_twice(
    finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "stopped"
    command = [sys.executable, "-m", "recdial", "compare-generators", str(finished)]
    process = subprocess.Popen(
        [*command, "-n", "8", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whoever runs the tests in the background has it ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    file = out / "texts.jsonl"
    deadline = time.monotonic() + 200
    while not file.exists() or len(file.read_bytes().splitlines()) < 8:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Stopped" in said
    assert not (out / "comparison.json").exists()
    before = texts(out)
    # As a kill in the middle of a line would leave it.
    with file.open("ab") as half:
        half.write(b'{"generator": "stud')

    report = compared(finished, "-n", "8", "--out", out)
    after = texts(out)
    assert after[: len(before)] == before
    assert len(after) == 24
    assert len({(one["dialogue_id"], one["generator"]) for one in after}) == 24
    assert report["prompts"] == 8


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_texts_of_the_run_are_taken_unless_fresh_ones_are_asked_for(
    finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "all"
    measures = compared(finished, "-n", "24", "--prompts", "all", "--out", out)["comparison"][
        "measures"
    ]
    (of_the_teacher,) = rows(finished, "select count(*) from completions where role = 'teacher'")
    assert measures["teacher"]["from_run"] == of_the_teacher[0] > 0
    assert measures["student"]["from_run"] == measures["undistilled"]["from_run"] == 0
    fresh = compared(finished, "-n", "24", "--prompts", "all", "--fresh", "--out", out)
    assert fresh["comparison"]["measures"]["teacher"]["from_run"] == 0
    # The scripted teacher writes the same again.
    again = fresh["comparison"]["measures"]["teacher"]
    assert again["words"] == measures["teacher"]["words"]


def test_a_run_that_has_no_adapter_is_refused(tmp_path: Path) -> None:
    source = synthetic.write_source(tmp_path, users=20)
    config = write_config(tmp_path, synthetic.config(tmp_path, source))
    assert recdial("run", config, "--out", tmp_path / "run").returncode == 0
    done = recdial("compare-generators", tmp_path / "run")
    assert done.returncode == 2
    assert "distillation.mode is none" in done.stderr


def test_it_must_be_said_which_run(tmp_path: Path) -> None:
    done = recdial("compare-generators")
    assert done.returncode == 2
    assert "say which run" in done.stderr


@pytest.mark.model
@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    not is_installed(MODEL, ProcessSettings().models),
    reason=f"needs the local model {MODEL}: make model",
)
def test_a_real_small_student_is_compared_with_itself(tmp_path: Path) -> None:
    content = tiny_config(tmp_path)
    content["student"]["model"] = MODEL
    content["student"]["sampling"] = {"max_tokens": 24, "temperature": 0}
    content["distillation"] |= {"max_steps": 2, "max_length": 2048}
    out = tmp_path / "run"
    config = write_config(tmp_path, content)
    done = recdial("run", config, "--out", out, "--until", "adapter", timeout=600)
    assert done.returncode == 0, done.stderr
    measures = compared(out, "-n", "2")["comparison"]["measures"]
    assert measures["teacher"]["accepted"] == 2
    assert measures["student"]["written"] == measures["undistilled"]["written"] == 2
    assert measures["undistilled"]["tokens_out"]["value"] == 24
