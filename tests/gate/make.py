"""Writes the gate set: `python -m tests.gate.make`.

Everything but the catalogue and `by_hand.yaml` follows from the wordings and the numbers of the
made-up users, so a second run writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import yaml

from recdial.domain import ItemFacts
from recdial.mentions import mention
from recdial.settings import STEREOTYPES
from recdial.transcript import LABELS
from tests.gate.defects import KINDS, Case
from tests.gate.pairs import pairs
from tests.gate.records import (
    BY_HAND,
    DIALOGUES,
    NEAR_DUPLICATES,
    GateDialogue,
    Origin,
    as_lines,
    read_catalogue,
)
from tests.gate.scripted import Base, Utterance, render, write

_CLEAN_EACH = 22
_USERS_OF_A_KIND = 1000
_LEADS_UP = 4
"""So many utterances come before the recommendation where a defect is put into a dialogue."""


def clean(catalogue: Mapping[str, ItemFacts]) -> Iterator[GateDialogue]:
    """Dialogues of the scripted writer as they are."""
    for number in range(_CLEAN_EACH):
        for stereotype in STEREOTYPES:
            base = write(catalogue, stereotype, number)
            yield GateDialogue(
                id=f"clean-{stereotype}-{number:02}",
                text=render(base.utterances),
                stereotype=stereotype,
                prompt=base.prompt,
                origin="scripted",
            )


def defective(catalogue: Mapping[str, ItemFacts]) -> Iterator[GateDialogue]:
    """Dialogues of the scripted writer with one defect each."""
    for of_kind, (name, kind) in enumerate(KINDS.items(), start=1):
        for number in range(kind.cases):
            stereotype = kind.stereotypes[number % len(kind.stereotypes)]
            base = write(catalogue, stereotype, of_kind * _USERS_OF_A_KIND + number)
            case = Case(base, catalogue, number, Random(f"defect {name} {number}"))
            yield _with_defect(name, case, "scripted+defect")


def defective_by_hand(catalogue: Mapping[str, ItemFacts]) -> Iterator[GateDialogue]:
    """Hand-written dialogues with one defect each."""
    plain = [base for dialogue in by_hand() if (base := _plain_base(dialogue)) is not None]
    for of_kind, (name, kind) in enumerate(KINDS.items()):
        fit = [base for base in plain if base.stereotype in kind.stereotypes]
        for number in range(kind.cases, kind.cases + kind.cases_by_hand):
            base = fit[(of_kind * kind.cases_by_hand + number) % len(fit)]
            case = Case(base, catalogue, number, Random(f"by hand {name} {number}"))
            yield _with_defect(name, case, "by hand+defect")


def _plain_base(dialogue: GateDialogue) -> Base | None:
    """A hand-written dialogue of one line an utterance that leads up to an id of the target."""
    lines = [line.split(" ", 1) for line in dialogue.text.split("\n")]
    if any(line[0] not in LABELS.values() for line in lines):
        return None
    base = Base(dialogue.stereotype, dialogue.prompt, tuple(Utterance(*line) for line in lines))
    target = mention(dialogue.prompt.target)
    before = [target in said.text for said in base.utterances[:_LEADS_UP]]
    return base if target in dialogue.text and not any(before) else None


def _with_defect(name: str, case: Case, origin: Origin) -> GateDialogue:
    injected = KINDS[name].inject(case)
    return GateDialogue.model_validate(
        {
            "id": f"{name}-{case.number:02}",
            "text": injected.text,
            "finish_reason": injected.finish_reason,
            "stereotype": case.base.stereotype,
            "prompt": case.base.prompt,
            "defect": name,
            "expected_rules": KINDS[name].rules,
            "where": injected.where,
            "origin": origin,
            "note": injected.note,
        }
    )


def by_hand() -> Iterator[GateDialogue]:
    """Clean dialogues that provoke false alarms."""
    written = yaml.safe_load(BY_HAND.read_text(encoding="utf-8"))
    for entry in written:
        yield GateDialogue.model_validate({**entry, "origin": "by hand"})


def dialogues(catalogue: Mapping[str, ItemFacts]) -> list[GateDialogue]:
    """The whole set."""
    return [
        *clean(catalogue),
        *by_hand(),
        *defective(catalogue),
        *defective_by_hand(catalogue),
    ]


def main() -> None:
    """Write the files."""
    catalogue = read_catalogue()
    DIALOGUES.write_text(as_lines(dialogues(catalogue)), encoding="utf-8")
    NEAR_DUPLICATES.write_text(as_lines(pairs(catalogue)), encoding="utf-8")


if __name__ == "__main__":
    main()
