from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Turn
from recdial.mentions import mentioned_items
from recdial.transcript import render_turns
from services.filter.parsing import parse_turns

ANY_TEXT = st.text(st.characters(exclude_categories=()))
MARKED = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[USR]",
                "[AI]",
                "**[usr]**",
                "[Ai]:",
                "[u\u017fr]",
                "[a\u0131]",
                "<id_T1>",
                "\n",
                " ",
                "**",
            ]
        ),
        ANY_TEXT,
    )
).map("".join)


def test_a_text_is_split_into_stripped_utterances_with_the_items_they_mention() -> None:
    parsed = parse_turns("[USR]  I liked <id_A>, <id_B> and <id_A>. \n\n[AI] Try <id_C>!\n")
    assert parsed.turns == (
        Turn(speaker="user", text="I liked <id_A>, <id_B> and <id_A>.", items=("A", "B")),
        Turn(speaker="assistant", text="Try <id_C>!", items=("C",)),
    )
    assert parsed.preamble == ""
    assert parsed.empty_turns == ()


@pytest.mark.parametrize(
    "text",
    [
        "[USR] Hi\n[AI] Hello",
        "[usr]: Hi\n[ai]: Hello",
        "**[USR]** Hi\n**[AI]** Hello",
        "**[USR]:** Hi\n\n**[AI]**: Hello",
        "__[USR]__ Hi\n__[AI]__: Hello",
        "[ USR ] Hi [ AI ] Hello",
        "[USR]Hi[AI]Hello",
    ],
)
def test_markers_may_differ_in_case_colon_bold_and_place(text: str) -> None:
    assert [(turn.speaker, turn.text) for turn in parse_turns(text).turns] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
    ]


def test_bold_words_beside_a_marker_stay_as_they_are() -> None:
    turns = parse_turns("[USR] **Really** good\n[AI] I **agree**[USR] Fine").turns
    assert [turn.text for turn in turns] == ["**Really** good", "I **agree**", "Fine"]


def test_text_before_the_first_marker_is_kept_apart() -> None:
    parsed = parse_turns("Here is the conversation:\n\n[USR] Hi")
    assert parsed.preamble == "Here is the conversation:"
    assert [turn.text for turn in parsed.turns] == ["Hi"]


def test_a_text_without_markers_has_no_turns() -> None:
    parsed = parse_turns("The user: he says hi, the assistant says hello")
    assert parsed.turns == ()
    assert parsed.preamble == "The user: he says hi, the assistant says hello"


def test_empty_utterances_are_kept_and_numbered() -> None:
    parsed = parse_turns("[USR] Hi [AI] [USR]\n[AI] Bye [USR]")
    assert [turn.text for turn in parsed.turns] == ["Hi", "", "", "Bye", ""]
    assert parsed.empty_turns == (2, 3, 5)


def test_lone_surrogates_become_replacement_characters() -> None:
    (turn,) = parse_turns("[USR] \ud83d and \ud83d\ude00").turns
    assert turn.text == "\ufffd and \U0001f600"


@given(st.one_of(ANY_TEXT, MARKED))
def test_any_text_parses_into_stripped_encodable_utterances(text: str) -> None:
    parsed = parse_turns(text)
    parsed.model_dump_json().encode()
    assert parsed.preamble == parsed.preamble.strip()
    for turn in parsed.turns:
        assert turn.text == turn.text.strip()
        assert turn.items == mentioned_items(turn.text)


UTTERANCE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]*_:")).map(
    str.strip
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["user", "assistant"]), UTTERANCE, st.sampled_from(["", "T1"]))
    )
)
def test_what_render_turns_writes_is_read_back(drawn: list[tuple[str, str, str]]) -> None:
    texts = [(speaker, f"{text} <id_{item}>" if item else text) for speaker, text, item in drawn]
    turns = tuple(
        Turn.model_validate({"speaker": speaker, "text": text, "items": mentioned_items(text)})
        for speaker, text in texts
    )
    parsed = parse_turns(render_turns(turns))
    assert [turn.speaker for turn in parsed.turns] == [turn.speaker for turn in turns]
    assert [turn.text for turn in parsed.turns] == [turn.text.strip() for turn in turns]
