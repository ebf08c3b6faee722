"""Many manners of telling what one thinks of a rated film, and of telling something else."""

from __future__ import annotations

from functools import cache

import pytest

from tests.gate.judged import judge_dialogues
from tests.gate.records import GateDialogue, GatePrompt
from tests.unit.filter.told_opinions import (
    ASSISTANT_AGREES,
    ASSISTANT_CONTRADICTS,
    USER_AGREES,
    USER_CONTRADICTS,
)

PROMPT = GatePrompt(liked=("M0051", "M0011"), disliked=("M0053", "M0002"), target="M0052")
IDS = {"A": "<id_M0051>", "A2": "<id_M0011>", "B": "<id_M0053>", "B2": "<id_M0002>"}
REST = "[USR] That is all.\n[AI] Then I would go for <id_M0052>.\n[USR] Thank you, I will see it."
OPENINGS = {
    "user": "[USR] {} What else is there?\n[AI] Tell me more about that.",
    "assistant": "[USR] I saw <id_M0051> and <id_M0053>. What else is there?\n[AI] {}",
}
SAID = {
    (speaker, text): contradicts
    for speaker, contradicts, texts in (
        ("user", False, USER_AGREES),
        ("user", True, USER_CONTRADICTS),
        ("assistant", False, ASSISTANT_AGREES),
        ("assistant", True, ASSISTANT_CONTRADICTS),
    )
    for text in texts
}


@cache
def contradicting() -> frozenset[str]:
    """What the rule has against a dialogue, of all that is said; judged at once, as it is slow."""
    dialogues = [
        GateDialogue(
            id=f"{speaker}: {text}",
            text=f"{OPENINGS[speaker].format(text.format(**IDS))}\n{REST}",
            stereotype="history_based_browser",
            prompt=PROMPT,
            origin="by hand",
        )
        for speaker, text in SAID
    ]
    return frozenset(
        judged.dialogue.id
        for judged in judge_dialogues(dialogues)
        if "preference_contradicted" in judged.rules
    )


@pytest.mark.parametrize(("speaker", "text"), SAID)
def test_an_opinion_against_the_ratings_is_told_from_others(speaker: str, text: str) -> None:
    assert (f"{speaker}: {text}" in contradicting()) == SAID[speaker, text]
