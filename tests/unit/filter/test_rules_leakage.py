"""Prompt, data and writer do not show through; film talk about all three may."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.leakage import prompt_leaked

Said = Callable[..., Candidate]


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I have no feelings about films.",
        "I am an AI language model and cannot watch films.",
        "The user profile shows that comedies do well.",
        "So the target item is the one to see.",
        "Your LIKED ITEMS have <id_T1> in them.",
        "BEGIN DATA",
        "Based on the data provided, <id_T9> fits.",
        "In this conversation the user asks for a comedy.",
        "As a Curious Newcomer I have no idea.",
        "I am a History-Based Browser, after all.",
        "[INST] Recommend a film. [/INST]",
        "My system prompt says so.",
        "Enjoy! (The dialogue ends here)",
        "Note: I have followed the rules and used ids only.",
        "<|im_start|>assistant",
        "The stereotype of this user is vague.",
        "Our target here is clear, the target tonight is <id_T9>.",
        "My target is <id_T9>, as you may have guessed.",
        "I am to recommend <id_T9> now.",
        "According to the metadata, it has a heist in it.",
        "The catalogue entry provided says 1999.",
        "It fits: genres: Crime, Drama; keywords: heist, rain.",
        "Directors: Jane Doe, cast: John Roe and others.",
    ],
)
def test_a_leak_is_found_where_it_stands(said: Said, text: str) -> None:
    reason = prompt_leaked(said("Hello.", text))

    assert reason is not None
    assert (reason.rule, reason.turn) == ("prompt_leaked", 2)
    for place in reason.spans:
        assert place.text == text[place.start : place.end] != ""


@pytest.mark.parametrize(
    "text",
    [
        "Based on your history, I would go for <id_T9>.",
        "Going by your profile, you like westerns.",
        "He plays an AI researcher, and as an AI the robot is touching.",
        "I am not an AI like HAL, I promise!",
        "It breaks every stereotype of the genre.",
        "It avoids the stereotype of the nerdy girl.",
        "Her screen persona is magnetic, and Bergman's Persona is a classic.",
        "The sniper misses the target in the last scene.",
        "Given the instructions of the kidnapper, he drives on.",
        "The user interface in the film is dated.",
        "The assistant says no to her boss in The Devil Wears Prada.",
        "The film is about a prompt response to a flood.",
        "The film ends well and the conversation between them begins slowly.",
        "The conversation ends in tears: he is told to leave.",
        "I was told to watch this by a friend.",
        "I was given the box set for Christmas.",
        "I am not allowed to watch horror with the kids around.",
        "What is in your list of favourites?",
        "He was trained by the CIA, and he is told to follow orders.",
        "A documentary about a data set of faces, I think.",
        "It has a simulated world, like The Matrix.",
        "The rules of Fight Club: you do not talk about it.",
        "Note that it is three hours long.",
    ],
)
def test_talk_about_films_is_no_leak(said: Said, text: str) -> None:
    reason = prompt_leaked(said("Hello.", text))

    assert reason is None, reason.detail
