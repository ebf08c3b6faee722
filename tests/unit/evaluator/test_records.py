from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from services.evaluator.records import DialogueRecord, bare_title, titled_text
from tests.unit.evaluator.conftest import MakeRecord, turns

PAGE = Path(__file__).parents[3] / "docs" / "dataset.md"


def test_titles_take_the_place_of_mentions(make_record: MakeRecord) -> None:
    record = make_record("Not <id_A>, <id_A>!", "<id_B>, then.")
    assert [titled_text(turn, record.items) for turn in record.turns] == [
        "Not Jaws (1975), Jaws (1975)!",
        "Heat (1995), then.",
    ]


def test_a_mention_without_a_title_stays_as_it_is() -> None:
    (turn,) = turns("<id_A> and <id_X>")
    assert titled_text(turn, {"A": r"The \1 Man"}) == r"The \1 Man and <id_X>"


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Heat (1995)", "Heat"),
        ("1984 (1984)", "1984"),
        ("(500) Days of Summer (2009)", "(500) Days of Summer"),
        ("M", "M"),
        ("2012", "2012"),
    ],
)
def test_a_bare_title_has_no_year(title: str, bare: str) -> None:
    assert bare_title(title) == bare


def test_the_page_on_the_dataset_shows_a_line_as_it_is_and_explains_each_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    record = DialogueRecord.model_validate_json(example)
    assert json.loads(record.model_dump_json()) == json.loads(example)
    table = page[page.index("| key |") :]
    assert [key for key in json.loads(example) if f"`{key}`" not in table] == []
