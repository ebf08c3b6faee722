"""`until`: what a run does, and that raising it does not make another run of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from recdial.config_file import ConfigError, load_config
from recdial.domain import Role
from recdial.run_folder import RunFolder
from recdial.settings import PHASES, Phase, RunConfig


def config(**changes: Any) -> RunConfig:
    return RunConfig.model_validate(
        {
            "name": "phases",
            "source": {"reviews": "/r.jsonl", "tmdb": "/t.json"},
            "teacher": {"backend": "scripted"},
            "student": {"backend": "local", "model": "smollm2-135m"},
        }
        | changes
    )


@pytest.mark.parametrize(
    ("until", "trains", "roles", "last"),
    [
        ("teacher", False, (Role.teacher,), Role.teacher),
        ("adapter", True, (Role.teacher,), Role.teacher),
        ("student", True, (Role.teacher, Role.student), Role.student),
    ],
)
def test_what_a_run_does(until: Phase, trains: bool, roles: tuple[Role, ...], last: Role) -> None:
    found = config(until=until)
    assert (found.trains, found.roles, found.last_role) == (trains, roles, last)


def test_all_phases_of_a_run_are_the_same_run() -> None:
    assert len({config(until=until).digest() for until in PHASES}) == 1
    assert config(seed=1).digest() != config(seed=2).digest()


@pytest.mark.parametrize(
    ("until", "distillation", "said"),
    [
        ("adapter", {"mode": "none"}, "until adapter needs distillation.mode lora"),
        ("teacher", {"mode": "none", "teacher_share": 0}, "until teacher needs"),
    ],
)
def test_a_phase_that_cannot_be_reached_is_refused(
    until: Phase, distillation: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        config(until=until, distillation=distillation)


def test_until_of_a_folder_is_raised_and_never_lowered(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    for until in PHASES:
        folder.claim(config(until=until))
        assert load_config(folder.config).until == until
    with pytest.raises(ConfigError, match="can be raised, not lowered to teacher"):
        folder.claim(config(until="teacher"))
    assert load_config(folder.config).until == "student"


def test_raising_until_changes_nothing_else(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.claim(config(until="teacher"))
    with pytest.raises(ConfigError, match="seed: 7 -> 8") as error:
        folder.claim(config(until="student", seed=8))
    assert "until" not in str(error.value).partition("What differs")[2]
    assert load_config(folder.config).until == "teacher"
