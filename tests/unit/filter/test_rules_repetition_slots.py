"""A side that says the same sentence with other words in one or two places is in a loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.repetition import repetition

Said = Callable[..., Candidate]


def _between(turns: tuple[str, ...], *others: str) -> tuple[str, ...]:
    """The turns of one side with the other side's between them."""
    said = [others[number % len(others)] for number in range(len(turns))]
    return tuple(text for pair in zip(turns, said, strict=True) for text in pair)


USER = ("Hm.", "Go on.", "And then?", "I see.", "Okay.", "Which one?")

LOOPS = {
    "one noun": (
        "Oh, a thriller is a lovely idea for a rainy evening, let me think about that for a bit.",
        "Oh, a western is a lovely idea for a rainy evening, let me think about that for a bit.",
        "Oh, a musical is a lovely idea for a rainy evening, let me think about that for a bit.",
    ),
    "two words": (
        "I understand, you are in the mood for comedy and I will gladly find something funny.",
        "I understand, you are in the mood for action and I will gladly find something loud.",
        "I understand, you are in the mood for horror and I will gladly find something scary.",
    ),
    "words put in": (
        "That is a great choice and I am sure we can find the right film for you.",
        "That is really a great choice and I am sure we can find the right film for you.",
        "That is a great choice indeed and I am quite sure we can find the right film for you.",
    ),
    "short ones again and again": (
        "Do you want a film with more action?",
        "Do you want a film with more romance?",
        "Do you want a film with more comedy?",
        "Do you want a film with more suspense?",
    ),
    "other items": (
        "If you enjoyed <id_T1>, you will probably enjoy <id_T2> as well, so give it a try.",
        "If you enjoyed <id_T2>, you will probably enjoy <id_T3> as well, so give it a try.",
        "If you enjoyed <id_T3>, you will probably enjoy <id_T9> as well, so give it a try.",
    ),
    "twice, long": (
        "I hear you, and I think that a slow film with warm pictures and few words would be the "
        "right thing for a tired head tonight.",
        "I hear you, and I think that a slow film with warm pictures and few people would be the "
        "right thing for a tired head tonight.",
    ),
    "not one behind the other": (
        "Great, so something with heart, a bit of music and an ending that does not hurt anyone.",
        "Where would you like it to play?",
        "Great, so something with heart, a bit of dance and an ending that does not hurt anyone.",
        "Alone or with friends?",
        "Great, so something with heart, a bit of drama and an ending that does not hurt anyone.",
    ),
    "the same film sold twice": (
        "You should watch <id_T9>, it is a moving drama about two brothers who lose their father.",
        "You could watch <id_T9>, it is a moving drama about two brothers who lost their father.",
        "You must watch <id_T9>, it is a touching drama about two brothers who lose their father.",
    ),
    "a form letter": (
        "Thank you for sharing that with me. Based on your interest in crime, I look for more.",
        "Thank you for sharing that with me. Based on your interest in space, I look for more.",
        "Thank you for telling that to me. Based on your interest in love, I look for more.",
    ),
    "contractions": (
        "It's not quite what I'm looking for, can you suggest something with more action in it?",
        "It's not really what I'm looking for, can you suggest something with more humor in it?",
        "It's not quite what I'm looking for, can you suggest something with more heart in it?",
    ),
}


@pytest.mark.parametrize("side", ["user", "assistant"])
@pytest.mark.parametrize("turns", LOOPS.values(), ids=LOOPS.keys())
def test_a_sentence_with_other_words_in_its_slots_is_a_loop(
    said: Said, turns: tuple[str, ...], side: str
) -> None:
    texts = _between(turns, *USER)
    reason = repetition(said(*texts) if side == "user" else said("Hello.", *texts))

    assert reason is not None
    (place,) = reason.spans
    assert place.text in turns[1:]


CLEAN = {
    "parallel questions": (
        "Do you prefer old films or new ones?",
        "Do you prefer sad endings or happy ones?",
    ),
    "two recommendations of one build": (
        "If you liked <id_T1>, try <id_T2>. It is a thriller about a detective with a past.",
        "If you liked <id_T2>, try <id_T9>. It is a comedy about a wedding that goes wrong.",
    ),
    "haven't seen it": (
        "No, I haven't seen that one yet. What is it about?",
        "I haven't seen that one either. Who is in it?",
        "I haven't seen it, but it sounds good. I'll watch it.",
    ),
    "thanks": (
        "Thank you so much for the suggestion!",
        "Thank you so much for your help, bye!",
    ),
    "seen it": (
        "I have seen that one, it was good.",
        "I have seen that one too, it was great.",
        "That one I have not seen yet, thank you!",
    ),
    "taking it back": (
        "I would like a film with a dog in it, but not a sad one.",
        "I would like a film with a cat in it then, if there is no dog to be had.",
    ),
    "recommended and described": (
        "<id_T9> is a drama with strong performances. It follows a family through one summer.",
        "<id_T9> is also rather short. It follows them for ninety minutes and never drags.",
    ),
    "genres of several items": (
        "<id_T1> is a crime film from the nineties with a famous diner scene.",
        "<id_T2> is a crime film from the eighties with a famous train chase and no jokes.",
    ),
    "the same opening": (
        "I really liked <id_T1> because of how slow it is, it let me breathe.",
        "I really liked <id_T2> because the music never stops and everybody dances.",
        "I really liked <id_T3> for the last ten minutes alone, what a finish.",
    ),
    "a question put again": (
        "Which of the two did you like better, and why?",
        "Then which of the two would you watch again?",
    ),
    "short offers": (
        "How about <id_T1>?",
        "How about <id_T2>?",
        "How about <id_T3> then?",
        "How about <id_T9>?",
    ),
    "have you seen": (
        "Have you seen <id_T1>? It is a good one.",
        "Have you seen <id_T2>? It is a funny one.",
        "Have you seen <id_T9>? It is a scary one.",
    ),
    "refusing": (
        "No, too dark for me. Anything lighter?",
        "No, too long for me. Anything shorter?",
        "No, too silly for me. Anything in between?",
    ),
}


@pytest.mark.parametrize("side", ["user", "assistant"])
@pytest.mark.parametrize("turns", CLEAN.values(), ids=CLEAN.keys())
def test_sentences_of_one_build_are_no_loop(said: Said, turns: tuple[str, ...], side: str) -> None:
    texts = _between(turns, *USER)
    reason = repetition(said(*texts) if side == "user" else said("Hello.", *texts))

    assert reason is None, reason.detail
