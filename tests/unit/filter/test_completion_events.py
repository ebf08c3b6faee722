from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from recdial.settings import Phase
from services.filter.completion import Completeness, completion_events

RUN = UUID(int=1)
BEGUN = Completeness(
    teacher_assigned=True,
    teacher_pending=True,
    adapter_published=False,
    student_assigned=False,
    student_pending=False,
)
TAUGHT = replace(BEGUN, teacher_pending=False)
TRAINED = replace(TAUGHT, adapter_published=True)
WRITING = replace(TRAINED, student_assigned=True, student_pending=True)
DONE = replace(WRITING, student_pending=False)


@pytest.mark.parametrize(
    ("found", "until", "topics"),
    [
        (BEGUN, "teacher", []),
        (TAUGHT, "teacher", ["run.completed"]),
        (TAUGHT, "adapter", ["teacher.completed"]),
        (TAUGHT, "student", ["teacher.completed"]),
        (TRAINED, "adapter", ["run.completed"]),
        # A run that went on until its adapter and then is to go further: the trainer publishes it.
        (TRAINED, "student", ["teacher.completed"]),
        (WRITING, "student", []),
        (DONE, "student", ["run.completed"]),
        (replace(DONE, adapter_published=False), "student", ["run.completed"]),
    ],
)
def test_what_is_published(found: Completeness, until: Phase, topics: list[str]) -> None:
    events: list[Any] = completion_events(RUN, found, until)
    assert [event.topic for event in events] == topics
