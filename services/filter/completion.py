"""When a role's prompts, and with them the run, are complete: a predicate over the store."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from recdial.contracts import Messages, RunCompleted, TeacherCompleted
from recdial.domain import Role
from recdial.settings import Phase


@dataclass(frozen=True)
class Completeness:
    """What the store says of the phases of a run.

    Of a role: whether it has its prompts, whether any lacks its verdict, and whether it is to be
    found out yet which of its dialogues are near-duplicates.
    """

    teacher_assigned: bool
    teacher_pending: bool
    adapter_published: bool
    student_assigned: bool
    student_pending: bool
    teacher_undecided: bool = False
    student_undecided: bool = False

    @property
    def teacher_judged(self) -> bool:
        """Whether every teacher prompt has its final verdict."""
        return self.teacher_assigned and not self.teacher_pending

    @property
    def student_judged(self) -> bool:
        """Whether every student prompt has its final verdict."""
        return self.student_assigned and not self.student_pending

    @property
    def teacher(self) -> bool:
        """Whether the teacher's dialogues are complete."""
        return self.teacher_judged and not self.teacher_undecided

    @property
    def student(self) -> bool:
        """Whether the student's dialogues are complete."""
        return self.student_judged and not self.student_undecided


def to_be_decided(found: Completeness) -> list[Role]:
    """The roles whose near-duplicates are to be found now."""
    roles = []
    if found.teacher_judged and found.teacher_undecided:
        roles.append(Role.teacher)
    if found.student_judged and found.student_undecided:
        roles.append(Role.student)
    return roles


def completion_events(run_id: UUID, found: Completeness, until: Phase) -> Messages:
    """What is to be published now: nothing, that the teacher is done, that the run is done.

    True as often as it is asked: consumers do the work that follows once.
    """
    if not found.teacher:
        return []
    done = {"teacher": True, "adapter": found.adapter_published, "student": found.student}
    if done[until]:
        return [RunCompleted(run_id=run_id)]
    if found.student_assigned:
        return []
    return [TeacherCompleted(run_id=run_id)]
