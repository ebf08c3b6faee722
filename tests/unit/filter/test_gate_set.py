"""The gate set is what its README says, and the filter is as good on it as it has to be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from recdial.filter_rules import FILTER_RULES
from recdial.mentions import mention, mentioned_items
from recdial.settings import STEREOTYPES
from tests.gate import make, pairs
from tests.gate.defects import KINDS
from tests.gate.held_out_report import HeldOutSet, judge_held_out_sets, render_held_out
from tests.gate.judged import (
    Judged,
    Share,
    falsely_rejected,
    judge_dialogues,
    judge_pairs,
    recall,
)
from tests.gate.records import (
    DIALOGUES,
    NEAR_DUPLICATES,
    GateDialogue,
    NearDuplicatePair,
    as_lines,
    read,
    read_catalogue,
)
from tests.gate.report import BEGINS, ENDS, by_kind, put_into, render, with_rules

PAGE = Path(__file__).parents[3] / "docs" / "filter.md"
CATALOGUE = read_catalogue()
SET = read(DIALOGUES, GateDialogue)
PAIRS = read(NEAR_DUPLICATES, NearDuplicatePair)
CLEAN = [dialogue for dialogue in SET if dialogue.defect is None]
BROKEN_IDS = {"malformed_mention", "unknown_id"}


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return judge_dialogues(SET)


@pytest.fixture(scope="module")
def held_out() -> list[HeldOutSet]:
    return judge_held_out_sets()


def test_make_writes_the_committed_bytes() -> None:
    assert as_lines(make.dialogues(CATALOGUE)) == DIALOGUES.read_text(encoding="utf-8")
    assert as_lines(pairs.pairs(CATALOGUE)) == NEAR_DUPLICATES.read_text(encoding="utf-8")


def test_there_are_enough_dialogues_of_every_sort() -> None:
    origins = Counter(dialogue.origin for dialogue in SET)
    kinds = Counter(dialogue.defect for dialogue in SET if dialogue.defect)

    assert len(CATALOGUE) >= 120
    assert origins["scripted"] >= 100
    assert origins["by hand"] >= 80
    assert set(kinds) == set(KINDS)
    assert len(kinds) >= 17
    assert min(kinds.values()) >= 16
    assert Counter(pair.duplicate for pair in PAIRS) == {True: 15, False: 15}


def test_ids_and_texts_are_there_once() -> None:
    assert len({dialogue.id for dialogue in SET}) == len(SET)
    assert len({dialogue.text for dialogue in SET}) == len(SET)


def test_the_scripted_clean_ones_are_of_all_stereotypes_evenly() -> None:
    counts = Counter(dialogue.stereotype for dialogue in SET if dialogue.origin == "scripted")

    assert set(counts) == set(STEREOTYPES)
    assert len(set(counts.values())) == 1


def test_all_stereotypes_have_clean_dialogues_by_hand() -> None:
    counts = Counter(dialogue.stereotype for dialogue in CLEAN if dialogue.origin == "by hand")

    assert set(counts) == set(STEREOTYPES)
    assert min(counts.values()) >= 10


def test_labels_are_valid() -> None:
    for dialogue in SET:
        prompt = dialogue.prompt
        assert len(set(prompt.item_ids)) == len(prompt.item_ids), dialogue.id
        assert set(prompt.item_ids) <= CATALOGUE.keys(), dialogue.id
        assert bool(prompt.liked) == ("newcomer" not in dialogue.stereotype), dialogue.id
        assert set(dialogue.expected_rules) <= FILTER_RULES.keys(), dialogue.id
        assert bool(dialogue.expected_rules) == bool(dialogue.defect), dialogue.id
        assert dialogue.origin.endswith("+defect") == bool(dialogue.defect), dialogue.id
        assert dialogue.note or dialogue.origin != "by hand", dialogue.id


def test_only_defects_of_ids_mention_what_is_not_in_the_catalogue() -> None:
    for dialogue in SET:
        if dialogue.defect not in BROKEN_IDS:
            assert set(mentioned_items(dialogue.text)) <= CATALOGUE.keys(), dialogue.id


def test_a_clean_dialogue_names_its_target_by_id_or_is_about_titles() -> None:
    for dialogue in CLEAN:
        by_id = mention(dialogue.prompt.target) in dialogue.text
        assert by_id or "prose" in dialogue.note or "written as" in dialogue.note, dialogue.id


def test_a_report_goes_between_its_markers() -> None:
    page = f"# Filter\n{BEGINS}\nold\n{ENDS}\nrest\n"

    assert put_into(page, "new\n") == f"# Filter\n{BEGINS}\nnew\n{ENDS}\nrest\n"
    assert put_into("# Filter\n", "new\n") == f"# Filter\n\n{BEGINS}\nnew\n{ENDS}\n"
    with pytest.raises(ValueError, match="no <!-- /gate-report"):
        put_into(f"{BEGINS}\nold\n", "new\n")


def test_a_report_lists_every_miss_and_every_false_alarm(judged: list[Judged]) -> None:
    report = render(judged, judge_pairs(PAIRS))

    for one in judged:
        wrong = bool(one.reasons) if one.dialogue.defect is None else not one.caught
        assert (f"\n- {one.dialogue.id}" in report) == wrong


def test_a_report_lists_all_that_was_wrongly_judged_of_the_held_out(
    held_out: list[HeldOutSet],
) -> None:
    report = render_held_out(held_out)

    for each in held_out:
        for one in each.judged:
            wrong = not each.caught(one) if one.dialogue.defect else bool(one.reasons)
            assert (f"\n- {one.dialogue.id}, " in report) == wrong


def test_the_page_is_current(judged: list[Judged], held_out: list[HeldOutSet]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    report = f"{render(judged, judge_pairs(PAIRS))}\n{render_held_out(held_out)}"
    assert put_into(with_rules(page), report) == page, "run make gate-report"


def test_a_share_is_given_with_the_interval_of_wilson() -> None:
    assert str(Share(10, 20)) == "50.0% [29.9%, 70.1%]"
    assert str(Share(0, 0)) == "n/a"


def test_hardly_a_clean_dialogue_is_rejected(judged: list[Judged]) -> None:
    assert falsely_rejected(judged).value <= 0.02, _alarms(judged)


def test_nearly_every_defect_is_caught(judged: list[Judged]) -> None:
    assert recall(judged).value >= 0.95, _recalls(judged)


def test_no_kind_of_defect_slips_through(judged: list[Judged]) -> None:
    assert all(recall(ones).value >= 0.85 for ones in by_kind(judged).values()), _recalls(judged)


def test_near_duplicates_are_told_from_mere_likeness() -> None:
    assert [one.pair.id for one in judge_pairs(PAIRS) if one.found != one.pair.duplicate] == []


def _alarms(judged: list[Judged]) -> str:
    return "; ".join(
        f"{one.dialogue.id}: {', '.join(one.rules)}"
        for one in judged
        if one.dialogue.defect is None and one.reasons
    )


def _recalls(judged: list[Judged]) -> str:
    return "; ".join(f"{kind} {recall(ones)}" for kind, ones in by_kind(judged).items())
