from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recdial.domain import ItemFacts, Verdict
from recdial.settings import FilteringConfig
from services.filter.outside import FileUnusable, read_outside
from services.filter.outside_judging import all_items, judge_outside, summary

RESPONSE = """[USR] I liked <id_B1>. What next?
[AI] Would <id_B9> do?
[USR] What is it about?
[AI] Two rivals who meet once.
[USR] Good, thank you."""
AUTHORS = {
    "prompt": "liked: <id_B1> Ran",
    "response": RESPONSE,
    "scenario": "x",
    "target_asin": "B9",
}
REDIAL = {
    "initiatorWorkerId": 1,
    "conversationId": "20",
    "movieMentions": {"5": "Ran (1985)"},
    "messages": [
        {"senderWorkerId": 1, "text": "Hi, I liked @5"},
        {"senderWorkerId": 2, "text": "Me too, @77"},
    ],
}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "dialogues.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_the_raw_dialogues_of_the_authors(tmp_path: Path) -> None:
    found = read_outside(written(tmp_path, AUTHORS, AUTHORS | {"target_asin": "B7"}))
    assert found.format == "distillrecdial"
    known = [ItemFacts(item_id="B1", title="Ran"), ItemFacts(item_id="B9", title="Heat")]
    items = all_items(known, found.dialogues)
    good, bad = judge_outside(found.dialogues, items, FilteringConfig())
    assert good[1].verdict is Verdict.accepted
    assert [reason.rule for reason in bad[1].reasons] == ["target_not_recommended"]
    counted = summary([good, bad])
    assert (counted.dialogues, counted.accepted) == (2, 1)
    assert counted.rules == {"target_not_recommended": 1}


def test_redial_has_no_target_and_brings_its_titles(tmp_path: Path) -> None:
    found = read_outside(written(tmp_path, REDIAL))
    (dialogue,) = found.dialogues
    assert found.format == "redial"
    assert dialogue.text == "[USR] Hi, I liked <id_5>\n[AI] Me too, @77"
    assert dialogue.items == (ItemFacts(item_id="5", title="Ran", year=1985),)
    items = all_items([], found.dialogues)
    ((_, judgement),) = judge_outside(found.dialogues, items, FilteringConfig())
    assert [reason.rule for reason in judgement.reasons] == ["utterance_count"]


def test_lines_that_hold_no_dialogue_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, AUTHORS, [1], {"response": 3}, AUTHORS)
    path.write_text(path.read_text() + "{broken\n")
    found = read_outside(path)
    assert len(found.dialogues) == 2
    assert [odd.line for odd in found.odd] == [2, 3, 5]


@pytest.mark.parametrize(
    ("rows", "said"), [([], "no dialogue"), ([{"a": 1}], "no known format has the keys a")]
)
def test_a_file_without_dialogues_is_refused(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(FileUnusable, match=said):
        read_outside(written(tmp_path, *rows))
