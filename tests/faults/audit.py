"""What a run left in the store, the queues and the files, and what of it should not be so."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from recdial.bus import DeadLetter
from recdial.bus.topology import contract_queues
from recdial.domain import Role
from tests.faults.model import key_of, script
from tests.faults.site import TEACHER_SHARE, Site
from tests.processes import until

_QUIET_S = 90.0
"""A message that failed may wait for its next try for 16 s."""
_MODEL_ERRORS = (
    "answered 429",
    "answered 500",
    "did not answer within",
    "cannot reach",
    "answered with what is no chat completion",
    "answered without a completion",
)
"""How `recdial.llm.hub` says that the server misbehaved."""
_FILES = {"teacher": "teacher.jsonl", "student": "dataset.jsonl"}


@dataclass(frozen=True)
class Audit:
    """One run, counted; and what is wrong with it, in words."""

    run_id: UUID
    prompts: int
    verdicts: int
    accepted: int
    rejected: int
    failed: int
    lost: int
    doubled: int
    dead_letters: Counter[str]
    findings: list[str] = field(default_factory=list)


def audit(site: Site, run_id: UUID, users: int, *, lossless: bool) -> Audit:
    """Audit a run that has ended, when all is quiet. `lossless`: no message was thrown away."""
    findings: list[str] = []
    until_quiet(site, findings)
    letters = _dead_letters(site)
    findings += _ended(site, run_id, users)
    findings += _assigned(site, run_id)
    findings += _written(site, run_id)
    findings += _failed(site, run_id)
    findings += _exported(site, run_id)
    findings += _buried(site, letters)
    if lossless:
        findings += _told(site, run_id)
    verdicts = _verdicts(site, run_id)
    states = Counter(state for _, _, state, _ in verdicts)
    return Audit(
        run_id,
        prompts=len(verdicts),
        verdicts=sum(count for *_, count in verdicts),
        accepted=states["accepted"],
        rejected=states["rejected"],
        failed=states["failed"],
        lost=sum(not count or state == "pending" for _, _, state, count in verdicts),
        doubled=sum(count > 1 for *_, count in verdicts),
        dead_letters=Counter(letter.queue for letter in letters),
        findings=findings,
    )


def audit_again(site: Site, first: Audit) -> list[str]:
    """What is no longer as it was when a run ended: late repeats must change nothing."""
    now = Counter(state for _, _, state, _ in _verdicts(site, first.run_id))
    then = {"accepted": first.accepted, "rejected": first.rejected, "failed": first.failed}
    findings = [] if now == +Counter(then) else [f"the verdicts were {then} and are {dict(now)}"]
    return [
        f"later, run {first.run_id}: {finding}"
        for finding in (
            *findings,
            *_ended(site, first.run_id, None),
            *_written(site, first.run_id),
            *_exported(site, first.run_id),
        )
    ]


def until_quiet(site: Site, findings: list[str]) -> None:
    """Wait until nothing is queued, delayed or in hand; what stays is a finding."""
    seen: dict[str, float] = {}

    def quiet() -> bool:
        # In hand first: what it leads to is queued when the queues are counted.
        seen.clear()
        seen.update(_in_hand(site) | _waiting(site) | _in_hand(site))
        return not seen

    try:
        until(quiet, "the queues are empty", _QUIET_S, every_s=0.3)
    except AssertionError:
        findings.append(f"left in queues or in hand: {seen}")


def _in_hand(site: Site) -> dict[str, float]:
    return {
        f"{service} has in hand": count
        for service, process in site.processes.items()
        if (count := process.total("recdial_in_flight"))
    }


def _waiting(site: Site) -> dict[str, float]:
    delays = [site.place.broker.topology.delay(one) for one in site.place.broker.retry.delays]
    prefix = site.place.broker.prefix
    names = [*contract_queues(), *(delay.removeprefix(prefix) for delay in delays)]
    return {name: depth for name in names if (depth := site.place.depth(name))}


def _verdicts(site: Site, run_id: UUID) -> list[tuple[UUID, str, str, int]]:
    """Each prompt and role that is to have a final verdict, with its state and its verdicts."""
    found = site.rows(
        "select a.prompt_id, a.role, a.state, count(d.id) from assignments a left join dialogues d "
        "on d.prompt_id = a.prompt_id and d.role = a.role and d.final "
        "where a.run_id = :run group by a.prompt_id, a.role, a.state",
        run=run_id,
    )
    return [(prompt, role, state, count) for prompt, role, state, count in found]


def _ended(site: Site, run_id: UUID, users: int | None) -> list[str]:
    ((state, profiles),) = site.rows("select state, profiles from runs where id = :r", r=run_id)
    prompts = site.count("prompts where run_id = :run", run=run_id)
    drops = site.rows("select user_id, stage, reason from drops where run_id = :run", run=run_id)
    unfinished = site.rows(
        "select kind, state, error from jobs where run_id = :run and state <> 'done'", run=run_id
    )
    findings = []
    if state != "completed":
        findings.append(f"the run is {state}")
    if users is not None and (profiles, prompts) != (users, users):
        findings.append(f"{users} users led to {profiles} profiles and {prompts} prompts")
    if drops:
        findings.append(f"users were dropped: {drops}")
    if unfinished:
        findings.append(f"jobs are not done: {unfinished}")
    return findings


def _assigned(site: Site, run_id: UUID) -> list[str]:
    sizes = site.rows(
        "select count(*) from prompts where run_id = :run group by stereotype", run=run_id
    )
    want = {
        "student": sum(size for (size,) in sizes),
        "teacher": sum(math.ceil(round(TEACHER_SHARE * size, 9)) for (size,) in sizes),
    }
    verdicts = _verdicts(site, run_id)
    have = dict(Counter(role for _, role, _, _ in verdicts))
    findings = [] if have == want else [f"prompts are given to {have}, should be to {want}"]
    for prompt, role, state, count in verdicts:
        if state == "pending" or count != 1:
            findings.append(f"{role}, prompt {prompt}: {state}, {count} final verdicts")
    return findings


def _written(site: Site, run_id: UUID) -> list[str]:
    """Completions, their dialogues and the assignments fit each other."""
    doubled = site.rows(
        "select prompt_id, role, count(*) from completions where run_id = :run "
        "group by prompt_id, role having count(*) > 1",
        run=run_id,
    )
    apart = site.rows(
        "select d.id, d.verdict, a.state from dialogues d left join assignments a on "
        "a.prompt_id = d.prompt_id and a.role = d.role where d.run_id = :run "
        "and (a.dialogue_id is distinct from d.id or a.state <> d.verdict or not d.final)",
        run=run_id,
    )
    unwritten = site.rows(
        "select d.id, d.verdict from dialogues d left join completions c on c.dialogue_id = d.id "
        "where d.run_id = :run and d.verdict <> 'failed' and c.dialogue_id is null",
        run=run_id,
    )
    findings = [
        f"{what}: {found}"
        for what, found in (
            ("prompts with several completions", doubled),
            ("dialogues that are not what their assignment says", apart),
            ("judged and never written", unwritten),
        )
        if found
    ]
    emptied = site.model.tally().emptied
    for model, messages, sampling, text in site.rows(
        "select c.model, p.messages, c.sampling, c.text from completions c "
        "join prompts p on p.id = c.prompt_id where c.run_id = :run",
        run=run_id,
    ):
        if text != script(messages, sampling["seed"]) and not (
            text == "" and emptied[key_of(model, messages)]
        ):
            findings.append(f"not what {model} wrote: {text[:200]!r}")
    return findings


def _failed(site: Site, run_id: UUID) -> list[str]:
    """Verdicts `failed` that no misbehaviour of the model explains."""
    spoiled = site.model.tally().spoiled
    findings = []
    for model, messages, reasons in site.rows(
        "select r.config #>> array[d.role, 'model'], p.messages, d.reasons from dialogues d "
        "join prompts p on p.id = d.prompt_id join runs r on r.id = d.run_id "
        "where d.run_id = :run and d.verdict = 'failed'",
        run=run_id,
    ):
        if not spoiled[key_of(model, messages)] or not _blames_model(reasons[0]["detail"]):
            findings.append(f"failed, and the model is not to blame: {reasons}")
    return findings


def _exported(site: Site, run_id: UUID) -> list[str]:
    folder = site.folder / "output" / str(run_id)
    try:
        report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    except FileNotFoundError:
        return ["there is no report.json"]
    findings = []
    if report["run"]["state"] != "completed":
        findings.append(f"report.json says {report['run']}")
    for role in Role:
        counts = Counter(state for _, of, state, _ in _verdicts(site, run_id) if of == role)
        said = +Counter(report["verdicts"][role])
        if said != counts:
            findings.append(f"report.json says {said} of the {role}, the store {counts}")
        accepted = site.rows(
            "select dialogue_id::text from assignments "
            "where run_id = :run and role = :role and state = 'accepted' order by ordinal",
            run=run_id,
            role=role.value,
        )
        exported = _exported_ids(folder / _FILES[role])
        if exported != [dialogue_id for (dialogue_id,) in accepted]:
            findings.append(
                f"{_FILES[role]} has {len(exported)} dialogues ({len(set(exported))} different), "
                f"accepted are {len(accepted)}"
            )
    return findings


def _exported_ids(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["dialogue_id"] for line in lines]


def _dead_letters(site: Site) -> list[DeadLetter]:
    """The dead letters of all queues, taken away: the next run's are its own."""

    async def take() -> list[DeadLetter]:
        bus = await site.place.broker.bus()
        try:
            return [
                letter for queue in contract_queues() for letter in await bus.dead_letters(queue)
            ]
        finally:
            await bus.close()

    letters: list[DeadLetter] = site.place.run(take())
    for queue in {letter.queue for letter in letters}:
        site.place.purge(f"{queue}.dead")
    return letters


def _buried(site: Site, letters: list[DeadLetter]) -> list[str]:
    """Dead letters of anything but prompts that the model was asked for in vain."""
    return [
        f"dead letter in {letter.queue}: {letter.error}"
        for letter in letters
        if not (letter.queue.startswith("generator.prompt.") and _blames_model(letter.error))
    ]


def _blames_model(cause: str) -> bool:
    return any(error in cause for error in _MODEL_ERRORS)


def _told(site: Site, run_id: UUID) -> list[str]:
    """Final verdicts that nobody downstream was told of."""
    told = site.mirror.told()
    untold = [
        (role, str(prompt))
        for prompt, role, _, _ in _verdicts(site, run_id)
        if (prompt, Role(role)) not in told
    ]
    return [f"{len(untold)} verdicts were never published: {untold[:3]}"] if untold else []
