"""What the control API of a cluster says: the models its server and the command line share."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from recdial.domain import Frozen, RunState


class RunSummary(Frozen):
    """One run, without its numbers."""

    run_id: UUID
    name: str
    state: RunState
    created_at: datetime
    finished_at: datetime | None = None
    failure_cause: str | None = None


class DeadLetterCount(Frozen):
    """How many messages were given up in a queue."""

    queue: str
    count: int


class DeadLetterView(Frozen):
    """A message that was given up, and why."""

    died_at: datetime
    failures: int
    error: str
    body: str
    """As it came; bytes that are no text are replaced."""


class Replayed(Frozen):
    """What became of the dead letters of a queue that were to be sent again."""

    sent: int
    left: int
    """Letters that stay: of cancelled runs, or too late for their run."""
