"""The held-out parts of the gate set can be judged: they load, and they speak of the catalogue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from recdial.filter_rules import FILTER_RULES
from recdial.mentions import mentioned_items
from recdial.settings import STEREOTYPES
from tests.gate.held_out import (
    HELD_OUT,
    HELD_OUT_SETS,
    KINDS,
    NEAR_DUPLICATE,
    read_held_out,
    read_held_out_pairs,
)
from tests.gate.records import read_catalogue

SIZES = dict.fromkeys(HELD_OUT_SETS, (30, 90)) | {HELD_OUT: (40, 118)}
"""Of each file, the clean dialogues and all."""


@pytest.mark.parametrize("file", HELD_OUT_SETS, ids=lambda file: file.stem)
def test_every_record_is_there_once_with_a_known_stereotype(file: Path) -> None:
    found = read_held_out(file)
    prefix = found[0].id.partition("-")[0]
    assert [one.id for one in found] == [f"{prefix}-{n:03}" for n in range(1, len(found) + 1)]
    assert (sum(one.defect is None for one in found), len(found)) == SIZES[file]
    assert {dialogue.stereotype for dialogue in found} == set(STEREOTYPES)


@pytest.mark.parametrize("file", HELD_OUT_SETS, ids=lambda file: file.stem)
def test_clean_dialogues_and_all_prompts_name_items_of_the_catalogue(file: Path) -> None:
    known = read_catalogue().keys()
    for dialogue in read_held_out(file):
        assert set(dialogue.prompt.item_ids) <= known, dialogue.id
        if dialogue.defect is None:
            assert set(mentioned_items(dialogue.text)) <= known, dialogue.id


@pytest.mark.parametrize("file", HELD_OUT_SETS, ids=lambda file: file.stem)
def test_a_near_duplicate_is_paired_with_what_it_repeats(file: Path) -> None:
    pairs = read_held_out_pairs(file)
    kinds = Counter(dialogue.defect for dialogue in read_held_out(file))
    assert len(pairs) == kinds[NEAR_DUPLICATE] > 0
    assert all(pair.one and pair.other and pair.one != pair.other for pair in pairs)


def test_what_counts_as_caught_are_rules_of_the_filter() -> None:
    assert {rule for rules in KINDS.values() for rule in rules} <= FILTER_RULES.keys()
