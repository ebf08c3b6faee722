"""A target is recommended, or only warned of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.recommendation import target_not_recommended

Said = Callable[..., Candidate]


@pytest.fixture
def recommends(said: Said) -> Callable[[str], bool]:
    """Whether what an assistant says of the target T9 counts as recommending it."""

    def of(text: str) -> bool:
        return target_not_recommended(said("Hello, any idea?", text, "Fine.")) is None

    return of


@pytest.mark.parametrize(
    "text",
    [
        "Then <id_T9> it is.",
        "I can't recommend <id_T1>, but <id_T9> is right up your street.",
        "Do not miss <id_T9>. You won't want to leave it on the shelf.",
        "You didn't like <id_T1>? Don't avoid <id_T9> for that; watch it.",
        "<id_T9>, and I do not suggest it lightly: it is the best there is. So watch <id_T9>!",
        "Skip <id_T1>, take <id_T9>. You will not regret it.",
        "<id_T9> is the one. Leave it to me to convince you.",
        "I would leave <id_T1> aside and take <id_T9>.",
    ],
)
def test_what_is_offered_is_recommended(recommends: Callable[[str], bool], text: str) -> None:
    assert recommends(text)


@pytest.mark.parametrize(
    "text",
    [
        "I wouldn't recommend <id_T9> to you.",
        "There is <id_T9>, but I wouldn't recommend it.",
        "<id_T9> exists, though you should give it a miss.",
        "People will tell you to see <id_T9>; please avoid it.",
        "You couldn't pick anything worse: stay away from <id_T9>.",
        "<id_T9>? Don't watch it, trust me.",
        "Steer clear of <id_T9>.",
    ],
)
def test_what_is_only_warned_of_is_not(recommends: Callable[[str], bool], text: str) -> None:
    assert not recommends(text)


def test_a_target_the_assistant_never_names_is_not(said: Said) -> None:
    silent = said("I know <id_T9>.", "Good for you.", "Yes.")

    reason = target_not_recommended(silent)

    assert reason is not None
    assert "in none of 1 assistant utterance" in reason.detail


@pytest.mark.parametrize(
    "text",
    [
        "There would be <id_T9>, but I'd leave that aside. Watch <id_T1> instead.",
        "Then leave <id_T9> aside. Take <id_T1>, which is shorter.",
        "I recommend <id_T1>. It shares its subject with <id_T9>, which I mention only in passing.",
    ],
)
def test_what_is_named_in_passing_is_not_recommended(
    recommends: Callable[[str], bool], text: str
) -> None:
    assert not recommends(text)
