"""A user keeps to the stereotype, in dialogues of the gate's films."""

from __future__ import annotations

import pytest

from tests.gate.judged import judge_dialogues
from tests.gate.records import GateDialogue, GatePrompt

HISTORY = GatePrompt(liked=("M0051",), disliked=("M0053",), target="M0052")
HEARD = ("I see, and I am all ears.", "That helps a lot, one moment.")
NO_HISTORY = GatePrompt(target="M0052")


def broken(stereotype: str, *said: str) -> bool:
    """Whether a user who says this, one utterance after the other, breaks the stereotype."""
    told = [f"[USR] {one}\n[AI] {heard}" for one, heard in zip(said, HEARD, strict=True)]
    text = "\n".join([*told, "[USR] Well?", "[AI] I would go for <id_M0052>.", "[USR] Done."])
    prompt = NO_HISTORY if "newcomer" in stereotype else HISTORY
    (judged,) = judge_dialogues(
        [GateDialogue(id="x", text=text, stereotype=stereotype, prompt=prompt, origin="by hand")]
    )
    assert set(judged.rules) <= {"stereotype_broken"}
    return bool(judged.rules)


@pytest.mark.parametrize(
    "said",
    [
        ("Hi! No clue what I am in the mood for. Anything, really.", "You choose."),
        ("Hello. I don't want anything in particular. Just some film.", "Any kind will do."),
        ("I haven't got a clue what I'm in the mood for.", "I've no wish whatsoever, honestly."),
        ("Whatever you like.", "Neither nor. Just pick something."),
        ("Good evening to you, and to all of you.", "Fine by me, whatever it is."),
    ],
)
def test_a_focused_newcomer_has_a_wish(said: tuple[str, ...]) -> None:
    assert broken("focused_newcomer", *said)


@pytest.mark.parametrize(
    "said",
    [
        ("I want a story about two clockmakers who fall out.", "Yes, that."),
        ("A thriller, please.", "No preference beyond that."),
        ("It should have a lighthouse in it and a storm outside.", "Yes."),
    ],
)
def test_what_can_be_told_is_a_wish(said: tuple[str, ...]) -> None:
    assert not broken("focused_newcomer", *said)


@pytest.mark.parametrize("stereotype", ["guided_explorer", "history_based_browser"])
@pytest.mark.parametrize(
    "said",
    [
        ("Any idea for tonight? It may be something new.", "A bit."),
        ("I have never liked any film before.", "<id_M0051> neither."),
        ("No movie comes to mind, no movies I know.", "And yet, <id_M0051>."),
    ],
)
def test_a_user_with_a_history_speaks_of_it(stereotype: str, said: tuple[str, ...]) -> None:
    assert broken(stereotype, *said)


@pytest.mark.parametrize("stereotype", ["guided_explorer", "history_based_browser"])
@pytest.mark.parametrize(
    "said",
    [
        ("<id_M0051> was lovely, what else is there?", "A bit."),
        ("Something else for tonight?", "I have never seen anything as lovely as <id_M0051>."),
        ("I loved the last one you had, what else is there?", "A bit."),
    ],
)
def test_speaking_of_it_once_is_enough(stereotype: str, said: tuple[str, ...]) -> None:
    assert not broken(stereotype, *said)


@pytest.mark.parametrize(
    "said",
    [
        ("I gave <id_M0051> five stars and watched it three times.", "Company, please."),
        ("I want something gentle.", "I rewatched <id_M0053> last night and cried again."),
    ],
)
def test_a_newcomer_has_seen_nothing(said: tuple[str, ...]) -> None:
    assert broken("curious_newcomer", *said)


def test_a_history_group_is_no_history() -> None:
    said = ("My history group meets on Friday and wants a quiet drama.", "With a lake in it.")
    assert not broken("focused_newcomer", *said)
