"""The shape of a dialogue: who speaks when, how long, and to the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.structure import (
    closing_side,
    empty_turn,
    roles_alternate,
    truncated,
    user_opens,
    utterance_length,
)

Said = Callable[..., Candidate]


@pytest.mark.parametrize(
    ("closes", "texts", "kept"),
    [
        ("any", ("Hi.", "Hello."), True),
        ("assistant", ("Hi.", "Hello."), True),
        ("user", ("Hi.", "Hello."), False),
        ("user", ("Hi.", "Hello.", "Bye."), True),
        ("assistant", ("Hi.", "Hello.", "Bye."), False),
        ("user", (), True),
    ],
)
def test_the_last_word_is_with_the_configured_side(
    said: Said, closes: str, texts: tuple[str, ...], kept: bool
) -> None:
    reason = closing_side(said(*texts, closes=closes))

    assert (reason is None) == kept
    if reason:
        assert (reason.rule, reason.turn) == ("closing_side", len(texts))
        assert [place.text for place in reason.spans] == [texts[-1]]


def test_an_essay_is_found_and_a_long_answer_is_not(said: Said) -> None:
    assert utterance_length(said("Hi.", "word " * 12, max_utterance_words=12)) is None

    reason = utterance_length(said("Hi.", "word " * 13, max_utterance_words=12))
    assert reason is not None
    assert (reason.rule, reason.turn, reason.severity) == ("utterance_length", 2, "warn")
    assert reason.detail == "1 utterance of more than 12 words: 13 words (utterance 2)"


@pytest.mark.parametrize(
    ("last", "evidence"),
    [
        ("You should watch <id_T9", "<id_T9"),
        ("You should watch <id_", "<id_"),
        ("You should watch the", "the"),
        ("It is a story of", "of"),
        ("It has action, romance,", ","),
        ("It is well-", "-"),
        ("It is \u2014", "\u2014"),
    ],
)
def test_a_last_utterance_that_breaks_off_is_found(said: Said, last: str, evidence: str) -> None:
    reason = truncated(said("Hi.", last))

    assert reason is not None
    assert (reason.rule, reason.turn) == ("truncated", 2)
    assert [place.text for place in reason.spans] == [evidence]


@pytest.mark.parametrize(
    "last",
    [
        "Thank you",
        "Great, I will watch it",
        "Enjoy <id_T9>",
        "That is the film I was thinking of.",
        "Count me in",
        "Bye!",
        "Have fun :-)",
        "I saw Plan A",
        "Maybe\u2026",
        "You too \U0001f600",
        "I loved the Sopranos finale and the last of it",
    ],
)
def test_a_last_utterance_without_a_full_stop_is_no_truncated_one(said: Said, last: str) -> None:
    assert truncated(said("Hi.", last)) is None


def test_only_the_last_utterance_has_to_come_to_its_end(said: Said) -> None:
    assert truncated(said("I want a", "Then <id_T9>.")) is None


def test_a_completion_that_hit_the_limit_is_truncated_however_it_ends(said: Said) -> None:
    reason = truncated(said("Hi.", "Bye.", finish_reason="length"))

    assert reason is not None
    assert reason.spans == ()
    assert "token limit" in reason.detail


def test_a_last_marker_with_nothing_behind_it_is_a_truncation(said: Said) -> None:
    reason = truncated(said("Hi.", "Hello.", ""))
    assert reason is not None
    assert (reason.rule, reason.turn) == ("truncated", 3)

    for silent in (said("Hi.", "Hello.", "..."), said("Hi.", "", "Bye."), said("")):
        assert truncated(silent) is None
        assert empty_turn(silent) is not None


def test_rules_of_order_point_at_the_utterances(said: Said) -> None:
    empty = empty_turn(said("Hi.", "...", "Bye."))
    assert empty is not None
    assert [(place.turn, place.text) for place in empty.spans] == [(2, "...")]

    turns = said("Hi.", "Hello.").dialogue.turns
    swapped = said()
    dialogue = swapped.dialogue.model_copy(update={"turns": (turns[1], turns[1])})
    judged = Candidate(
        text="",
        dialogue=dialogue,
        finish_reason="stop",
        context=swapped.context,
        config=swapped.config,
    )
    for rule, turn in ((user_opens, 1), (roles_alternate, 2)):
        reason = rule(judged)
        assert reason is not None
        assert [(place.turn, place.text) for place in reason.spans] == [(turn, "Hello.")]
