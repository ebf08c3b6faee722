"""Loops are found, and what people say twice is no loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.repetition import repetition

Said = Callable[..., Candidate]

LOOPS = {
    "utterance again": (
        "I want a quiet drama for tonight.",
        "Try <id_T1>.",
        "I want a quiet drama, for tonight!",
    ),
    "sentence three times": (
        "I really like slow films. What now?",
        "It is a moving story of love. Try <id_T1>.",
        "And else?",
        "It is a moving story of love. Or <id_T2>.",
        "Else?",
        "It is a moving story of love. Or <id_T9>.",
    ),
    "phrase back to back": (
        "Hi.",
        "It is about a man who it is about a man who it is about a man who leaves.",
    ),
    "one word on and on": ("Hi.", "It is very very very very very very very good."),
    "one word as often as it takes": ("Hi.", "So no no no no no no then."),
    "two words as often as it takes": ("Hi.", "So " + "on and " * 6 + "off."),
    "six words back to back": ("Hi.", "It is about him and her it is about him and her again."),
    "sentence twice in one utterance": (
        "Hi.",
        "<id_T1>\u2019s end moved me. Yes! I mean it; <id_T1>'s end moved me.",
    ),
    "copy in another order": (
        "I want a tense film with a good twist and no gore.",
        "A tense film with no gore and a good twist I want?",
    ),
    "question for the third time": (
        "Who directed it?",
        "He did.",
        "Who directed it?",
        "I said so.",
        "Who directed it?",
    ),
    "few words in any order": (
        "Hi.",
        "It is a very romantic film, a very charming film, a very charming and romantic film, a "
        "romantic and very charming film, a very romantic and very charming film.",
    ),
    "exchange again": (
        "Hi there.",
        "How about something about friendship? Would a bit of magic be all right for them?",
        "Yes, a bit of magic would be great, they believe in everything right now.",
        "How about something on friendship? Would a little magic be all right for the two of them?",
        "Yes, a little magic would be great, they believe in everything just now.",
        "Then <id_T9>.",
    ),
    "copied utterance": (
        "I am looking for a tense thriller with a strong female lead and a good twist.",
        "I am looking for a tense thriller with a strong female lead and a good twist!",
    ),
}


@pytest.mark.parametrize("texts", LOOPS.values(), ids=LOOPS.keys())
def test_a_loop_is_found_where_it_stands(said: Said, texts: tuple[str, ...]) -> None:
    reason = repetition(said(*texts))

    assert reason is not None
    assert reason.rule == "repetition"
    (place,) = reason.spans
    assert place.turn == reason.turn
    assert place.text == texts[place.turn - 1][place.start : place.end] != ""


CLEAN = {
    "thanks": ("Thanks!", "Sure.", "Thanks!", "Sure.", "Thanks!"),
    "short praise": ("I loved it.", "Good.", "I loved it.", "Good.", "I loved it."),
    "titles": (
        "I saw <id_T1> and <id_T1> again.",
        "If you liked <id_T1>, then <id_T2>, or <id_T1> once more.",
        "So <id_T1>, <id_T2> and <id_T9>?",
    ),
    "emphasis": ("It was very, very good. No, no, no!", "Ha ha ha! Bora! Bora! Bora! Yes yes."),
    "taking up words": (
        "I want a tense thriller with a strong female lead.",
        "A tense thriller with a strong female lead? Then <id_T9> is what you want tonight.",
    ),
    "title with a loop": ("I saw Tora! Tora! Tora! and New York, New York.", "Both are good."),
    "parallel questions": (
        "Do you like comedies or dramas?",
        "Do you like action or horror?",
        "Do you like musicals or westerns?",
    ),
}


@pytest.mark.parametrize("texts", CLEAN.values(), ids=CLEAN.keys())
def test_what_people_say_twice_is_no_loop(said: Said, texts: tuple[str, ...]) -> None:
    reason = repetition(said(*texts))

    assert reason is None, reason.detail
