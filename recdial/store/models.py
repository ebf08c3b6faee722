"""The tables. One model set serves SQLite (embedded) and Postgres.

Provenance is complete: from a dialogue one reaches its completion (model, adapter, sampling,
attempt) and its prompt (template version, user, stereotype, target), and from there the run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, MetaData, String, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from recdial.store.columns import StoredJson, StoredText, UtcDateTime


def utc_now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """All tables; named constraints, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (read by SQLAlchemy on the class)
        datetime: UtcDateTime,
        dict[str, Any]: StoredJson,
        list[Any]: StoredJson,
        int: BigInteger,
    }


class Run(Base):
    """One run: its configuration, how far it is, and how it ended."""

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    config: Mapped[dict[str, Any]]
    config_digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default="running")
    """A `RunState`."""
    profiles: Mapped[int | None]
    """How many profiles the run has; unknown until it is grounded."""
    grounding: Mapped[dict[str, Any] | None]
    """The grounding report."""
    teacher_assigned: Mapped[bool] = mapped_column(default=False)
    student_assigned: Mapped[bool] = mapped_column(default=False)
    failure_stage: Mapped[str | None] = mapped_column(String(40))
    failure_cause: Mapped[str | None] = mapped_column(StoredText)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class Spending(Base):
    """What a role's calls in a run took, as a sum that grows with every call."""

    __tablename__ = "spending"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    calls: Mapped[int]
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    estimated_calls: Mapped[int]


class Item(Base):
    """One item of a run's catalogue, with its facts."""

    __tablename__ = "items"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    title: Mapped[str] = mapped_column(StoredText)
    facts: Mapped[dict[str, Any]]


class Drop(Base):
    """A user's history that leads to no prompt, and why."""

    __tablename__ = "drops"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    history_number: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(40))
    """The service that dropped it: grounding (before it was a profile) or prompter (after)."""
    reason: Mapped[str] = mapped_column(String(200))


class Prompt(Base):
    """One prompt: what the writer is told about one history of one user."""

    __tablename__ = "prompts"
    __table_args__ = (
        UniqueConstraint("run_id", "user_id", "history_number", "stereotype"),
        Index("ix_prompts_run_id_stereotype_draw", "run_id", "stereotype", "draw"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    user_id: Mapped[str] = mapped_column(String(200))
    history_number: Mapped[int]
    stereotype: Mapped[str] = mapped_column(String(80))
    template_version: Mapped[str] = mapped_column(String(40))
    messages: Mapped[list[Any]]
    item_ids: Mapped[list[Any]]
    """Ids the dialogue may mention because the prompt lists them."""
    history: Mapped[list[Any]]
    """The user's rated items before the target: item_id, title, rating, liked."""
    history_shown: Mapped[bool]
    target_item_id: Mapped[str] = mapped_column(String(200))
    target_rating: Mapped[float]
    target_liked: Mapped[bool]
    draw: Mapped[int]
    """Seeded hash of the user: orders the prompts of a stereotype for the teacher's share."""
    budget: Mapped[dict[str, Any] | None]
    """Limit and number of its tokens, who counted, what was cut; None where there is no limit."""
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """Where its trace goes on when it is released (W3C Trace Context); the trace's id is in it."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Assignment(Base):
    """One prompt given to one role. The role's final verdict on it is the assignment's state."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index("ix_assignments_run_id_role_ordinal", "run_id", "role", "ordinal", unique=True),
        Index(
            "ix_assignments_pending",
            "run_id",
            "role",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
    )

    prompt_id: Mapped[UUID] = mapped_column(ForeignKey("prompts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    ordinal: Mapped[int]
    """Place in the order of release, from 1."""
    adapter_id: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="pending")
    """pending, or the final verdict: accepted, rejected, failed."""
    dialogue_id: Mapped[UUID | None]
    """The dialogue the verdict is about."""


class Completion(Base):
    """The raw text of one attempt, as the model wrote it."""

    __tablename__ = "completions"

    dialogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), index=True)
    prompt_id: Mapped[UUID] = mapped_column(ForeignKey("prompts.id"))
    role: Mapped[str] = mapped_column(String(20))
    attempt: Mapped[int]
    backend: Mapped[str] = mapped_column(String(40))
    model: Mapped[str] = mapped_column(StoredText)
    adapter_id: Mapped[str | None] = mapped_column(String(200))
    adapter_sha256: Mapped[str | None] = mapped_column(String(64))
    sampling: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(StoredText)
    finish_reason: Mapped[str] = mapped_column(String(20))
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    seconds: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Dialogue(Base):
    """One judged dialogue: its turns, the verdict and the reasons."""

    __tablename__ = "dialogues"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), index=True)
    prompt_id: Mapped[UUID] = mapped_column(ForeignKey("prompts.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    attempt: Mapped[int]
    turns: Mapped[list[Any]]
    verdict: Mapped[str] = mapped_column(String(20))
    final: Mapped[bool]
    """False where another attempt at the prompt follows."""
    reasons: Mapped[list[Any]]
    notes: Mapped[list[Any]] = mapped_column(default=list)
    """What the filter remarked upon or mended (`recdial.domain.Reason`, not of severity reject)."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Job(Base):
    """Long work: who holds it until when, and where to go on from."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("run_id", "kind"),
        Index("ix_jobs_kind_state", "kind", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    """queued, running, done, failed, cancelled."""
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    worker: Mapped[str | None] = mapped_column(String(200))
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with each claim: a worker whose number is old has lost the job."""
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    """A failed job waits until then for its next try."""
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(StoredText)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Adapter(Base):
    """A published student adapter."""

    __tablename__ = "adapters"

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), unique=True)
    uri: Mapped[str] = mapped_column(StoredText)
    sha256: Mapped[str] = mapped_column(String(64))
    base_model: Mapped[str] = mapped_column(StoredText)
    training: Mapped[dict[str, Any]]
    """Steps, losses, examples, seconds."""
    canary: Mapped[dict[str, Any] | None]
    """What it writes greedily, and what its base model does (`recdial.contracts.Canary`)."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Evaluation(Base):
    """The report on a run."""

    __tablename__ = "evaluations"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    report: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Annotator(Base):
    """A person who judges dialogues."""

    __tablename__ = "annotators"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Comparison(Base):
    """Two dialogues to be judged head to head; each side is a dialogue's text and its source."""

    __tablename__ = "comparisons"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), index=True)
    left: Mapped[dict[str, Any]]
    right: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Judgement(Base):
    """One annotator's preference on one criterion of a comparison."""

    __tablename__ = "judgements"

    comparison_id: Mapped[UUID] = mapped_column(ForeignKey("comparisons.id"), primary_key=True)
    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotators.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(String(80), primary_key=True)
    preference: Mapped[str] = mapped_column(String(10))
    """left, right or tie."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
