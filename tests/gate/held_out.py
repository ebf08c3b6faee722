"""Held-out dialogues, written by hand by people who had not seen the filter's rules.

Their kinds were named without the rules as well: `KINDS` says which rules count as finding each. A
near-duplicate is also given as a pair with what it repeats, since it can only be told beside that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml
from pydantic import Field

from recdial.domain import Frozen
from tests.gate.records import DATA, GateDialogue, GatePrompt, NearDuplicatePair

HELD_OUT = DATA / "held_out.yaml"
FRESH = DATA / "fresh.yaml"
FRESH_PEOPLE = DATA / "fresh_people.yaml"
UNSEEN = DATA / "unseen.yaml"
UNSEEN_PEOPLE = DATA / "unseen_people.yaml"
BLIND = DATA / "blind.yaml"
BLIND_PEOPLE = DATA / "blind_people.yaml"
HELD_OUT_SETS: Mapping[Path, str] = MappingProxyType(
    {
        HELD_OUT: "when it was first judged 60 of 78 defects were caught and 3 of 40 clean ones "
        "rejected; then the rules were mended for what they got wrong here",
        FRESH: "when it was first judged 50 of 60 defects were caught and 2 of 30 clean ones "
        "rejected; then the rules were mended",
        FRESH_PEOPLE: "by another author; when it was first judged 49 of 60 defects were caught "
        "and 2 of 30 clean ones rejected; then the rules were mended",
        UNSEEN: "written after that; when it was first judged 50 of 60 defects were caught and "
        "4 of 30 clean ones rejected (one for its four utterances, which its author had been told "
        "are enough); then the rules were mended",
        UNSEEN_PEOPLE: "by another author, told the same; when it was first judged 47 of 60 "
        "defects were caught and 8 of 30 clean ones rejected; then the rules were mended",
        BLIND: "written after that and judged once; no rule has been mended for it. 15 of its "
        "clean ones have a trap",
        BLIND_PEOPLE: "the same by another author, in the manner of people",
    }
)
"""The files, and what is to be known of each: for which of them rules were mended."""

CLEAN = "clean"
NEAR_DUPLICATE = "near_duplicate"

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "structure": (
            *("no_turns", "user_opens", "closing_side", "roles_alternate", "utterance_count"),
            *("empty_turn", "malformed_mention"),
        ),
        "truncated": ("truncated",),
        "unknown_id": ("unknown_id", "malformed_mention"),
        "unknown_title": ("unknown_title",),
        "attribute_contradicted": ("contradicted_attribute",),
        "target_not_recommended": ("target_not_recommended",),
        "target_leaked": ("target_leaked",),
        "history_contradicted": ("preference_contradicted",),
        "stereotype_broken": ("stereotype_broken",),
        "prompt_leaked": ("prompt_leaked",),
        "repetition": ("repetition",),
        "wrong_language": ("wrong_language",),
        "personal_data": ("personal_data",),
        "unsafe": ("unsafe_content",),
        NEAR_DUPLICATE: ("near_duplicate",),
    }
)
"""By which rules a dialogue of a kind has to be rejected to count as caught."""


class _Record(Frozen):
    """A record of a file."""

    id: str = Field(pattern=r"^[a-z]+-\d{3}$")
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


def read_held_out(path: Path) -> list[GateDialogue]:
    """All dialogues of a file; raises ValidationError or KeyError on one that cannot be judged."""
    return [
        GateDialogue(
            id=record.id,
            text=record.text,
            finish_reason=record.finish_reason,
            stereotype=record.stereotype,
            prompt=record.prompt,
            defect=None if record.kind == CLEAN else record.kind,
            expected_rules=() if record.kind == CLEAN else KINDS[record.kind],
            where=record.where,
            origin="by hand" if record.kind == CLEAN else "by hand+defect",
            note=record.why,
        )
        for record in _records(path)
    ]


def read_held_out_pairs(path: Path) -> list[NearDuplicatePair]:
    """The near-duplicates, each with what it repeats; KeyError if that is not in the file."""
    by_id = {record.id: record for record in _records(path)}
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


def _records(path: Path) -> list[_Record]:
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_Record.model_validate(record) for record in written]
