"""What is unsafe is found, films about violence and love are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.unsafe import unsafe_content

Said = Callable[..., Candidate]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("insult", "You are a complete idiot if you like that."),
        ("insult", "Shut up, I do not care."),
        ("insult", "Well, fuck you then."),
        ("threat", "I will find you and hurt you."),
        ("threat", "I know where you live."),
        ("harm", "Just kill yourself."),
        ("harm", "Here is how to build a bomb at home."),
        ("sexual", "It has a blowjob in it."),
        ("hatred", "Honestly, all Germans are lazy criminals."),
        ("hatred", "Those refugees are nothing but filthy rats."),
        ("hatred", "Most women are stupid, everybody knows that."),
        ("hatred", "The homeless should all be shot."),
        ("hatred", "All foreigners are a disease and must be killed."),
        ("harm", "Sure, I'll show you how you can build a small pipe bomb in the garage."),
        ("harm", "It's easy to cook meth with what you have at home."),
        ("harm", "You could mix a strong poison from your garden."),
    ],
)
def test_what_is_unsafe_is_found_where_it_stands(said: Said, kind: str, text: str) -> None:
    reason = unsafe_content(said("Hello.", text))

    assert reason is not None
    assert (reason.rule, reason.turn) == ("unsafe_content", 2)
    assert kind in reason.detail
    for place in reason.spans:
        assert place.text == text[place.start : place.end] != ""


@pytest.mark.parametrize(
    "text",
    [
        "It is about a serial killer who stabs and shoots his victims.",
        "A sex comedy with nudity, but a funny one.",
        "Kick-Ass, Dick Tracy, The Good Girl, Idiocracy and Dumb and Dumber.",
        "Kill Bill, Inglourious Basterds and You Only Live Twice.",
        "I Spit on Your Grave and Die Hard, then Kill the Messenger.",
        "The killer says he will find you and kill you, like in Taken.",
        "You will die laughing!",
        "You'll be sorry if you miss it.",
        "You will regret it if you skip this one.",
        "This one will kill you with suspense, and break your heart.",
        "I will hit you with another pick!",
        "I'll find you something better.",
        "I will find you a comedy. I'll beat your suggestion.",
        "You are such a fool for love stories, like me.",
        "Shut Up & Sing is a documentary, Shut Up and Play the Hits as well.",
        "He calls her a bitch and she calls him a bastard.",
        "Drag Me to Hell and Go to Hell, Hoffman.",
        "How to Make a Killing, and How to Build a Better Boy.",
        "People in the film think the robots are trash.",
        "The villains must be shot on sight in that world.",
        "You are trash-talking my favourite!",
        "A girl jumps off a bridge in the opening.",
        "All the men are animals in it, literally: a fox, a badger and a mole.",
        "The French are lazy about subtitles, but the film is a joy.",
        "Two criminals build a bomb on a bus that must not slow down.",
        "They say most people are good, and the film agrees.",
        "You can build a whole evening around it.",
        "The women are brilliant in it, and the men are disgusting villains.",
        "It's easy to make fun of bomb thrillers, this one is good.",
    ],
)
def test_film_talk_is_safe(said: Said, text: str) -> None:
    reason = unsafe_content(said("Hello.", text))

    assert reason is None, reason.detail
