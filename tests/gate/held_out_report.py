"""The part of the gate report about dialogues whose authors had not seen the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.gate.held_out import HELD_OUT_SETS, NEAR_DUPLICATE, read_held_out, read_held_out_pairs
from tests.gate.judged import Judged, Share, falsely_rejected, judge_dialogues, judge_pairs, listed


class HeldOutSet(NamedTuple):
    """A judged file."""

    name: str
    told: str
    """What is to be known of it."""
    judged: tuple[Judged, ...]
    repeats: frozenset[str]
    """Ids of the near-duplicates that were found beside what they repeat."""

    def caught(self, one: Judged) -> bool:
        """Whether a defect was rejected for what it is."""
        if one.dialogue.defect == NEAR_DUPLICATE:
            return one.dialogue.id in self.repeats
        return one.caught

    def recall(self, kind: str | None = None) -> Share:
        """Of the dialogues with a defect (of a kind), those caught."""
        defective = [
            one
            for one in self.judged
            if one.dialogue.defect and kind in (None, one.dialogue.defect)
        ]
        return Share(sum(map(self.caught, defective)), len(defective))


def judge_held_out_sets() -> list[HeldOutSet]:
    """All held-out files, judged by the default rules."""
    return [_judged(path, told) for path, told in HELD_OUT_SETS.items()]


def _judged(path: Path, told: str) -> HeldOutSet:
    pairs = judge_pairs(read_held_out_pairs(path))
    return HeldOutSet(
        name=path.name,
        told=told,
        judged=tuple(judge_dialogues(read_held_out(path))),
        repeats=frozenset(one.pair.id for one in pairs if one.found),
    )


def render_held_out(sets: Sequence[HeldOutSet]) -> str:
    """The part in Markdown."""
    kinds = dict.fromkeys(
        one.dialogue.defect for each in sets for one in each.judged if one.dialogue.defect
    )
    lines = [
        "### Dialogues whose authors had not seen the rules",
        "",
        *(f"- `{each.name}`: {each.told}" for each in sets),
        "",
        *_table("", [f"`{each.name}`" for each in sets]),
        *_row("clean, falsely rejected", [falsely_rejected(each.judged) for each in sets]),
        *_row("defects caught", [each.recall() for each in sets]),
        *(line for kind in kinds for line in _row(kind, [each.recall(kind) for each in sets])),
        "",
    ]
    for each in sets:
        lines += [f"Wrongly judged in `{each.name}`:", "", *listed(_wrong(each)), ""]
    return "\n".join(lines)


def _table(corner: str, heads: Sequence[str]) -> list[str]:
    return [
        f"| {' | '.join([corner, *heads])} |",
        f"| --- |{' ---: |' * len(heads)}",
    ]


def _row(name: str, shares: Iterable[Share]) -> list[str]:
    return [f"| {' | '.join([name, *(f'{one.hits} of {one.of}: {one}' for one in shares)])} |"]


def _wrong(each: HeldOutSet) -> Iterator[str]:
    for one in each.judged:
        if one.dialogue.defect is None and one.reasons:
            yield f"{one.dialogue.id}, clean ({one.dialogue.note}): {', '.join(one.rules)}"
        elif one.dialogue.defect is not None and not each.caught(one):
            instead = f"; rejected by {', '.join(one.rules)}" if one.rules else ""
            yield f"{one.dialogue.id}, {one.dialogue.defect} ({one.dialogue.note}){instead}"
