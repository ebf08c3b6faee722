"""A run whose student is a real language model: fine-tuned, and writing, on this machine."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import yaml

from recdial.llm.adapters import adapter_folder, directory_digest
from recdial.llm.local_models import is_installed
from recdial.process_settings import ProcessSettings
from tests.e2e.embedded import (
    assert_each_prompt_has_one_final_verdict,
    recdial,
    rows,
    started,
    wait_until,
)

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
MODEL = "smollm2-135m"

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not is_installed(MODEL, ProcessSettings().models),
        reason=f"needs the local model {MODEL}: make model",
    ),
]

# As short as it gets: what is written need not be any good, it must be written and judged.
CONFIG = {
    "name": "tiny",
    "source": {"reviews": str(SAMPLE / "reviews.jsonl"), "tmdb": str(SAMPLE / "tmdb.json")},
    "grounding": {"min_user_interactions": 5, "min_item_interactions": 5, "users": 6},
    "prompting": {
        "stereotypes": ["curious_newcomer"],
        "max_utterances": 5,
        "max_keywords": 1,
    },
    "teacher": {"backend": "scripted"},
    "student": {
        "backend": "local",
        "model": MODEL,
        "longer": 1,
        "sampling": {"max_tokens": 24, "temperature": 0},
    },
    "distillation": {
        "teacher_share": 1.0,
        "min_examples": 2,
        "max_steps": 3,
        "batch_size": 1,
    },
}


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_run_killed_while_training_trains_again_and_writes_with_its_adapter(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(CONFIG))
    out = tmp_path / "run"
    process = started(path, out)

    def training() -> bool:
        cursors = rows(out, "select cursor from jobs where kind = 'train'")
        return any(json.loads(cursor).get("step", 0) >= 1 for (cursor,) in cursors)

    wait_until(out, training, process, seconds=240)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert rows(out, "select * from adapters") == []

    done = recdial("run", path, "--out", out, timeout=400)
    assert done.returncode == 0, done.stderr
    ((adapter_id, uri, sha256, base_model),) = rows(
        out, "select id, uri, sha256, base_model from adapters"
    )
    folder = adapter_folder(uri)
    assert folder.parent == (out / "adapters").resolve()
    assert directory_digest(folder) == sha256
    assert base_model == MODEL
    written = rows(
        out,
        "select model, adapter_id, adapter_sha256, text from completions where role = 'student'",
    )
    ((prompts,),) = rows(out, "select count(*) from prompts")
    assert len(written) == prompts > 0
    assert {row[:3] for row in written} == {(MODEL, adapter_id, sha256)}
    assert all(text.strip() for *_, text in written)
    assert_each_prompt_has_one_final_verdict(out, prompts)
    report = json.loads((out / "report.json").read_text())
    assert report["training"]["steps"] == 3
    assert len(report["training"]["loss_curve"]) == 3
    assert not report["models"]["student"]["scripted"]


def test_a_model_that_is_not_installed_is_an_error_before_anything_is_done(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(CONFIG | {"student": {"backend": "local", "model": "./none"}}))
    done = recdial("run", path, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "./none" in done.stderr
    assert not (tmp_path / "run").exists()
