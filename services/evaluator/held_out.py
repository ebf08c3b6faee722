"""Which prompts generators are compared on: a seeded sample of a run's, one of each user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Role, Verdict
from recdial.ids import seeded_draw
from recdial.store.models import Assignment, Prompt


class Population(StrEnum):
    """The prompts a sample is drawn from."""

    held_out = "held-out"
    """Those of users the teacher wrote nothing for."""
    all = "all"


class NothingHeldOut(Exception):
    """The teacher wrote for every user of the run."""


@dataclass(frozen=True)
class Candidate:
    """A prompt that may be drawn."""

    prompt_id: UUID
    user_id: str
    history_number: int
    stereotype: str
    teacher: str | None
    """State of the teacher's assignment of it; None where the teacher does not write for it."""


@dataclass(frozen=True)
class Sample:
    """The prompts that were drawn, and of how many users."""

    prompt_ids: tuple[UUID, ...]
    in_training: int
    """Prompts of users with an accepted teacher dialogue: the student learned from them."""
    users: int
    """Users there were to draw."""


async def candidates(session: AsyncSession, run_id: UUID) -> list[Candidate]:
    """All prompts of a run."""
    rows = await session.execute(
        select(
            Prompt.id, Prompt.user_id, Prompt.history_number, Prompt.stereotype, Assignment.state
        )
        .outerjoin(
            Assignment,
            (Assignment.prompt_id == Prompt.id) & (Assignment.role == Role.teacher.value),
        )
        .where(Prompt.run_id == run_id)
    )
    return [Candidate(*row) for row in rows]


def draw(
    found: Iterable[Candidate], number: int, seed: int, population: Population = Population.held_out
) -> Sample:
    """Draw prompts, at most one of each user: those of one user are not independent.

    Fewer than `number` where there are not as many users. The draw depends on the seed and the
    users only, not on the run. Raises NothingHeldOut.
    """
    found = list(found)
    taught = {one.user_id for one in found if one.teacher is not None}
    learned = {one.user_id for one in found if one.teacher == Verdict.accepted}
    by_user: dict[str, list[Candidate]] = {}
    for one in found:
        if population is Population.all or one.user_id not in taught:
            by_user.setdefault(one.user_id, []).append(one)
    if found and not by_user:
        raise NothingHeldOut(
            f"the teacher wrote for all {len(taught)} users of this run, so none is held out: "
            "compare on prompts of all (the student has learned from some of them), or make a run "
            "with distillation.teacher_share below 1"
        )

    def place(one: Candidate) -> tuple[int, str, int, str]:
        part = one.user_id, one.history_number, one.stereotype
        return seeded_draw(seed, "comparison", *part), *part

    first_of_each = (min(prompts, key=place) for prompts in by_user.values())
    drawn = sorted(first_of_each, key=place)[:number]
    return Sample(
        prompt_ids=tuple(one.prompt_id for one in drawn),
        in_training=sum(one.user_id in learned for one in drawn),
        users=len(by_user),
    )
