"""A short campaign of faults, and that its audit sees what is wrong.

`RECDIAL_FAULTS_SEED` draws other faults; `make faults` makes a long campaign.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.audit import audit
from tests.faults.campaign import Result, campaign
from tests.faults.report import show
from tests.faults.site import Site, site
from tests.private_servers import missing_programs
from tests.processes import until

SEED = int(os.environ.get("RECDIAL_FAULTS_SEED", "1"))
FAULTS = 10
USERS = 160

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(missing_programs()), reason=missing_programs()),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("faults"), SEED) as made:
        yield made
        assert made.end() == []


@pytest.fixture(scope="module")
def result(place: Site) -> Result:
    made = campaign(place, faults=FAULTS, seed=SEED, per_run=FAULTS, users=USERS)
    show(made)
    return made


@pytest.mark.thorough
def test_faults_lose_nothing_and_double_nothing(result: Result) -> None:
    assert result.findings == []
    (run,) = result.audits
    assert result.injected.total() == FAULTS
    assert run.lost == run.doubled == 0
    assert run.verdicts == run.prompts > USERS
    assert run.accepted > USERS * 0.5


DAMAGE = {
    "student, prompt {prompt}: pending": (
        "update assignments set state = 'pending' where dialogue_id = '{dialogue}'"
    ),
    "prompt {prompt}: accepted, 2 final verdicts": (
        "insert into dialogues select gen_random_uuid(), run_id, prompt_id, role, attempt, turns, "
        "verdict, final, reasons, created_at from dialogues where id = '{dialogue}'"
    ),
    "failed, and the model is not to blame": (
        "update dialogues set verdict = 'failed', reasons = "
        """'[{{"rule": "not_written", "detail": "the store was away"}}]' """
        "where id = '{dialogue}'"
    ),
    "dialogues that are not what their assignment says": (
        "update dialogues set verdict = 'rejected' where id = '{dialogue}'"
    ),
    "not what student-": "update completions set text = 'Hi' where dialogue_id = '{dialogue}'",
    "judged and never written": "delete from completions where dialogue_id = '{dialogue}'",
    "1 verdicts were never published": (
        "insert into assignments (prompt_id, role, run_id, ordinal, state) select id, 'teacher', "
        "run_id, 9999, 'accepted' from prompts where run_id = '{run}' and id not in "
        "(select prompt_id from assignments where role = 'teacher') limit 1"
    ),
    "dataset.jsonl has": (
        "update assignments set state = 'rejected' where dialogue_id = '{dialogue}'"
    ),
    "the run is failed": "update runs set state = 'failed' where id = '{run}'",
}
"""What is done to the store, by what the audit must then say. Each to a dialogue of its own."""


@pytest.mark.thorough
def test_the_audit_sees_what_is_wrong(place: Site, result: Result) -> None:
    (run,) = result.audits
    dialogues = place.rows(
        "select prompt_id, dialogue_id from assignments "
        "where run_id = :run and role = 'student' and state = 'accepted' limit :n",
        run=run.run_id,
        n=len(DAMAGE),
    )
    expected = ["dead letter in filter.run.grounded: invalid body"]
    for (said, damage), (prompt, dialogue) in zip(DAMAGE.items(), dialogues, strict=True):
        place.rows(damage.format(run=run.run_id, dialogue=dialogue))
        expected.append(said.format(prompt=prompt))
    place.publish_raw("run.grounded", b"no message")
    until(lambda: place.place.depth("filter.run.grounded.dead"), "it is dead")
    findings = audit(place, run.run_id, USERS, lossless=True).findings
    for said in expected:
        assert any(said in finding for finding in findings), f"{said!r} is not in {findings}"
