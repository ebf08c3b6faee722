"""Of dialogues that nearly repeat each other one stays, whatever their order."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.filter.near_duplicates import near_duplicates

pytest.importorskip("datasketch", reason="the index of near duplicates is not installed")

WORDS = (
    "i would like a quiet drama with a slow start and a good end for a long rainy evening".split()
)
OTHER = (
    "give me loud fast funny things to laugh about together while we eat pizza on friday".split()
)


def dialogue(number: int, *utterances: str) -> tuple[UUID, tuple[str, ...]]:
    return UUID(int=number), utterances


def test_the_lowest_id_stays_and_the_others_name_it() -> None:
    text = " ".join(WORDS)
    found = near_duplicates(
        [dialogue(3, text), dialogue(1, text), dialogue(2, " ".join(OTHER)), dialogue(7, text)], 0.8
    )

    assert found == {UUID(int=3): UUID(int=1), UUID(int=7): UUID(int=1)}


def test_dialogues_that_differ_in_their_items_alone_are_alike() -> None:
    text = " ".join(WORDS)
    one = dialogue(1, f"{text} like <id_T1>", "Then <id_T9> it is.")
    other = dialogue(2, f"{text.upper()}, like <id_B77>!", "Then <id_0815> it is")

    assert near_duplicates([one, other], 1.0) == {UUID(int=2): UUID(int=1)}


def test_likeness_is_compared_exactly_with_the_threshold() -> None:
    # 17 and 18 words have 15 and 16 sequences of three, 14 of them in both: 14 of 17 in all.
    one, other = dialogue(1, " ".join(WORDS[:17])), dialogue(2, " ".join([*WORDS[:16], "x", "y"]))

    assert near_duplicates([one, other], 14 / 17) == {UUID(int=2): UUID(int=1)}
    assert near_duplicates([one, other], 14 / 17 + 0.001) == {}


def test_silence_is_no_duplicate() -> None:
    assert near_duplicates([], 0.8) == {}
    assert near_duplicates([dialogue(1), dialogue(2, ""), dialogue(3, "...")], 0.8) == {}


TEXTS = st.lists(
    st.tuples(st.sampled_from([WORDS, OTHER]), st.integers(0, 6), st.integers(10, 18)).map(
        lambda drawn: " ".join(drawn[0][drawn[1] : drawn[2]])
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False), st.sampled_from([0.5, 0.7, 0.9]))
def test_the_outcome_depends_on_the_set_alone(texts: list[str], random, threshold: float) -> None:  # type: ignore[no-untyped-def]
    dialogues = [dialogue(number, text) for number, text in enumerate(texts)]
    found = near_duplicates(dialogues, threshold)
    random.shuffle(dialogues)

    assert near_duplicates(dialogues, threshold) == found
    for rejected, kept in found.items():
        assert kept < rejected
        assert kept not in found
