"""What a prompt may tell about a user's items: table 2 of the paper applied to one profile."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from recdial.domain import Interaction, ItemFacts, UserProfile
from recdial.promptfacts import PromptFacts, PromptItem, one_line, quotable
from recdial.settings import PromptingConfig
from recdial.stereotypes import Feature, Stereotype
from services.prompter.cleaning import clean

WITHHELD_OF_TARGET = MappingProxyType(
    {"strict": frozenset({Feature.review}), "paper": frozenset[Feature]()}
)
"""What a profile never shows of the target: the user's own review gives the ending away (defect 3
in docs/differences.md)."""

_CACHED_ITEMS = 8192


def prompt_facts(
    profile: UserProfile,
    stereotype: Stereotype,
    config: PromptingConfig,
    mode: Literal["strict", "paper"],
) -> PromptFacts:
    """The facts of the prompt for one profile under one stereotype.

    An item rated more than once is listed with its last rating only, and never beside itself as the
    target. In the strict profile the user's own review of the target is withheld.
    """
    features = stereotype.features
    history: list[Interaction] = []
    if features.history is not None:
        last = {rated.item.item_id: rated for rated in profile.history}
        last.pop(profile.target.item.item_id, None)
        history = list(last.values())
    of_history = frozenset(features.history or ())
    of_target = frozenset(features.target) - WITHHELD_OF_TARGET[mode]
    shown = [(rated, _item(rated, of_history, config)) for rated in history]
    return PromptFacts(
        liked=tuple(item for rated, item in shown if rated.liked),
        disliked=tuple(item for rated, item in shown if not rated.liked),
        target=_item(profile.target, of_target, config),
    )


def _item(rated: Interaction, shown: frozenset[Feature], config: PromptingConfig) -> PromptItem:
    item = _known_item(
        rated.item, shown, config.max_keywords, config.max_actors, config.max_overview_chars
    )
    if Feature.review not in shown:
        return item
    review = ": ".join(filter(None, (clean(rated.review_title), clean(rated.review_text))))
    return item.model_copy(update={"review": cut(quotable(review), config.max_review_chars)})


# Popular items are in the histories of many users.
@lru_cache(maxsize=_CACHED_ITEMS)
def _known_item(
    facts: ItemFacts,
    shown: frozenset[Feature],
    max_keywords: int,
    max_actors: int,
    max_overview_chars: int,
) -> PromptItem:
    """The item with what is the same for every user."""
    features: dict[Feature, str | tuple[str, ...]] = {
        Feature.genres: facts.genres,
        Feature.keywords: facts.keywords[:max_keywords],
        Feature.directors: facts.directors,
        Feature.actors: facts.actors[:max_actors],
        Feature.collection: facts.collection,
        Feature.overview: cut(facts.overview, max_overview_chars),
        Feature.visual_caption: facts.visual_caption,
    }
    return PromptItem.model_validate(
        {"item_id": facts.item_id, "title": facts.title, "year": facts.year}
        | {feature.value: value for feature, value in features.items() if feature in shown}
    )


def cut(text: str, limit: int) -> str:
    """The text on one line and at most `limit` characters long, cut between words if it can be."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    # One character more than fits: a word that ends exactly at the limit is kept whole.
    head, space, _ = line[: limit + 1].rpartition(" ")
    return head if space else line[:limit]
