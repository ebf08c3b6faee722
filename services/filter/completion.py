"""When a role's prompts, and with them the run, are complete: a predicate over the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from recdial.contracts import Messages, RunCompleted, TeacherCompleted


@dataclass(frozen=True)
class Completeness:
    """What the store says: whether a role has its prompts, and whether any lacks its verdict."""

    teacher_assigned: bool
    teacher_pending: bool
    student_assigned: bool
    student_pending: bool

    @property
    def teacher(self) -> bool:
        """Whether every teacher prompt has its final verdict."""
        return self.teacher_assigned and not self.teacher_pending

    @property
    def student(self) -> bool:
        """Whether every student prompt has its final verdict."""
        return self.student_assigned and not self.student_pending


def completion_events(
    run_id: UUID, found: Completeness, until: Literal["teacher", "student"]
) -> Messages:
    """What is to be published now: nothing, that the teacher is done, that the run is done.

    True as often as it is asked: consumers do the work that follows once.
    """
    if not found.teacher:
        return []
    if until == "teacher" or found.student:
        return [RunCompleted(run_id=run_id)]
    if found.student_assigned:
        return []
    return [TeacherCompleted(run_id=run_id)]
