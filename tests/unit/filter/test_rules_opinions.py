"""Whose opinion a clause states, and which: sentences of film talk, the film put as an id."""

from __future__ import annotations

import pytest

from services.filter.rules.opinions import opinion_of

OWN = {
    "good": (
        "My sister and I adored <id_A>",
        "I know the critics tore it apart, and still I love <id_A>",
        "Everyone told me to skip <id_A>, I was glued to the screen",
        "<id_A> was flawless from start to finish",
        "I could watch <id_A> every Christmas and never tire of it",
        "My brother hates everything, but <id_A> is my favourite",
        "<id_A> is the gold standard for heists, if you ask me",
        "Whatever people say, I cherish <id_A>",
        "I didn't expect much of <id_A>, it blew me away",
        "<id_A> gave me goosebumps",
        "Honestly, what a treat <id_A> was",
    ),
    "bad": (
        "I nodded off halfway through <id_A>",
        "Everybody raved about <id_A>, I was bored stiff",
        "<id_A>? I left before the end",
        "I wanted my money back after <id_A>",
        "<id_A> was pretentious drivel",
        "I kept checking the time, I checked my phone twice during <id_A>, never again",
        "We went home early when we saw <id_A>",
        "My friends took me to <id_A> and I hated every minute",
        "That's two hours of my life <id_A> owes me",
        "I really wanted to love <id_A>, it left me cold",
        "I should have loved <id_A>, I only yawned",
        "<id_A> is supposed to be a comedy and it bored me",
    ),
}
NOBODYS = (
    "The whole world adores <id_A>",
    "My brother says <id_A> is a waste of film",
    "All my friends love <id_A>",
    "Everybody hated <id_A> when it came out",
    "Critics called <id_A> a masterpiece",
    "My wife finds <id_A> boring",
    "He thinks <id_A> is overrated",
    "<id_A> is loved by everyone around me",
    "<id_A> is said to be brilliant",
    "My mother swears <id_A> is wonderful",
    "Most people enjoyed <id_A>",
    "The reviews of <id_A> were terrible",
    "I really wanted to love <id_A>",
    "I tried so hard to like <id_A>",
    "I hoped I would enjoy <id_A>",
    "I thought I'd hate <id_A>",
    "I wish I had liked <id_A>",
    "I was ready to love <id_A>",
    "<id_A> could have been great",
    "Her ex loved <id_A>",
    "Half the internet hates <id_A>",
    "A friend of mine insists <id_A> is a gem",
)


@pytest.mark.parametrize(
    ("text", "opinion"), [(text, opinion) for opinion, texts in OWN.items() for text in texts]
)
def test_the_speakers_own_opinion_is_read(text: str, opinion: str) -> None:
    assert opinion_of(text) == opinion


@pytest.mark.parametrize("text", NOBODYS)
def test_what_others_think_and_what_was_hoped_for_is_none(text: str) -> None:
    assert opinion_of(text) is None
