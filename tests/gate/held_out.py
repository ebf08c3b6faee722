"""The held-out dialogues, written by hand by somebody who had not seen the filter's rules.

Their kinds were named without the rules as well, so `expected_rules` is empty: whoever judges them
says which rules count as finding a kind. A near-duplicate is also given as a pair with what it
repeats, since it can only be told beside that.
"""

from __future__ import annotations

from typing import Literal

import yaml
from pydantic import Field

from recdial.domain import Frozen
from tests.gate.records import DATA, GateDialogue, GatePrompt, NearDuplicatePair

HELD_OUT = DATA / "held_out.yaml"
CLEAN = "clean"


class _Record(Frozen):
    """A record of the file."""

    id: str = Field(pattern=r"^held-\d{3}$")
    kind: str
    why: str
    stereotype: str
    prompt: GatePrompt
    text: str
    finish_reason: Literal["stop", "length"] = "stop"
    where: int | None = Field(default=None, ge=1)
    repeats: str | None = None
    """Id of the dialogue that this one nearly repeats."""

    @property
    def utterances(self) -> tuple[str, ...]:
        """What is said, line by line, without the markers."""
        return tuple(
            line.removeprefix("[USR]").removeprefix("[AI]").strip()
            for line in self.text.splitlines()
        )


def read_held_out() -> list[GateDialogue]:
    """All held-out dialogues; raises pydantic's ValidationError on a record that is not one."""
    return [
        GateDialogue(
            id=record.id,
            text=record.text,
            finish_reason=record.finish_reason,
            stereotype=record.stereotype,
            prompt=record.prompt,
            defect=None if record.kind == CLEAN else record.kind,
            where=record.where,
            origin="by hand" if record.kind == CLEAN else "by hand+defect",
            note=record.why,
        )
        for record in _records()
    ]


def read_held_out_pairs() -> list[NearDuplicatePair]:
    """The near-duplicates, each with what it repeats; KeyError if that is not in the file."""
    by_id = {record.id: record for record in _records()}
    return [
        NearDuplicatePair(
            id=record.id,
            one=by_id[record.repeats].utterances,
            other=record.utterances,
            duplicate=True,
            note=record.why,
        )
        for record in by_id.values()
        if record.repeats is not None
    ]


def _records() -> list[_Record]:
    written = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))
    return [_Record.model_validate(record) for record in written]
