"""Whose script speaks for a kind of user: the five of the paper have theirs, others the nearest."""

from __future__ import annotations

from types import MappingProxyType

from recdial.stereotypes import Axes

AXES = MappingProxyType(
    {
        "curious_newcomer": Axes("none", "vague", shows_history=False),
        "focused_newcomer": Axes("none", "specific", shows_history=False),
        "history_based_browser": Axes("implicit", "none", shows_history=True),
        "guided_explorer": Axes("implicit", "vague", shows_history=True),
        "preference_driven_searcher": Axes("explicit", "specific", shows_history=True),
    }
)
"""Where the stereotypes that have a script stand."""

_PREFERENCES = ("none", "implicit", "explicit")
_CLARITIES = ("none", "vague", "specific")
_HISTORY_WEIGHS = 5
"""More than both others together: most phrases are about movies of a history, or about none."""


def nearest_script(axes: Axes) -> str:
    """The stereotype whose script fits best, the first of equally near ones."""
    return min(AXES, key=lambda name: _distance(AXES[name], axes))


def _distance(one: Axes, other: Axes) -> int:
    return (
        _HISTORY_WEIGHS * (one.shows_history != other.shows_history)
        + abs(_PREFERENCES.index(one.preference) - _PREFERENCES.index(other.preference))
        + abs(_CLARITIES.index(one.clarity) - _CLARITIES.index(other.clarity))
    )
