"""How good the catalogue is, and whom grounding dropped: from what the grounding service reports.

That report is data of another service, so its shape is checked here; the page does without what it
lacks (a run that was not grounded, or by an older version).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError


class _Reported(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LongTail(_Reported):
    """How unevenly interactions are spread over the items."""

    top_percent: dict[str, float]
    """Share of the interactions with the most popular so many % of the items."""
    gini: float
    median_interactions: float


class CatalogueQuality(_Reported):
    """What is known of the items of the k-core, and how they are used."""

    coverage: dict[str, float]
    """Share of the items that have the fact."""
    long_tail: LongTail
    disliked_share: float
    disliked_target_share: float


class _Grounding(_Reported):
    quality: CatalogueQuality
    ratings: dict[str, int]
    users_before_core: int
    users: int
    sampled_users: int
    drops: dict[str, int]


@dataclass(frozen=True)
class CatalogueView:
    """What the page shows of the catalogue."""

    quality: CatalogueQuality
    ratings: dict[str, float]
    """Share of the interactions by star."""
    left_out: dict[str, int]
    """Users without a profile, by reason."""


def catalogue_view(grounding: Mapping[str, JsonValue]) -> CatalogueView | None:
    """The view of a grounding report; None where it does not hold what is to be shown."""
    try:
        found = _Grounding.model_validate(grounding)
    except ValidationError:
        return None
    total = sum(found.ratings.values())
    left_out = {
        "not in the k-core": found.users_before_core - found.users,
        "not in the sample": found.users - found.sampled_users,
        **{reason.replace("_", " "): count for reason, count in found.drops.items()},
    }
    return CatalogueView(
        quality=found.quality,
        ratings={star: count / total for star, count in found.ratings.items()} if total else {},
        left_out={reason: count for reason, count in left_out.items() if count},
    )
