"""Judges the gate set and writes what came out: `python -m tests.gate.report [FILE]`.

With a FILE (docs/filter.md) the part between its two markers is replaced; without one the report
is printed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from recdial.filter_rules import FILTER_RULES
from tests.gate.held_out_report import judge_held_out_sets, render_held_out
from tests.gate.judged import (
    Judged,
    JudgedPair,
    Share,
    falsely_rejected,
    judge_dialogues,
    judge_pairs,
    listed,
    recall,
)
from tests.gate.records import (
    DIALOGUES,
    NEAR_DUPLICATES,
    GateDialogue,
    NearDuplicatePair,
    read,
)

BEGINS, ENDS = "<!-- gate-report -->", "<!-- /gate-report -->"
RULES_BEGIN, RULES_END = "| --- | --- | --- |\n", "\n\nEach can be told"
"""Around the table of the rules in docs/filter.md."""


def by_kind(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """The dialogues with a defect, by its kind."""
    kinds: dict[str, list[Judged]] = {}
    for one in judged:
        if one.dialogue.defect:
            kinds.setdefault(one.dialogue.defect, []).append(one)
    return kinds


def render(judged: Sequence[Judged], pairs: Sequence[JudgedPair]) -> str:
    """The report in Markdown."""
    kinds = by_kind(judged)
    lines = [
        f"{len(judged)} dialogues were judged: {falsely_rejected(judged).of} clean ones and "
        f"{recall(judged).of} with one defect each, of {len(kinds)} kinds. In square brackets: "
        "Wilson's 95 % interval.",
        "",
        f"- Defects caught: {recall(judged)}",
        f"- Clean dialogues falsely rejected: {falsely_rejected(judged)}",
        "",
        "| defect | n | caught | recall |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {kind} | {len(ones)} | {recall(ones).hits} | {recall(ones)} |"
            for kind, ones in kinds.items()
        ),
        "",
        "| text | n | caught | recall |",
        "| --- | ---: | ---: | ---: |",
        *_origin_rows(judged),
        "",
        "| clean dialogues | n | rejected | share |",
        "| --- | ---: | ---: | ---: |",
        *_clean_rows(judged),
        "",
        "A rule's precision is the share of the dialogues it rejects that have a defect it is to "
        "find; its recall is the share of the dialogues whose defect is first of all its own that "
        "it rejects. A defect may break a second rule besides (a dialogue all in Spanish states no "
        "wish in English); that counts against the second rule's precision.",
        "",
        "| rule | rejects | precision | recall |",
        "| --- | ---: | ---: | ---: |",
        *_rule_rows(judged),
        "",
        *_pair_lines(pairs),
        "",
        "Missed:",
        "",
        *listed(_missed(one) for one in judged if one.dialogue.defect and not one.caught),
        "",
        "False alarms:",
        "",
        *listed(_alarm(one) for one in judged if not one.dialogue.defect and one.reasons),
    ]
    return "\n".join(lines) + "\n"


def _origin_rows(judged: Sequence[Judged]) -> list[str]:
    rows = []
    for origin in ("scripted+defect", "by hand+defect"):
        share = recall(one for one in judged if one.dialogue.origin == origin)
        rows.append(f"| {origin} | {share.of} | {share.hits} | {share} |")
    return rows


def _clean_rows(judged: Sequence[Judged]) -> list[str]:
    rows = []
    for origin in ("scripted", "by hand"):
        ones = [one for one in judged if one.dialogue.origin == origin]
        share = falsely_rejected(ones)
        rows.append(f"| {origin} | {share.of} | {share.hits} | {share} |")
    return rows


def _rule_rows(judged: Sequence[Judged]) -> list[str]:
    rows = []
    for rule in FILTER_RULES:
        rejected = [one for one in judged if rule in one.rules]
        meant = [one for one in judged if one.dialogue.expected_rules[:1] == (rule,)]
        if rejected or meant:
            right = sum(rule in one.dialogue.expected_rules for one in rejected)
            precision = Share(right, len(rejected))
            found = Share(sum(rule in one.rules for one in meant), len(meant))
            rows.append(f"| `{rule}` | {len(rejected)} | {precision} | {found} |")
    return rows


def _pair_lines(pairs: Sequence[JudgedPair]) -> list[str]:
    counts = Counter((one.pair.duplicate, one.found) for one in pairs)
    near = Share(counts[True, True], counts[True, True] + counts[True, False])
    far = Share(counts[False, True], counts[False, True] + counts[False, False])
    wrong = [f"{one.pair.id}: {one.pair.note}" for one in pairs if one.found != one.pair.duplicate]
    return [
        f"Of pairs of near-duplicates {near} are found, of other pairs {far}. Wrongly judged:",
        "",
        *listed(wrong),
    ]


def _missed(one: Judged) -> str:
    instead = f"; rejected by {', '.join(one.rules)}" if one.rules else ""
    where = f", utterance {one.dialogue.where}" if one.dialogue.where else ""
    note = f" ({one.dialogue.note})" if one.dialogue.note else ""
    return f"{one.dialogue.id}{where}{note}{instead}"


def _alarm(one: Judged) -> str:
    reasons = "; ".join(f"{reason.rule}: {reason.detail}" for reason in one.reasons)
    note = f" ({one.dialogue.note})" if one.dialogue.note else ""
    # An id in angle brackets would be markup in a page.
    return f"{one.dialogue.id}{note}: {reasons}".replace("<", "&lt;").replace("\n", " ")


def put_into(page: str, report: str) -> str:
    """The page with the report between its markers; at the end where it has none."""
    if BEGINS not in page:
        page = f"{page.rstrip()}\n\n{BEGINS}\n{ENDS}\n".lstrip()
    before, _, rest = page.partition(BEGINS)
    _, found, after = rest.partition(ENDS)
    if not found:
        raise ValueError(f"the page has {BEGINS} but no {ENDS} behind it")
    return f"{before}{BEGINS}\n{report}{ENDS}{after}"


def with_rules(page: str) -> str:
    """The page with the table of the rules as they are, if it has one."""
    before, begins, rest = page.partition(RULES_BEGIN)
    _, ends, after = rest.partition(RULES_END)
    if not ends:
        return page
    rows = "\n".join(
        f"| `{name}` | {rule.asks} | {rule.by_default} |" for name, rule in FILTER_RULES.items()
    )
    return f"{before}{begins}{rows}{ends}{after}"


def main(arguments: Sequence[str]) -> None:
    """Judge all and write the report."""
    judged = judge_dialogues(read(DIALOGUES, GateDialogue))
    pairs = judge_pairs(read(NEAR_DUPLICATES, NearDuplicatePair))
    report = f"{render(judged, pairs)}\n{render_held_out(judge_held_out_sets())}"
    if not arguments:
        print(report, end="")
        return
    path = Path(arguments[0])
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(put_into(with_rules(page), report), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
