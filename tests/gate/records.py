"""What is in the gate set: its files, and a line of each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from pydantic import BaseModel, Field

from recdial.domain import Frozen, ItemFacts

DATA = Path(__file__).parents[1] / "data" / "gate"
CATALOGUE = DATA / "catalogue.jsonl"
DIALOGUES = DATA / "dialogues.jsonl"
NEAR_DUPLICATES = DATA / "near_duplicates.jsonl"
BY_HAND = DATA / "by_hand.yaml"

Origin: TypeAlias = Literal["scripted", "scripted+defect", "by hand", "by hand+defect"]

_M = TypeVar("_M", bound=BaseModel)


class GatePrompt(Frozen):
    """The ids a prompt lists."""

    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    target: str

    @property
    def item_ids(self) -> tuple[str, ...]:
        return (*self.liked, *self.disliked, self.target)


class GateDialogue(Frozen):
    """One dialogue as a model would write it, and what is wrong with it."""

    id: str
    text: str
    finish_reason: Literal["stop", "length"] = "stop"
    stereotype: str
    prompt: GatePrompt
    defect: str | None = None
    """The kind of the one defect; none in a clean dialogue."""
    expected_rules: tuple[str, ...] = ()
    """The defect is caught if any of these rejects."""
    where: int | None = Field(default=None, ge=1)
    """The utterance the defect is in; none where it is the whole dialogue, or nothing is wrong."""
    origin: Origin
    note: str = ""


class NearDuplicatePair(Frozen):
    """Two dialogues, each as its utterances, and whether one nearly repeats the other."""

    id: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    duplicate: bool
    note: str


def read(path: Path, model: type[_M]) -> list[_M]:
    """The lines of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [model.model_validate_json(line) for line in lines]


def as_lines(records: Iterable[BaseModel]) -> str:
    """Records as JSONL."""
    return "".join(
        json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n" for record in records
    )


def read_catalogue() -> dict[str, ItemFacts]:
    """The films of the set by id."""
    return {item.item_id: item for item in read(CATALOGUE, ItemFacts)}
