"""The canonical text of a dialogue."""

from recdial.domain import Turn
from recdial.transcript import render_turns


def test_each_utterance_is_a_line_behind_its_speakers_label() -> None:
    turns = [
        Turn(speaker="user", text="I liked <id_T1>.", items=("T1",)),
        Turn(speaker="assistant", text="Then see <id_T2>.", items=("T2",)),
    ]

    assert render_turns(turns) == "[USR] I liked <id_T1>.\n[AI] Then see <id_T2>."


def test_no_turns_are_no_text() -> None:
    assert render_turns([]) == ""
