"""Judges dialogues of the gate set as the filter does, by its default rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from scipy.stats import binomtest

from recdial.domain import ItemFacts, Reason
from recdial.linking import Linker, well_known_films
from recdial.settings import FilteringConfig
from recdial.stereotypes import Axes
from services.filter.judging import JudgingContext, judge
from services.filter.near_duplicates import near_duplicates
from services.prompter.stereotypes import stereotypes_of
from tests.gate.records import GateDialogue, NearDuplicatePair, read_catalogue
from tests.gate.scripted import CONFIG


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
    linker = Linker(catalogue.values(), well_known_films())
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


def listed(lines: Iterable[str]) -> list[str]:
    """Lines as a list of Markdown."""
    return [f"- {line}" for line in lines] or ["- none"]
