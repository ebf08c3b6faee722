"""Nobody but the user and the assistant speaks; what these write before a colon is theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.judging import Judgement

Judged = Callable[..., Judgement]

OPENING = "[USR] I liked <id_T1> a lot. What else is there?\n[AI] Then <id_T2> might be for you.\n"
CLOSING = "\n[AI] Have you seen <id_T9>? I recommend it.\n[USR] No, I will watch it tonight."

OTHERS = [
    "[KID] Can there be burglars?",
    "[FRIEND] Same here!",
    "[FRIEND]: nothing too long",
    "[Friend] Could it be a short one?",
    "[USR2] I would go for a comedy.",
    "[USER 2] Make it a comedy.",
    "[SPEAKER_3] Me too.",
    "[NARRATOR] They both look at the screen for a while.",
    "[SYSTEM] Searching the catalogue for thrillers.",
    "[SYS] 3 items found",
    "[MODERATOR] Please stay on the topic.",
    "[ROOMMATE] Not again!",
    "[BEST FRIEND] He always says that.",
    "[USR's wife] He always says that.",
    "[My older sister] He always says that.",
    "[BRO] dude, pick a western",
    "[Sarah] I'd rather have something light.",
    "**[MOM]** Is it fit for children?",
    "(Friend) I've seen that one.",
    "Narrator: The rain beats against the window.",
    "**Narrator:** The rain beats against the window.",
    "*Narrator*: Both of them think for a moment.",
    "NARRATOR: A long silence.",
    "Narrator (softly): And so the search went on.",
    "Friend: I've seen that one, it's great!",
    "Friend (from the kitchen): Anything but horror, please!",
    "Wife: Nothing with subtitles, please.",
    "Husband: Can we watch something with cars?",
    "User's friend: Are you two still choosing?",
    "Little sister: I want the one with the dragon!",
    "Mom: Is it fit for children?",
    "- Dad: let us take a western",
    "Sarah: Can we have something light?",
    "Tom: I don't mind either way.",
    "Speaker 3: A comedy would be good.",
    "User 2: a comedy would be good",
    "Person B: Fine by all.",
    "Assistant: Then perhaps a comedy.",
    "User: Something else then?",
    "Moderator: Let us come to an end.",
    "Third speaker: I would take the first.",
    "### Friend: I would take the first.",
]


@pytest.mark.parametrize("line", OTHERS)
def test_a_third_speaker_is_found(judged: Judged, line: str) -> None:
    judgement = judged(f"{OPENING}[USR] Not that one.\n{line}{CLOSING}")

    (reason,) = judgement.reasons
    assert reason.rule == "roles_alternate"
    assert reason.turn == 3


INLINE = [
    "Not that one. [FRIEND] I would take it!",
    "Not that one! [Friend]: I would take it!",
    "[FRIEND] I would take it!",
    "Narrator: The user thinks for a while.",
]


@pytest.mark.parametrize("said", INLINE)
def test_a_third_speaker_is_found_within_a_line(judged: Judged, said: str) -> None:
    assert [one.rule for one in judged(f"{OPENING}[USR] {said}{CLOSING}").reasons] == [
        "roles_alternate"
    ]


def test_a_third_speaker_is_found_among_other_labels_and_before_the_first(judged: Judged) -> None:
    labelled = (
        "User: I liked <id_T1>. What else?\nAssistant: Have you seen <id_T9>? I recommend it.\n"
        "Friend: nothing too long\nUser: No, I will watch it."
    )
    assert "roles_alternate" in [one.rule for one in judged(labelled).reasons]
    told = f"Narrator: It is a rainy evening.\n{OPENING}[USR] Not that one.{CLOSING}"
    assert "roles_alternate" in [one.rule for one in judged(told).reasons]


OWN = [
    "Genre: crime\nMood: tense\nLength: I do not care",
    "Director: Michael Mann\nNarrator: Morgan Freeman\nHost: nobody",
    "Wishes so far:\nMom: comedy\nDad: a western\nMe: undecided",
    "Votes:\nWife: anything by a woman\nSon: cars",
    "My wife: she hates subtitles. Me: I do not mind.",
    "PS: I have two hours.",
    "P.S.: could it be short?",
    "Note: I have seen nearly everything of his.",
    "Spoiler: you will not like my answer.",
    "[laughs] That is not what I meant.",
    "Hm.\n[laughs] That is not what I meant.",
    "Hm.\n[Pause] Well then.",
    "[EXCITED] I want to see dragons!",
    "Okay.\n[SPOILER] He dies at the end, I hear.",
    "Okay.\n[NOTE] I have only two hours.",
    "Two lists.\n[HORROR] nothing at all\n[DRAMA] whatever you have",
    "Let me count.\n[1] It is long.\n[2] It is old.",
    "Two things: I am tired, and you are late.",
    "1. It has to be short.\n2. It has to be funny.",
    "Pros: you laugh a lot\nCons: you cry a lot",
    "My friend said: I should try something old.",
    "My friend asked: can we see it together?",
    "Question: is it long?",
    "Honestly: I have no idea.",
    "Friends: that is what I want it to be about.",
    "Plot twist: I have seen it already.",
    "(My friend would take the first.) I would not.",
    "(friend of a friend told me so) Is it long?",
    "Tonight: me, you, a comedy.",
    "Mother and son: I like films about that.",
    "So a quiet one [my sister hates noise]. What do you have?",
    "Me: tired. You: full of ideas, I hope?",
    "Answer: yes, I would!",
    "Someone said [sic] that it drags.",
    "[TV] or cinema, I do not care.",
    "Hm.\n[PG-13] would be best, we watch with children.",
]


@pytest.mark.parametrize("said", OWN)
def test_what_a_speaker_writes_before_a_colon_is_no_third_speaker(
    judged: Judged, said: str
) -> None:
    judgement = judged(f"{OPENING}[USR] {said}{CLOSING}")

    assert [one for one in judgement.reasons if one.rule == "roles_alternate"] == []
