"""Collects the report on a run from its store and its dataset files."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from recdial import __version__
from recdial.domain import Reason, Role, Turn, Verdict
from recdial.store import Store, adapters, dialogues, models, progress, runs
from recdial.store.dialogues import Written
from recdial.store.models import Assignment, Completion, Prompt, utc_now
from services.evaluator.dataset import record_of
from services.evaluator.export.jsonl import read_jsonl
from services.evaluator.report.model import (
    AcceptanceFacts,
    ModelFacts,
    RejectedDialogue,
    RunFacts,
    RunReport,
    Samples,
    SpentFacts,
    TrainingFacts,
    VerdictCounts,
)
from services.evaluator.statistics import DatasetStatistics, dataset_statistics

ACCEPTED_SAMPLES = 12
REJECTED_SAMPLES = 6


async def run_report(store: Store, run_id: UUID, files: Mapping[Role, Path]) -> RunReport:
    """The report on a run that has ended, with the statistics of the dataset files by role."""
    async with store.read() as session:
        run = await runs.get(session, run_id)
        counted = await progress.read(session, run_id)
        by_stereotype = await _verdicts_by_stereotype(session, run_id)
        prompts_by_stereotype = await _count(session, run_id, Prompt.stereotype)
        disliked = await session.scalar(
            select(func.count())
            .select_from(Prompt)
            .where(Prompt.run_id == run_id, ~Prompt.target_liked)
        )
        models_used = {
            role: found for role in Role if (found := await _model(session, run, role)) is not None
        }
        adapter = await adapters.of_run(session, run_id)
    samples = await _samples(store, run, list(files))
    grounding: dict[str, Any] = run.grounding or {}
    reasons_by_role = {role: state.reasons for role, state in counted.roles.items()}
    return RunReport(
        recdial_version=__version__,
        created_at=utc_now(),
        run=RunFacts(
            id=str(run.id),
            name=run.name,
            profile=run.config["profile"],
            seed=run.config["seed"],
            config_digest=run.config_digest,
            # This report is the last step of a run that goes well.
            state="completed" if run.state in ("running", "paused") else run.state,
            stage=run.failure_stage,
            cause=run.failure_cause,
        ),
        users=grounding.get("users", 0),
        items=grounding.get("items", 0),
        interactions=grounding.get("interactions", 0),
        prompts=counted.prompts,
        verdicts={
            role: VerdictCounts.model_validate(state.verdicts)
            for role, state in counted.roles.items()
        },
        reasons=_summed(reasons_by_role),
        prompts_by_stereotype=prompts_by_stereotype,
        dropped_profiles=counted.dropped,
        targets_disliked=disliked or 0,
        verdicts_by_stereotype=by_stereotype,
        reasons_by_role=reasons_by_role,
        acceptance={
            role: AcceptanceFacts(
                first_pass=state.first_pass,
                accepted=state.verdicts.get(Verdict.accepted.value, 0),
                prompts=state.assigned,
                attempts=state.attempts,
                first_reasons=state.first_reasons,
            )
            for role, state in counted.roles.items()
            if state.assigned
        },
        statistics={
            role: statistics
            for role, path in files.items()
            if (statistics := await asyncio.to_thread(_statistics, path)).overall.dialogues
        },
        models=models_used,
        spent={role: SpentFacts(**vars(spent)) for role, spent in counted.spent.items()},
        cost_usd=counted.cost_usd,
        limit_reached=counted.limit_reached,
        training=TrainingFacts.model_validate(adapter.training) if adapter else None,
        grounding=grounding,
        samples=samples,
    )


def _statistics(path: Path) -> DatasetStatistics:
    return dataset_statistics(read_jsonl(path))


def _summed(by_role: Mapping[Role, Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for reasons in by_role.values():
        for rule, count in reasons.items():
            total[rule] += count
    return dict(sorted(total.items(), key=lambda entry: (-entry[1], entry[0])))


async def _count(session: AsyncSession, run_id: UUID, column: Any) -> dict[str, int]:
    rows = await session.execute(
        select(column, func.count())
        .where(Prompt.run_id == run_id)
        .group_by(column)
        .order_by(column)
    )
    return dict(rows.all())


async def _verdicts_by_stereotype(
    session: AsyncSession, run_id: UUID
) -> dict[Role, dict[str, VerdictCounts]]:
    rows = await session.execute(
        select(Assignment.role, Prompt.stereotype, Assignment.state, func.count())
        .join(Prompt, Prompt.id == Assignment.prompt_id)
        .where(Assignment.run_id == run_id, Assignment.state.in_([*Verdict]))
        .group_by(Assignment.role, Prompt.stereotype, Assignment.state)
        .order_by(Prompt.stereotype)
    )
    counts: dict[Role, dict[str, dict[str, int]]] = {role: {} for role in Role}
    for role, stereotype, state, count in rows:
        counts[Role(role)].setdefault(stereotype, {})[state] = count
    return {
        role: {name: VerdictCounts.model_validate(states) for name, states in found.items()}
        for role, found in counts.items()
    }


async def _model(session: AsyncSession, run: models.Run, role: Role) -> ModelFacts | None:
    """What wrote the role's dialogues, from what it wrote; None if it wrote nothing."""
    row = (
        await session.execute(
            select(Completion)
            .where(Completion.run_id == run.id, Completion.role == role.value)
            .limit(1)
        )
    ).scalar_one_or_none()
    if row is None:
        return None
    adapter = await adapters.of_run(session, run.id) if row.adapter_id else None
    return ModelFacts(
        backend=row.backend,
        model=row.model,
        scripted=row.backend == "scripted",
        base_model=adapter.base_model if adapter else None,
        adapter_id=row.adapter_id,
        adapter_sha256=row.adapter_sha256,
    )


async def _samples(store: Store, run: models.Run, roles: list[Role]) -> Samples:
    """The first dialogues in the order of release, in turn from each stereotype.

    Accepted ones of the last phase; rejected ones of any, the last phase first.
    """
    last = roles[-1]
    async with store.read() as session:
        accepted = await dialogues.written(
            session, run.id, last, verdict=Verdict.accepted, limit=20 * ACCEPTED_SAMPLES
        )
        rejected = [
            written
            for role in reversed(roles)
            for verdict in (Verdict.rejected, Verdict.failed)
            for written in await dialogues.written(
                session, run.id, role, verdict=verdict, limit=20 * REJECTED_SAMPLES
            )
        ]
    return Samples(
        accepted=tuple(
            [
                await record_of(store, run, written)
                for written in _in_turn(accepted, ACCEPTED_SAMPLES)
            ]
        ),
        rejected=tuple(_rejected(written) for written in _in_turn(rejected, REJECTED_SAMPLES)),
    )


def _in_turn(found: list[Written], most: int) -> list[Written]:
    """Some of the dialogues, each stereotype's first before any stereotype's second."""
    seen: dict[str, int] = defaultdict(int)
    places = []
    for index, written in enumerate(found):
        places.append((seen[written.prompt.stereotype], index))
        seen[written.prompt.stereotype] += 1
    return [found[index] for _, index in sorted(places)[:most]]


def _rejected(written: Written) -> RejectedDialogue:
    return RejectedDialogue(
        dialogue_id=str(written.dialogue.id),
        role=Role(written.dialogue.role),
        stereotype=written.prompt.stereotype,
        user_id=written.prompt.user_id,
        reasons=tuple(Reason.model_validate(reason) for reason in written.dialogue.reasons),
        text=written.completion.text if written.completion else "",
        turns=tuple(Turn.model_validate(turn) for turn in written.dialogue.turns),
        attempt=written.dialogue.attempt,
    )
