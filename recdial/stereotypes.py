"""What a stereotype is: how a kind of user speaks, and what a prompt tells about the user's items.

The five of the paper are in `services/prompter/stereotypes/`, a YAML file each; a run may bring its
own (`prompting.stereotype_files`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field

from recdial.domain import Frozen


class Feature(StrEnum):
    """What may be said of an item besides its id, title and year, in the order it is written."""

    genres = "genres"
    keywords = "keywords"
    directors = "directors"
    actors = "actors"
    collection = "collection"
    overview = "overview"
    visual_caption = "visual_caption"
    review = "review"
    """The user's own review of the item."""

    @property
    def label(self) -> str:
        """What the line of this feature starts with."""
        return self.value.replace("_", " ")


Preference: TypeAlias = Literal["none", "implicit", "explicit"]
Clarity: TypeAlias = Literal["none", "vague", "specific"]


class Axes(NamedTuple):
    """Where a stereotype stands on the axes of the paper (§3.2)."""

    preference: Preference
    """How the user expresses preferences."""
    clarity: Clarity
    """How clear the user's intention is."""
    shows_history: bool
    """Whether the prompt lists liked and disliked items."""


def _plain(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise ValueError("must not be empty")
    if "<" in line or "[" in line:
        raise ValueError(
            "must not hold '<' or '[': a program finds mentions and turns by them. Say "
            '"the target" or "a listed movie" instead'
        )
    return line


def _without_brackets(text: str) -> str:
    if "(" in text:
        raise ValueError("must not hold '(': the prompt writes the axes in brackets behind it")
    return text


def _each_once(features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    if len(set(features)) != len(features):
        raise ValueError("each feature may be named once")
    return features


_Text = Annotated[str, Field(max_length=600), AfterValidator(_plain)]
_Features = Annotated[tuple[Feature, ...], AfterValidator(_each_once)]


class ShownFeatures(Frozen):
    """A column of the paper's table 2: which features of which items a prompt shows."""

    target: _Features = Field(default=(), description="Of the item to be recommended.")
    history: _Features | None = Field(
        default=None,
        description="Of the liked and disliked items; without this key they are not listed at all.",
    )


class Stereotype(Frozen):
    """One kind of simulated user. Texts may be of several lines; they are folded into one."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=60,
        description="In configs and datasets: small letters, digits and underscores.",
    )
    display_name: Annotated[str, AfterValidator(_plain), AfterValidator(_without_brackets)] = Field(
        max_length=60, description="In prompts and reports, e.g. Curious Newcomer."
    )
    description: _Text = Field(description="What kind of user this is. For readers, not prompts.")
    preference: Preference = Field(description="How the user expresses preferences.")
    clarity: Clarity = Field(description="How clear the user's intention is.")
    knows: _Text = Field(description="What is known of the user, and what the user knows.")
    wants: _Text = Field(description="What the user is after.")
    opening: _Text = Field(description="How the user begins the conversation.")
    assistant: tuple[_Text, ...] = Field(
        min_length=1, description="What the assistant does, step by step; the last recommends."
    )
    features: ShownFeatures = Field(description="What the prompt tells about the items.")

    @property
    def axes(self) -> Axes:
        """Preference, clarity, and whether there is a history."""
        return Axes(self.preference, self.clarity, self.shows_history)

    @property
    def shows_history(self) -> bool:
        """Whether the prompt lists liked and disliked items."""
        return self.features.history is not None
