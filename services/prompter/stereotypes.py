"""The five user stereotypes (paper, §3.2 and table 2) as data, and the draw of one for a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from recdial.ids import seeded_draw
from recdial.promptfacts import DISPLAY_NAMES, Feature
from recdial.settings import STEREOTYPES

_TOPIC = frozenset({Feature.genres, Feature.keywords})
_PEOPLE = frozenset({Feature.actors, Feature.directors})
_STORY = frozenset({Feature.overview, Feature.collection, Feature.visual_caption})
_NOTHING: frozenset[Feature] = frozenset()


class NoStereotypeFits(ValueError):
    """No allowed stereotype fits the user: the profile has to be dropped."""

    reason = "no_newcomer_allowed"
    """What such profiles are counted under: only newcomers fit a user without a history."""


@dataclass(frozen=True)
class Stereotype:
    """How a simulated user speaks, and what the prompt tells about the user's items."""

    name: str
    preference: Literal["none", "implicit", "explicit"]
    """How the user expresses preferences."""
    clarity: Literal["none", "vague", "specific"]
    """How clear the user's intention is."""
    shows_history: bool
    """Whether the prompt lists liked and disliked items."""
    target_features: frozenset[Feature]
    history_features: frozenset[Feature]

    @property
    def display_name(self) -> str:
        """The paper's name."""
        return DISPLAY_NAMES[self.name]


# Overview, collection, visual caption and reviews are not in table 2: the scripts add them.
STEREOTYPE_TABLE = MappingProxyType(
    {
        stereotype.name: stereotype
        for stereotype in (
            Stereotype(
                name="curious_newcomer",
                preference="none",
                clarity="vague",
                shows_history=False,
                target_features=_TOPIC,
                history_features=_NOTHING,
            ),
            Stereotype(
                name="focused_newcomer",
                preference="none",
                clarity="specific",
                shows_history=False,
                target_features=_TOPIC | _PEOPLE | _STORY,
                history_features=_NOTHING,
            ),
            Stereotype(
                name="history_based_browser",
                preference="implicit",
                clarity="none",
                shows_history=True,
                target_features=_NOTHING,
                history_features=_TOPIC,
            ),
            Stereotype(
                name="guided_explorer",
                preference="implicit",
                clarity="vague",
                shows_history=True,
                target_features=_TOPIC,
                history_features=_TOPIC,
            ),
            Stereotype(
                name="preference_driven_searcher",
                preference="explicit",
                clarity="specific",
                shows_history=True,
                target_features=frozenset(Feature),
                history_features=frozenset(Feature),
            ),
        )
    }
)
"""The stereotypes by name. `target_features` holds the review: the strict profile withholds it."""


def draw_stereotype(
    seed: int, user_id: str, history_number: int, allowed: Sequence[str], has_history: bool
) -> str:
    """The stereotype of one history of a user, uniform among the allowed ones that fit it.

    A user without a history can only be a newcomer. The draw depends on nothing but its arguments,
    and not on the order of `allowed`. Raises NoStereotypeFits if none of the allowed ones fits.
    """
    fitting = [
        name
        for name in STEREOTYPES
        if name in allowed and (has_history or not STEREOTYPE_TABLE[name].shows_history)
    ]
    if not fitting:
        raise NoStereotypeFits(
            f"user {user_id} has no history before the target, and each stereotype of "
            f"prompting.stereotypes ({', '.join(allowed)}) needs one: allow curious_newcomer or "
            "focused_newcomer to keep such users"
        )
    return fitting[seeded_draw(seed, "stereotype", user_id, history_number) % len(fitting)]
