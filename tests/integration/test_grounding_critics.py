"""Grounding on real reviews: the counts of the paper's 12-core on the critics data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recdial.domain import UserProfile
from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.profiles import Drop, Profile
from services.grounding.rows import ReadReport
from services.grounding.source import Grounded, ground
from services.grounding.sources.amazon2023 import amazon2023, parse_review


def ground_critics(shared_data: Path, profile: Profile) -> Grounded:
    folder = shared_data / "critics"
    source = SourceConfig(
        reviews=folder / "reviews.jsonl",
        tmdb=folder / "tmdb.json",
        metadata=folder / "meta.jsonl",
    )
    return ground(source, GroundingConfig(), profile, seed=7)


@pytest.mark.parametrize("profile", ["strict", "paper"])
def test_the_12_core_has_the_known_size(shared_data: Path, profile: Profile) -> None:
    grounded = ground_critics(shared_data, profile)
    report = grounded.report
    assert (report.interactions, report.users, report.items) == (27_312, 639, 383)
    assert (report.reviews.lines, report.reviews.bad) == (28_132, 0)
    assert sum(report.ratings.values()) == 27_312
    assert len(grounded.items) == 383


def test_strict_drops_the_one_user_who_likes_nothing(shared_data: Path) -> None:
    grounded = ground_critics(shared_data, "strict")
    found = list(grounded.profiles())
    drops = [each for each in found if isinstance(each, Drop)]
    profiles = [each for each in found if isinstance(each, UserProfile)]
    assert [drop.reason for drop in drops] == ["no_liked_item"]
    assert len(profiles) == grounded.report.profiles == 638
    assert all(profile.target.liked for profile in profiles)
    assert all(len(profile.history) <= 9 for profile in profiles)
    assert sum(not profile.history for profile in profiles) == 1
    shown = [seen for profile in profiles for seen in (*profile.history, profile.target)]
    assert all(seen.review_text for seen in shown)


def test_paper_has_245_disliked_targets(shared_data: Path) -> None:
    grounded = ground_critics(shared_data, "paper")
    profiles = [each for each in grounded.profiles() if isinstance(each, UserProfile)]
    assert len(profiles) == 639
    assert sum(not profile.target.liked for profile in profiles) == 245
    assert (grounded.report.disliked_targets, grounded.report.drops) == (245, {})


def test_the_real_amazon_rows_are_all_good(shared_data: Path) -> None:
    path = shared_data / "amazon2023" / "reviews_sample.jsonl"
    report = ReadReport(str(path), max_bad_line_share=0.0)
    source = amazon2023(path)
    (batch,) = source.batches(report)
    with source.shown(batch.locators) as read:
        reviews = read(batch.locators)
    assert (len(reviews), report.lines, report.good) == (60, 60, 60)
    assert reviews == [parse_review(json.loads(line)) for line in path.read_bytes().splitlines()]
    assert batch.users.to_pylist() == [review.user_id for review in reviews]
    assert batch.ratings.tolist() == [review.rating for review in reviews]
    assert len({review.user_id for review in reviews}) == 15
    assert all(review.text for review in reviews)
