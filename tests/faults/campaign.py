"""A campaign: runs with faults, one after the other, each audited when it has ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from tests import synthetic
from tests.faults.audit import Audit, audit, audit_again
from tests.faults.model import Conduct, Tally
from tests.faults.plan import Planned, plan
from tests.faults.site import TEACHER_SHARE, Site

STALL_S = 100.0
"""Without progress for so long, a run stands still: a publisher alone waits 60 s for a broker."""
STALL_AFTER_LOSS_S = 30.0
"""Where messages were thrown away it may, and is resumed once more."""
_RESUMES = 5

Say = Callable[[str], None]


@dataclass
class Result:
    """What a campaign injected and found."""

    seed: int
    injected: Counter[str] = field(default_factory=Counter)
    audits: list[Audit] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    second_resumes: int = 0
    """How often a run stood still after `recdial resume`, and went on after another."""
    tally: Tally | None = None
    seconds: float = 0.0


class RunStands(AssertionError):
    """A run makes no progress."""


class _Progress:
    """How far a run is, and since when it is no further."""

    def __init__(self, place: Site, run_id: UUID, users: int) -> None:
        self._site = place
        self._run_id = run_id
        # The teacher's are rounded up within each stereotype: a little more than this.
        self._prompts = users * (1 + TEACHER_SHARE)
        self._seen: tuple[object, ...] = ()
        self._since = time.monotonic()

    def share(self) -> float:
        """The share of the prompts that have their final verdict, at most 1."""
        self._look()
        final = self._site.count(
            "assignments where run_id = :run and state <> 'pending'", run=self._run_id
        )
        return min(1.0, final / self._prompts)

    def completed(self) -> bool:
        self._look()
        return self._site.state(self._run_id) == "completed"

    @property
    def stands_s(self) -> float:
        """For how many seconds nothing was done that could be done."""
        if self._site.model.conduct is not Conduct.good:
            self._since = time.monotonic()
        return time.monotonic() - self._since

    def restart_clock(self) -> None:
        self._since = time.monotonic()

    def _look(self) -> None:
        self._site.notice_deaths()
        counts = [
            self._site.count(f"{table} where run_id = :run", run=self._run_id)
            for table in ("prompts", "completions", "dialogues")
        ]
        # The fence grows with every worker that begins.
        jobs = self._site.rows(
            "select kind, state, fence from jobs where run_id = :run order by kind",
            run=self._run_id,
        )
        seen = (*counts, *jobs, self._site.state(self._run_id))
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()


def campaign(
    place: Site, *, faults: int, seed: int, per_run: int, users: int, say: Say = print
) -> Result:
    """Inject so many faults into runs of so many users, and audit what is left."""
    result = Result(seed)
    began = time.monotonic()
    source = synthetic.write_source(place.folder, users=users)
    for number, planned in enumerate(plan(faults, per_run, seed), 1):
        say(f"run {number}: {len(planned)} faults")
        # Runs of other seeds are other runs: other teachers' prompts, other texts.
        run_id = place.submit(source, seed * 1000 + number)
        lossless = _inject(place, run_id, users, planned, result, say)
        found = audit(place, run_id, users, lossless=lossless)
        result.audits.append(found)
        for finding in (*found.findings, *place.complaints):
            say(f"  FOUND {finding}")
            result.findings.append(f"run {number}: {finding}")
        place.complaints.clear()
    for found in result.audits:
        result.findings += audit_again(place, found)
    result.tally = place.model.tally()
    result.seconds = time.monotonic() - began
    return result


def _inject(
    place: Site, run_id: UUID, users: int, planned: list[Planned], result: Result, say: Say
) -> bool:
    """Inject a run's faults and wait for its end; whether no message was thrown away."""
    began = time.monotonic()
    progress = _Progress(place, run_id, users)
    lossless = True
    for one in planned:
        _until_due(one, progress)
        lossless = lossless and not one.fault.loses_messages
        at = f"{time.monotonic() - began:5.1f} s {progress.share():4.0%}"
        what = one.fault.inject(place, Random(one.seed))
        result.injected[one.fault.name] += 1
        say(f"  {at}  {one.fault.name}  {what}")
    resumes = 0
    while not progress.completed():
        if progress.stands_s > (STALL_S if lossless else STALL_AFTER_LOSS_S):
            evidence = _evidence(place, run_id)
            say(f"  stands still: {evidence}")
            resumes += 1
            if lossless:
                result.findings.append(f"run {run_id} stood still: {evidence}")
            else:
                result.second_resumes += 1
            if resumes > _RESUMES:
                raise RunStands(f"run {run_id}: {evidence}")
            place.resume()
            progress.restart_clock()
        time.sleep(0.1)
    place.settle()
    say(f"  {time.monotonic() - began:5.1f} s       completed")
    return lossless


def _until_due(one: Planned, progress: _Progress) -> None:
    while progress.share() < one.share and not progress.completed():
        # What holds the run up may be the faults before: then the next come all the same.
        if progress.stands_s > STALL_AFTER_LOSS_S:
            return
        time.sleep(0.05)
    time.sleep(one.wait_s)


def _evidence(place: Site, run_id: UUID) -> str:
    states = place.rows(
        "select role, state, count(*) from assignments where run_id = :run group by role, state",
        run=run_id,
    )
    jobs = place.rows(
        "select kind, state, failures, cursor, error from jobs where run_id = :run", run=run_id
    )
    return f"assignments {states}, jobs {jobs}, logs in {place.folder}"
