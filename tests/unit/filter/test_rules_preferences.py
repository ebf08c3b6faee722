"""What a user says of rated films agrees with the ratings, in dialogues about the gate's films.

Liked is M0051, disliked M0053, the target M0052.
"""

from __future__ import annotations

import pytest

from tests.gate.judged import judge_dialogues
from tests.gate.records import GateDialogue, GatePrompt

PROMPT = GatePrompt(liked=("M0051",), disliked=("M0053",), target="M0052")


def rules(*utterances: str) -> tuple[str, ...]:
    """The rules a dialogue of an indecisive user breaks."""
    marks = ("[USR]", "[AI]")
    text = "\n".join(f"{marks[n % 2]} {said}" for n, said in enumerate(utterances))
    dialogue = GateDialogue(
        id="x", text=text, stereotype="history_based_browser", prompt=PROMPT, origin="by hand"
    )
    (judged,) = judge_dialogues([dialogue])
    return judged.rules


def opened(said: str) -> tuple[str, ...]:
    """The same, where all but the opening is beyond reproach."""
    return rules(
        said,
        "Tell me more about that.",
        "There is nothing more to tell.",
        "Then I would go for <id_M0052>.",
        "Thank you, I will see it tonight.",
    )


@pytest.mark.parametrize(
    "said",
    [
        "<id_M0051> had me glued to the screen. <id_M0053> sent me to sleep. What else is there?",
        "My sister hates <id_M0051>, I don't. Everybody adores <id_M0053>. What else is there?",
        "I wanted to love <id_M0053> so badly. What else is there, after <id_M0051>?",
        "I loved <id_M0051>. Nothing like <id_M0053>, please. What else is there?",
        "I loved <id_M0051>. Something like <id_M0053> but without the noise? What else is there?",
        "Critics tore <id_M0051> to pieces. I couldn't care less. What else is there?",
        "I couldn't get enough of <id_M0051>, and I wouldn't call <id_M0053> good. What else?",
        "<id_M0051> was a hit, there's nothing in it that I don't like. What else is there?",
        "I could not possibly dislike <id_M0051>. What else is there?",
        "<id_M0053>. His favourite. All that yelling. And I loved <id_M0051>. What else is there?",
        "Sat through <id_M0053>. What a masterpiece. I only fell asleep once. <id_M0051> is mine.",
        "He walked out of <id_M0051>, I nearly wept with joy. What else is there?",
        "Don't give me another film like <id_M0053>. More like <id_M0051>, if there is any. Well?",
    ],
)
def test_what_agrees_with_the_ratings_is_fine(said: str) -> None:
    assert opened(said) == ()


@pytest.mark.parametrize(
    "said",
    [
        "I nodded off in <id_M0051> and left early. What else is there?",
        "Few films have moved me as much as <id_M0053>, what a gem. What else is there?",
        "Give me something just like <id_M0053>. What else is there?",
        "I'm in the mood for another film in the vein of <id_M0053>. What is there?",
        "<id_M0053> was flawless, I cherish it. What else is there?",
        "I want my money back for <id_M0051>. What else is there?",
        "Critics tore <id_M0053> to pieces, I adored it. What else is there?",
    ],
)
def test_what_contradicts_them_is_found(said: str) -> None:
    assert opened(said) == ("preference_contradicted",)


@pytest.mark.parametrize(
    ("answer", "broken"),
    [
        ("I hated it, to be honest.", True),
        ("It bored me. I went home early.", True),
        ("It was great, I loved it.", False),
        ("My brother hated it.", False),
        ("Who wouldn't? What a film.", False),
    ],
)
def test_an_answer_is_about_what_was_asked(answer: str, broken: bool) -> None:
    found = rules(
        "Evening! I saw <id_M0053> and it bored me. What else is there?",
        "And how did you like <id_M0051>?",
        answer,
        "Then I would go for <id_M0052>.",
        "Thank you, I will see it tonight.",
    )

    assert found == (("preference_contradicted",) if broken else ())
