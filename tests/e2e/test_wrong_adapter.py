"""A real server that offers the base model under the adapter's name: the run must not use it."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests import synthetic
from tests.e2e.embedded import recdial, rows, write_config
from tests.model_processes import http_process
from tests.ports import free_port

USERS = 4
WRITTEN = "select adapter_id, count(*) from completions where role = 'student' group by 1"

pytestmark = pytest.mark.timeout(300)


def served(folder: Path, artifacts: Path, port: int) -> AbstractContextManager[str]:
    """`transformers serve` with what is in a folder, and the adapters published in `artifacts`."""
    command: list[str | Path] = [sys.executable, "-m", "recdial.llm.serving", "--port", str(port)]
    command += ["--artifacts", artifacts, "--served", folder]
    return http_process(command, port, folder.with_suffix(".log"))


def test_a_server_that_answers_with_the_base_model_fails_the_run_until_it_is_mended(
    tmp_path: Path,
) -> None:
    pytest.importorskip("trl")
    from tests.tiny_llama import save_tiny_llama

    model = save_tiny_llama(tmp_path / "tiny-llama")
    port = free_port()
    config = write_config(
        tmp_path,
        synthetic.config(
            tmp_path,
            synthetic.write_source(tmp_path, users=USERS),
            grounding={"min_user_interactions": 1, "min_item_interactions": 1},
            student={
                "backend": "hub",
                "base_url": f"http://127.0.0.1:{port}",
                "model": str(model),
                "longer": 1,
                "sampling": {"max_tokens": 16, "temperature": 0},
            },
            distillation={
                "teacher_share": 1.0,
                "max_steps": 6,
                "min_examples": 2,
                "threads": 1,
                "learning_rate": 0.02,
                "max_length": 8192,
            },
        ),
    )
    out = tmp_path / "run"
    trained = recdial("run", config, "--out", out, "--until", "adapter", timeout=200)
    assert trained.returncode == 0, trained.stderr
    ((adapter_id, canary),) = rows(out, "select id, canary from adapters")
    outputs = json.loads(canary)
    assert outputs["adapter_output"] != outputs["base_output"]

    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / adapter_id).symlink_to(model)
    with served(wrong, tmp_path / "nothing", port):
        failed = recdial("run", config, "--out", out, "--until", "student", timeout=100)
    assert failed.returncode == 1
    assert f"the server answers for adapter {adapter_id} without using it" in failed.stderr
    assert rows(out, "select state, failure_stage from runs") == [("failed", "generator")]
    assert rows(out, WRITTEN) == []

    with served(tmp_path / "served", out, port):
        done = recdial("run", config, "--out", out, "--until", "student", timeout=100)
    assert done.returncode == 0, done.stderr
    assert rows(out, "select state from runs") == [("completed",)]
    assert rows(out, WRITTEN) == [(adapter_id, USERS)]
