from __future__ import annotations

import pytest

from recdial.domain import ItemFacts, Turn
from recdial.linking import Linker
from services.filter.title_mentions import mention_titles

LINKER = Linker(
    [
        ItemFacts(item_id="heat", title="Heat", year=1995),
        ItemFacts(item_id="dune84", title="Dune", year=1984),
        ItemFacts(item_id="dune21", title="Dune", year=2021),
    ]
)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ('Try "Heat" (1995)!', "Try <id_heat>!"),
        ("Try **Heat** tonight.", "Try <id_heat> tonight."),
        ("I watched Heat's ending.", "I watched <id_heat>'s ending."),
        ("I saw Heat (1995), and Dune (2021).", "I saw <id_heat>, and <id_dune21>."),
        ("We watched Dune.", "We watched Dune."),
        ("The heat is on.", "The heat is on."),
        ("<id_heat> is it.", "<id_heat> is it."),
    ],
)
def test_a_title_becomes_a_mention_where_it_is_clear_which(text: str, mended: str) -> None:
    (turn,), spans = mention_titles([Turn(speaker="user", text=text)], LINKER, ())
    assert turn.text == mended
    for span in spans:
        assert turn.text[span.start : span.end].startswith("<id_")
        assert span.text in text
    if mended != text:
        assert turn.items


def test_an_item_of_the_prompt_is_meant_before_its_namesakes() -> None:
    turns = [Turn(speaker="user", text="We watched Dune.")]
    (turn,), _ = mention_titles(turns, LINKER, {"dune84"})
    assert turn.items == ("dune84",)
