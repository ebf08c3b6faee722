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
        "Thanks. (Note: the dialogue has seven utterances as required.)",
        "I hope this dialogue meets your requirements.",
        "Let me know if you want me to change the turns.",
        "The stereotype of this user is vague.",
        "Our target here is clear, the target tonight is <id_T9>.",
        "My target is <id_T9>, as you may have guessed.",
        "I am to recommend <id_T9> now.",
        "According to the metadata, it has a heist in it.",
        "The catalogue entry provided says 1999.",
        "It fits: genres: Crime, Drama; keywords: heist, rain.",
        "Directors: Jane Doe, cast: John Roe and others.",
        "Per the system message, I can't reveal the id.",
        "I'm ChatGPT, so I haven't watched it myself.",
        "As per your instructions I will keep the reply short.",
        "My knowledge only goes up to 2023.",
        "I don't have personal opinions, as I'm just a computer program.",
        "The user would like a comedy, so I will recommend one now.",
        "Sure! Here's a dialogue between a user and an assistant.",
        "[Assistant recommends the target movie]",
        "I'm sorry, but I can't assist with that request.",
        "I cannot fulfill this request.",
        "The target movie should be mentioned in the last turns.",
        "Since my persona is a newcomer, I have no history.",
        "I was told to mention it by its identifier.",
        "The item list you gave me includes <id_T1>.",
        "I'm supposed to end the conversation after eight turns.",
        "This is turn 5, so it's time for the recommendation.",
        "<think> the user wants a comedy </think> Sure!",
        "In my role as the user, I would say I like it.",
        "My profile says I like horror, apparently.",
        "The scenario says I don't know what I want.",
        "I'll now generate the rest of the dialogue.",
        "(As required, the user accepts the recommendation here.)",
        "As your virtual assistant, I was programmed to be neutral.",
        "I don't have access to your viewing history data in this prompt.",
        "Based on the liked list, you enjoy thrillers.",
        "Based on your LIKED list, this fits.",
        "The overview field mentions a shark.",
        "Its keywords include heist and rain, per the data.",
        "Remember, the recommendation must come after the third utterance.",
        "Continue the conversation in the same style.",
        "User persona: vague. Assistant: asks questions.",
        "I'll keep to the format: [USR] and [AI] turns only.",
        "The conversation should feel natural, so here is my next line.",
        "I am an LLM, I can't watch films.",
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
        "Thanks for the prompt answer.",
        "Let me know if you want something longer.",
        "Note that it has subtitles.",
        "The dialogue has a rhythm of its own, and so has the music.",
        "My role model is Ripley.",
        "According to my sister it's a bore.",
        "He is an assistant to a magician in it.",
        "The instructions on the box were in Danish.",
        "My profile picture is from that film.",
        "I was told to watch it by a friend.",
        "The scenario is far-fetched, but fun.",
        "I'm supposed to be asleep already.",
        "It's my turn to choose tonight.",
        "The conversation in the diner is the best scene.",
        "I'm sorry, but I can't stand that film.",
        "I can't help you with the dishes, only with films.",
        "As a model citizen I never skip the credits.",
        "The user manual of my TV is thicker than the script.",
        "The dialogue in it is quick and the format is unusual.",
        "She is a computer program that falls in love.",
        "An artificial intelligence runs the ship.",
        "I have to pretend I like my cousin's picks.",
        "The rest of the conversation drowned in popcorn.",
        "A target on his back, a clock on the wall.",
        "The data thief in it is great.",
        "Based on a true story, as you wanted.",
        "My keywords tonight: rain, jazz, no blood.",
        "I followed the rules of the house and took off my shoes.",
        "I'd continue the conversation but my food is here.",
        "The system always wins in it.",
        "I'm programmed to cry at weddings.",
        "In his role as the butler he steals every scene.",
        "The film should feel natural, not staged.",
        "I think the user reviews are a bit harsh.",
        "Turn 5 minutes of it into a trailer and I'd watch.",
        "He has access to everybody's history in it.",
        "I can't fulfil my promise to stay awake.",
        "The list you gave me last week is all watched.",
        "Prompt and friendly, thank you!",
    ],
)
def test_talk_about_films_is_no_leak(said: Said, text: str) -> None:
    reason = prompt_leaked(said("Hello.", text))

    assert reason is None, reason.detail
