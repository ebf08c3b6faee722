"""Judges dialogues made elsewhere, and says what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from recdial.domain import ItemFacts, Verdict
from recdial.linking import Linker, well_known_films
from recdial.settings import FilteringConfig
from services.filter.judging import Judgement, judge
from services.filter.outside import OutsideDialogue
from services.filter.rules import JudgingContext

_ABOUT_TARGETS = ("target_not_recommended", "target_leaked")
_EXAMPLES = 5


def all_items(
    known: Iterable[ItemFacts], dialogues: Iterable[OutsideDialogue]
) -> dict[str, ItemFacts]:
    """The catalogue: what was given, then what the dialogues say themselves."""
    items = {item.item_id: item for item in known}
    for dialogue in dialogues:
        for item in dialogue.items:
            items.setdefault(item.item_id, item)
    return items


def judge_outside(
    dialogues: Iterable[OutsideDialogue],
    items: Mapping[str, ItemFacts],
    config: FilteringConfig,
) -> Iterator[tuple[OutsideDialogue, Judgement]]:
    """The verdicts, by all rules that what is known allows.

    Where nothing is to be recommended, no rule asks for it; without a catalogue none about ids and
    titles has anything to say.
    """
    linker = Linker(items.values(), well_known_films()) if items else None
    targetless = config.model_copy(
        update={"rules": {**config.rules, **dict.fromkeys(_ABOUT_TARGETS, "off")}}
    )
    for dialogue in dialogues:
        context = JudgingContext(
            prompt_item_ids=dialogue.prompt_item_ids,
            target_item_id=dialogue.target_item_id,
            items=items,
            liked=dialogue.liked,
            disliked=dialogue.disliked,
            linker=linker,
        )
        rules = config if dialogue.target_item_id else targetless
        yield dialogue, judge(dialogue.text, "stop", context, rules)


@dataclass(frozen=True)
class Summary:
    """What came of a file of dialogues."""

    dialogues: int
    accepted: int
    rules: Mapping[str, int]
    """Rejected dialogues by rule, most first; one may break several."""
    notes: Mapping[str, int]
    """Dialogues in which something was mended or warned of, by rule."""
    examples: Mapping[str, Sequence[tuple[str, str]]]
    """By rule: the ids of some dialogues, and what was found."""


def summary(judged: Iterable[tuple[OutsideDialogue, Judgement]]) -> Summary:
    """Count verdicts by rule."""
    rules: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    examples: dict[str, list[tuple[str, str]]] = {}
    dialogues = accepted = 0
    for dialogue, judgement in judged:
        dialogues += 1
        accepted += judgement.verdict is Verdict.accepted
        notes.update({note.rule for note in judgement.notes})
        for reason in judgement.reasons:
            rules[reason.rule] += 1
            found = examples.setdefault(reason.rule, [])
            if len(found) < _EXAMPLES:
                found.append((dialogue.dialogue_id, reason.detail))
    ordered = dict(rules.most_common())
    return Summary(dialogues, accepted, ordered, dict(notes.most_common()), examples)
