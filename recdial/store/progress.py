"""How far a run is, read from the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.domain import Role, Verdict
from recdial.settings import RunConfig
from recdial.store import adapters, jobs, prompts, runs, spending
from recdial.store.models import Assignment, Completion, Dialogue, Drop
from recdial.store.spending import Spent


@dataclass(frozen=True)
class RoleProgress:
    """One role's prompts by state. `written` counts those with a stored completion."""

    assigned: int = 0
    written: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    """Prompts whose last dialogue was rejected or failed, by rule; it may break several."""
    attempts: int = 0
    """Dialogues that were judged, those tried again included."""
    first_pass: int = 0
    """Prompts whose first dialogue was accepted."""
    first_reasons: dict[str, int] = field(default_factory=dict)
    """As `reasons`, of the first dialogues."""

    @property
    def final(self) -> int:
        """Prompts that have their final verdict."""
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class RunProgress:
    """One run, counted."""

    run_id: UUID
    name: str
    state: str
    failure_stage: str | None
    failure_cause: str | None
    profiles: int | None
    prompted: int
    """Profiles that have their prompts: one, or one for each stereotype of theirs."""
    prompts: int
    dropped: dict[str, int]
    """Users' histories that led to no prompt, by reason."""
    unprompted: int
    """Profiles among them: dropped by the prompter, not before they were profiles."""
    roles: dict[Role, RoleProgress]
    jobs: dict[str, str]
    """State of each job by kind."""
    training: dict[str, object]
    """The training job's own progress: step, steps, loss."""
    adapter_id: str | None
    spent: dict[Role, Spent] = field(default_factory=dict)
    """What the roles' calls took."""
    cost_usd: float = 0.0
    """By the prices of the run's configuration."""
    limit_reached: str | None = None
    """Which limit of the run, in words."""


async def read(session: AsyncSession, run_id: UUID) -> RunProgress:
    """Count what the store holds of a run. Raises RunUnknown."""
    run = await runs.get(session, run_id)
    drops = await session.execute(
        select(Drop.reason, func.count()).where(Drop.run_id == run_id).group_by(Drop.reason)
    )
    prompted, unprompted = await prompts.count_settled(session, run_id)
    adapter = await adapters.of_run(session, run_id)
    found_jobs = await jobs.of_run(session, run_id)
    training = next((job.cursor for job in found_jobs if job.kind == jobs.JobName.train), {})
    config = RunConfig.model_validate(run.config)
    spent = (await spending.of_runs(session, [run_id]))[run_id]
    return RunProgress(
        run_id=run_id,
        name=run.name,
        state=run.state,
        failure_stage=run.failure_stage,
        failure_cause=run.failure_cause,
        profiles=run.profiles,
        prompted=prompted,
        prompts=await prompts.count(session, run_id),
        dropped=dict(drops.all()),
        unprompted=unprompted,
        roles={role: await _role(session, run_id, role) for role in Role},
        jobs={job.kind: job.state for job in found_jobs},
        training=training,
        adapter_id=adapter.id if adapter else None,
        spent=spent,
        cost_usd=spending.cost(spent, config),
        limit_reached=spending.limit_reached(spent, config),
    )


async def _role(session: AsyncSession, run_id: UUID, role: Role) -> RoleProgress:
    states = await session.execute(
        select(Assignment.state, func.count())
        .where(Assignment.run_id == run_id, Assignment.role == role.value)
        .group_by(Assignment.state)
    )
    by_state: dict[str, int] = dict(states.all())
    written = await session.scalar(
        select(func.count(Completion.prompt_id.distinct())).where(
            Completion.run_id == run_id, Completion.role == role.value
        )
    )
    judged = (Dialogue.run_id == run_id, Dialogue.role == role.value)
    attempts = await session.scalar(select(func.count()).select_from(Dialogue).where(*judged))
    first_pass = await session.scalar(
        select(func.count())
        .select_from(Dialogue)
        .where(*judged, Dialogue.attempt == 1, Dialogue.verdict == Verdict.accepted.value)
    )
    return RoleProgress(
        assigned=sum(by_state.values()),
        written=written or 0,
        verdicts={
            verdict.value: by_state[verdict.value]
            for verdict in Verdict
            if verdict.value in by_state
        },
        reasons=await _reasons(session, run_id, role, Dialogue.final.is_(True)),
        attempts=attempts or 0,
        first_pass=first_pass or 0,
        first_reasons=await _reasons(session, run_id, role, Dialogue.attempt == 1),
    )


async def _reasons(
    session: AsyncSession, run_id: UUID, role: Role, which: ColumnElement[bool]
) -> dict[str, int]:
    """How many of the role's dialogues of a kind break each rule, most first."""
    rows = await session.execute(
        select(Dialogue.reasons).where(
            Dialogue.run_id == run_id,
            Dialogue.role == role.value,
            Dialogue.verdict != Verdict.accepted.value,
            which,
        )
    )
    counts: Counter[str] = Counter()
    for (found,) in rows:
        counts.update({reason["rule"] for reason in found})
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
