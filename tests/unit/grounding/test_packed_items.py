"""Packed facts come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import ItemFacts
from services.grounding.packed_items import PackedItems

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
FACTS = st.builds(
    ItemFacts,
    item_id=TEXT.filter(bool),
    title=TEXT.filter(bool),
    year=st.none() | st.integers(1800, 2100),
    genres=NAMES,
    actors=NAMES,
    overview=TEXT,
)


@given(st.lists(FACTS, max_size=5))
def test_what_comes_out_is_what_went_in(facts: list[ItemFacts]) -> None:
    packed = PackedItems()
    for one in facts:
        packed[one.item_id] = one
    assert dict(packed) == {one.item_id: one for one in facts}
    assert len(packed) == len({one.item_id for one in facts})


def test_what_is_taken_out_is_gone() -> None:
    packed = PackedItems()
    packed["a"] = ItemFacts(item_id="a", title="Alien")
    del packed["a"]
    assert "a" not in packed
    with pytest.raises(KeyError):
        packed["a"]
