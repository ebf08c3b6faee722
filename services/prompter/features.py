"""What a prompt may tell about a user's items: table 2 of the paper applied to one profile."""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

from recdial.domain import Interaction, UserProfile
from recdial.promptfacts import Feature, PromptFacts, PromptItem, one_line
from recdial.settings import PromptingConfig
from services.prompter.stereotypes import Stereotype


def prompt_facts(
    profile: UserProfile,
    stereotype: Stereotype,
    config: PromptingConfig,
    mode: Literal["strict", "paper"],
) -> PromptFacts:
    """The facts of the prompt for one profile under one stereotype.

    An item rated more than once is listed with its last rating only, and never beside itself as the
    target. In the strict profile the user's own review of the target is withheld (defect 3 in
    docs/differences.md): a review of what is still to be recommended gives the ending away.
    """
    target_features = stereotype.target_features
    if mode == "strict":
        target_features -= {Feature.review}
    history: list[Interaction] = []
    if stereotype.shows_history:
        last = {rated.item.item_id: rated for rated in profile.history}
        last.pop(profile.target.item.item_id, None)
        history = list(last.values())
    shown = [(rated, _item(rated, stereotype.history_features, config)) for rated in history]
    return PromptFacts(
        liked=tuple(item for rated, item in shown if rated.liked),
        disliked=tuple(item for rated, item in shown if not rated.liked),
        target=_item(profile.target, target_features, config),
    )


def _item(rated: Interaction, shown: Set[Feature], config: PromptingConfig) -> PromptItem:
    facts = rated.item
    review = ": ".join(filter(None, (rated.review_title.strip(), rated.review_text.strip())))
    features: dict[Feature, str | tuple[str, ...]] = {
        Feature.genres: facts.genres,
        Feature.keywords: facts.keywords[: config.max_keywords],
        Feature.directors: facts.directors,
        Feature.actors: facts.actors[: config.max_actors],
        Feature.collection: facts.collection,
        Feature.overview: cut(facts.overview, config.max_overview_chars),
        Feature.visual_caption: facts.visual_caption,
        Feature.review: cut(review, config.max_review_chars),
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
