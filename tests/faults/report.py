"""What a campaign found, as tables."""

from __future__ import annotations

from collections import Counter

from rich.console import Console, Group
from rich.table import Table

from tests.faults.campaign import Result
from tests.faults.injections import FAULTS


def tables(result: Result) -> Group:
    """The faults by kind, the totals, and what is wrong."""
    kinds = Table("fault", "injected", box=None)
    kinds.columns[1].justify = "right"
    for fault in FAULTS:
        kinds.add_row(fault.name, str(result.injected[fault.name]))
    kinds.add_row("all", str(result.injected.total()), style="bold")
    return Group(kinds, "", _totals(result), "", *_wrong(result))


def show(result: Result) -> None:
    """Print it."""
    Console().print(tables(result), markup=False)


def _totals(result: Result) -> Table:
    audits, tally = result.audits, result.tally
    assert tally is not None
    dead = sum((one.dead_letters for one in audits), Counter[str]())
    share = tally.repeated / tally.calls if tally.calls else 0.0
    rows: list[tuple[str, object]] = [
        ("seed", result.seed),
        ("runs", len(audits)),
        ("prompts to a role", sum(one.prompts for one in audits)),
        ("final verdicts", sum(one.verdicts for one in audits)),
        ("  accepted", sum(one.accepted for one in audits)),
        ("  rejected", sum(one.rejected for one in audits)),
        ("  failed (the model misbehaved 5 times)", sum(one.failed for one in audits)),
        ("lost", sum(one.lost for one in audits)),
        ("doubled", sum(one.doubled for one in audits)),
        ("calls to the model", tally.calls),
        ("  spoiled by the server", tally.spoiled.total()),
        ("  repeated after a good answer", f"{tally.repeated} ({share:.2%})"),
        ("dead letters", ", ".join(f"{queue} {n}" for queue, n in sorted(dead.items())) or 0),
        ("resumed once more", result.second_resumes),
        ("seconds", f"{result.seconds:.0f}"),
    ]
    table = Table("", "", box=None, show_header=False)
    table.columns[1].justify = "right"
    for name, value in rows:
        table.add_row(name, str(value))
    return table


def _wrong(result: Result) -> list[str]:
    if not result.findings:
        return ["nothing lost, nothing doubled, nothing unexplained"]
    return [f"{len(result.findings)} findings:", *(f"- {one}" for one in result.findings)]
