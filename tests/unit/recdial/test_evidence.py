from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Reason, Span
from recdial.evidence import pieces

TEXT = "I loved Heat a lot."


def reason(rule: str, *places: tuple[int, int]) -> Reason:
    spans = tuple(Span(turn=2, start=a, end=b, text=TEXT[a:b]) for a, b in places)
    return Reason(rule=rule, detail="d", spans=spans)


def test_an_utterance_is_cut_where_evidence_begins_and_ends() -> None:
    found = pieces(TEXT, 2, [reason("one", (2, 12)), reason("two", (8, 12))])
    assert found == [
        ("I ", ()),
        ("loved ", ("one",)),
        ("Heat", ("one", "two")),
        (" a lot.", ()),
    ]
    assert pieces(TEXT, 1, [reason("one", (2, 12))]) == [(TEXT, ())]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_the_pieces_are_the_text_again(places: list[tuple[int, int]]) -> None:
    found = pieces(TEXT, 2, [reason("r", *places)])
    assert "".join(piece.text for piece in found) == TEXT
