"""The held-out part of the gate set can be judged: it loads, and it speaks of the catalogue."""

from __future__ import annotations

from recdial.filter_rules import FILTER_RULES
from recdial.mentions import mentioned_items
from recdial.settings import STEREOTYPES
from tests.gate.held_out import HELD_OUT as FILE
from tests.gate.held_out import KINDS, read_held_out, read_held_out_pairs
from tests.gate.records import read_catalogue

HELD_OUT = read_held_out(FILE)
CLEAN = [dialogue for dialogue in HELD_OUT if dialogue.defect is None]


def test_every_record_is_there_once_with_a_known_stereotype() -> None:
    assert [one.id for one in HELD_OUT] == [f"held-{n:03}" for n in range(1, len(HELD_OUT) + 1)]
    assert (len(CLEAN), len(HELD_OUT)) == (40, 118)
    assert {dialogue.stereotype for dialogue in HELD_OUT} == set(STEREOTYPES)


def test_clean_dialogues_and_all_prompts_name_items_of_the_catalogue() -> None:
    known = read_catalogue().keys()
    for dialogue in HELD_OUT:
        assert set(dialogue.prompt.item_ids) <= known, dialogue.id
    for dialogue in CLEAN:
        assert set(mentioned_items(dialogue.text)) <= known, dialogue.id


def test_a_near_duplicate_is_paired_with_what_it_repeats() -> None:
    pairs = read_held_out_pairs(FILE)
    assert len(pairs) == 3
    assert all(pair.one and pair.other and pair.one != pair.other for pair in pairs)


def test_what_counts_as_caught_are_rules_of_the_filter() -> None:
    assert {rule for rules in KINDS.values() for rule in rules} <= FILTER_RULES.keys()
