"""Which stereotypes a user gets: a seeded draw (paper, §3.2)."""

from __future__ import annotations

from collections.abc import Sequence

from recdial.ids import seeded_draw
from recdial.settings import STEREOTYPES
from recdial.stereotypes import Stereotype


class NoStereotypeFits(ValueError):
    """No allowed stereotype fits the user: the profile has to be dropped."""

    reason = "no_newcomer_allowed"
    """What such profiles are counted under: only newcomers fit a user without a history."""


def draw_stereotypes(
    seed: int,
    user_id: str,
    history_number: int,
    allowed: Sequence[Stereotype],
    *,
    has_history: bool,
    number: int = 1,
) -> tuple[str, ...]:
    """The names of the stereotypes of one history of a user, in the order they were drawn.

    They are `number` different ones of those that fit, or all of these if they are fewer, uniform
    among them. A user without a history can only have a stereotype that shows none. The draw
    depends on nothing but the arguments, and not on the order of `allowed`; a larger `number`
    keeps what a smaller one draws. Raises NoStereotypeFits if none of the allowed ones fits.
    """
    fitting = sorted(
        (kind.name for kind in allowed if has_history or not kind.shows_history), key=_place
    )
    if not fitting:
        raise NoStereotypeFits(
            f"user {user_id} has no history before the target, and each stereotype of "
            f"prompting.stereotypes ({', '.join(kind.name for kind in allowed)}) needs one: allow "
            "curious_newcomer or focused_newcomer to keep such users"
        )
    drawn: list[str] = []
    while fitting and len(drawn) < number:
        which = ("stereotype", user_id, history_number, *([len(drawn)] if drawn else []))
        drawn.append(fitting.pop(seeded_draw(seed, *which) % len(fitting)))
    return tuple(drawn)


def _place(name: str) -> tuple[int, str]:
    return (STEREOTYPES.index(name), "") if name in STEREOTYPES else (len(STEREOTYPES), name)
