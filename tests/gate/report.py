"""Judges the gate set and writes what came out: `python -m tests.gate.report [FILE]`.

With a FILE (docs/filter.md) the part between its two markers is replaced; without one the report
is printed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from scipy.stats import binomtest

from recdial.domain import ItemFacts, Reason
from recdial.filter_rules import FILTER_RULES
from recdial.linking import Linker
from recdial.settings import FilteringConfig
from recdial.stereotypes import Axes
from services.filter.judging import JudgingContext, judge
from services.filter.near_duplicates import near_duplicates
from services.prompter.stereotypes import stereotypes_of
from tests.gate.records import (
    DIALOGUES,
    NEAR_DUPLICATES,
    GateDialogue,
    NearDuplicatePair,
    read,
    read_catalogue,
)
from tests.gate.scripted import CONFIG

BEGINS, ENDS = "<!-- gate-report -->", "<!-- /gate-report -->"
RULES_BEGIN, RULES_END = "| --- | --- | --- |\n", "\n\nEach can be told"
"""Around the table of the rules in docs/filter.md."""


class Judged(NamedTuple):
    """A dialogue of the set with what the filter has against it."""

    dialogue: GateDialogue
    reasons: tuple[Reason, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(reason.rule for reason in self.reasons)

    @property
    def caught(self) -> bool:
        """Whether a defect was rejected for what it is."""
        return any(rule in self.dialogue.expected_rules for rule in self.rules)


class JudgedPair(NamedTuple):
    """A pair, and whether the filter takes one for a repeat of the other."""

    pair: NearDuplicatePair
    found: bool


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of

    def __str__(self) -> str:
        if not self.of:
            return "n/a"
        low, high = binomtest(self.hits, self.of).proportion_ci(method="wilson")
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}]"


def judge_dialogues(dialogues: Sequence[GateDialogue]) -> list[Judged]:
    """The default rules' reasons against each dialogue."""
    catalogue, config = read_catalogue(), FilteringConfig()
    linker = Linker(catalogue.values())
    axes = {name: kind.axes for name, kind in stereotypes_of(CONFIG.prompting).items()}
    return [
        Judged(
            dialogue,
            judge(
                dialogue.text,
                dialogue.finish_reason,
                _context(dialogue, catalogue, linker, axes[dialogue.stereotype]),
                config,
            ).reasons,
        )
        for dialogue in dialogues
    ]


def judge_pairs(pairs: Sequence[NearDuplicatePair]) -> list[JudgedPair]:
    """Each pair as if it were all dialogues of its role."""
    threshold = FilteringConfig().near_duplicates
    assert threshold is not None
    return [
        JudgedPair(
            pair,
            bool(near_duplicates([(UUID(int=1), pair.one), (UUID(int=2), pair.other)], threshold)),
        )
        for pair in pairs
    ]


def _context(
    dialogue: GateDialogue, catalogue: dict[str, ItemFacts], linker: Linker, axes: Axes
) -> JudgingContext:
    return JudgingContext(
        prompt_item_ids=frozenset(dialogue.prompt.item_ids),
        target_item_id=dialogue.prompt.target,
        catalogue_item_ids=frozenset(catalogue),
        items=catalogue,
        liked=frozenset(dialogue.prompt.liked),
        disliked=frozenset(dialogue.prompt.disliked),
        stereotype=axes,
        linker=linker,
    )


def recall(judged: Iterable[Judged]) -> Share:
    """Of dialogues with a defect, those rejected by a rule that is about it."""
    defective = [one for one in judged if one.dialogue.defect]
    return Share(sum(one.caught for one in defective), len(defective))


def falsely_rejected(judged: Iterable[Judged]) -> Share:
    """Of the clean dialogues, those rejected all the same."""
    clean = [one for one in judged if not one.dialogue.defect]
    return Share(sum(bool(one.reasons) for one in clean), len(clean))


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
        *_listed(_missed(one) for one in judged if one.dialogue.defect and not one.caught),
        "",
        "False alarms:",
        "",
        *_listed(_alarm(one) for one in judged if not one.dialogue.defect and one.reasons),
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
        *_listed(wrong),
    ]


def _listed(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines] or ["- none"]


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
    report = render(judged, judge_pairs(read(NEAR_DUPLICATES, NearDuplicatePair)))
    if not arguments:
        print(report, end="")
        return
    path = Path(arguments[0])
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(put_into(with_rules(page), report), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
