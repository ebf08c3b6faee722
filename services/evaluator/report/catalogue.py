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


class MatchExample(_Reported):
    """An item, and the film whose title is most like its own."""

    title: str
    reviews: int
    film: str
    """Title and year; empty where no film is anything like it."""
    score: float


class Matching(_Reported):
    """How items were matched to films of TMDB, by title."""

    min_score: float
    items: int
    matched: int
    ambiguous: int
    editions: int
    unmatched: int
    not_films: int
    untitled: int
    ambiguous_examples: tuple[MatchExample, ...]
    unmatched_examples: tuple[MatchExample, ...]

    @property
    def counts(self) -> dict[str, int]:
        """What became of the items, in words."""
        return {
            "looked for": self.items,
            "matched": self.matched,
            "of these ambiguous": self.ambiguous,
            "of these further editions of a film": self.editions,
            "not matched": self.unmatched,
            "of these series or sets of films": self.not_films,
            "without a title": self.untitled,
        }

    @property
    def tables(self) -> dict[str, list[dict[str, str | int]]]:
        """The most reviewed items that were not matched, or that several films fit."""
        shown = {"Not matched": self.unmatched_examples, "Ambiguous": self.ambiguous_examples}
        return {
            name: [
                {
                    "item": each.title,
                    "reviews": each.reviews,
                    "best film": each.film or "none",
                    "score": f"{each.score:.2f}",
                }
                for each in examples
            ]
            for name, examples in shown.items()
            if examples
        }


class _Catalogue(_Reported):
    matching: Matching | None = None


class _Grounding(_Reported):
    catalogue: _Catalogue = _Catalogue()
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
    matching: Matching | None
    """Where items were matched to films by title."""


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
        matching=found.catalogue.matching,
    )
