"""Hand-made profiles whose every text says where it comes from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recdial.domain import Interaction, ItemFacts, UserProfile
from recdial.settings import RunConfig


def _rated(name: str, rating: float, timestamp: int) -> Interaction:
    return Interaction(
        item=ItemFacts(
            item_id=f"T{name}",
            title=f"{name}-title",
            year=1990 + timestamp,
            genres=(f"{name}-genres",),
            keywords=(f"{name}-keywords",),
            actors=(f"{name}-actors",),
            directors=(f"{name}-directors",),
            overview=f"{name}-overview",
            collection=f"{name}-collection",
            visual_caption=f"{name}-caption",
            countries=(f"{name}-countries",),
        ),
        rating=rating,
        timestamp=timestamp,
        review_title=f"{name}-headline",
        review_text=f"{name}-review",
    )


@pytest.fixture
def profile() -> UserProfile:
    """A user who liked and disliked one item each before the target."""
    return UserProfile(
        user_id="U1",
        history=(_rated("liked", 4.0, 1), _rated("disliked", 3.0, 2)),
        target=_rated("target", 5.0, 3),
    )


@pytest.fixture
def make_config() -> Callable[..., RunConfig]:
    """A run's configuration, with keys changed."""

    def make(**changes: object) -> RunConfig:
        return RunConfig.model_validate(
            {
                "name": "test",
                "source": {"reviews": "reviews.jsonl", "tmdb": "tmdb.json"},
                "teacher": {"backend": "scripted"},
                "student": {"backend": "scripted"},
                "distillation": {"mode": "none"},
            }
            | changes
        )

    return make
