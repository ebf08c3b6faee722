"""Who speaks for a stereotype without a script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.stereotypes import Axes, Clarity, Preference
from services.generator.scripted.phrases import SCRIPTS
from services.generator.scripted.speech import AXES, nearest_script

axes = st.builds(
    Axes,
    st.sampled_from(["none", "implicit", "explicit"]),
    st.sampled_from(["none", "vague", "specific"]),
    st.booleans(),
)


def test_every_script_has_a_place_and_speaks_for_itself() -> None:
    assert set(AXES) == set(SCRIPTS)
    assert {name: nearest_script(own) for name, own in AXES.items()} == {n: n for n in AXES}


@given(axes)
def test_whoever_has_a_history_speaks_of_it_and_nobody_else_does(own: Axes) -> None:
    assert AXES[nearest_script(own)].shows_history == own.shows_history


@pytest.mark.parametrize(
    ("preference", "clarity", "shows_history", "script"),
    [
        ("explicit", "vague", True, "guided_explorer"),
        ("implicit", "specific", True, "guided_explorer"),
        ("explicit", "none", True, "history_based_browser"),
        ("explicit", "specific", False, "focused_newcomer"),
        ("none", "none", False, "curious_newcomer"),
    ],
)
def test_the_nearest_speaks(
    preference: Preference, clarity: Clarity, shows_history: bool, script: str
) -> None:
    assert nearest_script(Axes(preference, clarity, shows_history)) == script
