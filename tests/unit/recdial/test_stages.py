from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from rich.console import Console

from recdial.cli.stages import StageDisplay, stages
from recdial.domain import Role
from recdial.settings import RunConfig
from recdial.store.progress import RoleProgress, RunProgress

CONFIG = RunConfig.model_validate(
    {
        "name": "stages",
        "source": {"reviews": "r.jsonl", "tmdb": "t.json"},
        "teacher": {"backend": "scripted"},
        "student": {"backend": "local", "model": "smollm2-135m"},
        "distillation": {"max_steps": 16},
    }
)
BEGUN = RunProgress(
    run_id=UUID(int=1),
    name="stages",
    state="running",
    failure_stage=None,
    failure_cause=None,
    profiles=None,
    prompted=0,
    prompts=0,
    dropped={},
    unprompted=0,
    roles={role: RoleProgress() for role in Role},
    jobs={},
    training={},
    adapter_id=None,
)
TRAINING = replace(
    BEGUN,
    profiles=40,
    prompted=38,
    prompts=190,
    dropped={"no_liked_item": 3, "no_newcomer_allowed": 2},
    unprompted=2,
    roles={
        Role.teacher: RoleProgress(5, 5, {"accepted": 4, "rejected": 1}, {"unknown_id": 1}),
        Role.student: RoleProgress(),
    },
    jobs={"train": "running"},
    training={"step": 4, "steps": 16, "loss": 1.25},
)


def test_every_stage_is_named_before_anything_is_done() -> None:
    found = stages(BEGUN, CONFIG)
    assert [stage.name for stage in found] == [
        "profiles to prompts",
        "teacher dialogues",
        "fine-tuning",
        "student dialogues",
        "dataset and report",
    ]
    assert not any(stage.finished for stage in found)


def test_dropped_profiles_are_counted_and_do_not_hold_the_stage_open() -> None:
    prompts = stages(TRAINING, CONFIG)[0]
    assert prompts.finished
    assert prompts.note == "dropped: no_liked_item 3, no_newcomer_allowed 2"


def test_verdicts_reasons_and_loss_are_shown() -> None:
    _, teacher, training, student, _ = stages(TRAINING, CONFIG)
    assert teacher.finished
    assert teacher.note == "4 accepted, 1 rejected, unknown_id 1"
    assert (training.done, training.total, training.note) == (4, 16, "loss 1.250")
    assert student.total is None


def test_a_run_until_the_teacher_shows_no_student() -> None:
    names = [stage.name for stage in stages(BEGUN, CONFIG.model_copy(update={"until": "teacher"}))]
    assert "student dialogues" not in names
    assert "fine-tuning" not in names


def test_without_a_terminal_a_finished_stage_is_one_line() -> None:
    console = Console(force_terminal=False, record=True, width=120)
    with StageDisplay(console, CONFIG) as display:
        display.show(BEGUN)
        display.show(TRAINING)
        display.show(TRAINING)
    lines = console.export_text().splitlines()
    assert lines.count("teacher dialogues: 5/5  4 accepted, 1 rejected, unknown_id 1") == 1


def test_on_a_terminal_the_stages_are_bars() -> None:
    console = Console(force_terminal=True, record=True, width=160)
    with StageDisplay(console, CONFIG) as display:
        display.show(TRAINING)
        display.show(replace(TRAINING, prompted=38))
    text = console.export_text()
    assert "teacher dialogues" in text
    assert "loss 1.250" in text
