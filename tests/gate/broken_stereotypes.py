"""Dialogues in which the user is not the kind of user the prompt asks for.

Slots: `{a}`, `{b}` mentions of films of the catalogue, `{liked}` of a liked one, `{target}`;
`{genre}`, `{director}`, `{actor}`, `{decade}` of the target.
"""

from __future__ import annotations

OPENINGS = {
    "curious_newcomer": (
        "I watched {a} last week and loved it, and {b} is one of my favourites. What is next?",
        "I want that {genre} film directed by {director} with {actor} in it, from the {decade}s.",
        "After {a} and {b}, which I have both seen twice, I need something new.",
        "It has to be by {director}, it has to have {actor}, and the genre has to be {genre}.",
    ),
    "focused_newcomer": (
        "I have seen {a} and {b}, loved the first and hated the other. One {genre} film, please.",
        "As you know from my history, I always enjoy films like {a}. One {genre} film, please.",
    ),
    "history_based_browser": (
        "I liked {liked}. Now I need the {genre} film by {director} with {actor}, nothing else.",
        "I enjoyed {liked}, but today I know exactly what I want: some {genre} of the {decade}s "
        "with {actor}.",
    ),
}
"""First utterances that take the place of the script's."""

DIALOGUES = {
    "focused_newcomer": (
        (
            "Hi there. I have no idea what I want.",
            "No problem. Is there anything that sounds good today?",
            "Not really, I am fine with whatever you have.",
            "Would you like something funny or something serious?",
            "I could not say. Anything at all is fine with me.",
            "Then take {target}, I hope it suits you.",
        ),
        (
            "Hello, surprise me.",
            "Gladly. Do you have any demands?",
            "None whatsoever, I will watch the first thing you say.",
            "Is there a genre or an actor you had in mind?",
            "No, nothing in particular.",
            "All right, my recommendation is {target}.",
        ),
    ),
    "history_based_browser": (
        (
            "Hi, I am new here and I have not watched anything yet.",
            "Welcome! What would you like to see?",
            "I cannot name a single film, I hardly ever watch any.",
            "Then let us start with something well known.",
            "Sounds good to me.",
            "I recommend {target}.",
        ),
        (
            "Hello, any suggestions?",
            "Sure. What did you watch lately?",
            "Nothing at all, I never saw a film before this week.",
            "Then everything will be new to you.",
            "Exactly, just tell me where to begin.",
            "Begin with {target}, it is a fine place to start.",
        ),
    ),
    "guided_explorer": (
        (
            "Good evening. What should I watch?",
            "What do you usually enjoy?",
            "I do not have a usual taste, I have never used such a service.",
            "And is there a direction you would like to go?",
            "No, none. Pick anything.",
            "Then I would start you off with {target}.",
        ),
        (
            "Hi. I am completely new to films, so I have nothing to compare with.",
            "That is fine. Shall I explain a few kinds of films?",
            "Just choose something, I have no wishes.",
            "Are you sure there is nothing you are curious about?",
            "Quite sure.",
            "Then my pick for you is {target}.",
        ),
        (
            "Hello! I want more of the same, nothing new please.",
            "More of what exactly?",
            "You tell me. I would not know a single title.",
            "Do you want to try another kind of film?",
            "No, I do not want to try anything different.",
            "Then let me recommend {target}.",
        ),
    ),
    "preference_driven_searcher": (
        (
            "Hi, got anything for me?",
            "Of course. What are you looking for?",
            "I have no preferences, I will take anything.",
            "Which films did you enjoy so far?",
            "I could not name one. Just choose.",
            "Then I choose {target} for you.",
        ),
        (
            "Hello. I am bored, so recommend me something.",
            "Is there a genre, a director or an actor you want?",
            "No, I do not care about any of that.",
            "Anything you would like to avoid?",
            "Not that I know of, all films are the same to me.",
            "In that case I recommend {target}.",
        ),
        (
            "Good evening, whatever you suggest is fine.",
            "Would you like to tell me about your taste?",
            "I have none, really. I am open to everything.",
            "Should it be short or long?",
            "I do not mind either way.",
            "Then watch {target} tonight.",
        ),
        (
            "Hey. What is popular these days?",
            "Many things. What do you want it to be about?",
            "I honestly do not mind what it is about or who is in it.",
            "No wishes at all?",
            "None. Surprise me.",
            "My surprise for you is {target}.",
        ),
    ),
}
"""Whole dialogues, for what cannot be broken in one utterance."""
