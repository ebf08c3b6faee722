from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from recdial.domain import UserProfile
from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.source import Grounded, ground

EXAMPLES = Path(__file__).parents[3] / "examples"
SAMPLE = EXAMPLES / "sample"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / "make_sample.py"))


@pytest.fixture(scope="module")
def grounded() -> Grounded:
    source = SourceConfig(reviews=SAMPLE / "reviews.jsonl", tmdb=SAMPLE / "tmdb.json")
    core = GroundingConfig(min_user_interactions=5, min_item_interactions=5)
    return ground(source, core, "strict", seed=7)


def test_the_committed_sample_is_what_the_script_writes(
    script: dict[str, Any], tmp_path: Path
) -> None:
    script["write_sample"](tmp_path)
    for name in ("reviews.jsonl", "tmdb.json"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), (
            f"examples/sample/{name} is not current: run python examples/make_sample.py"
        )


def test_films_are_distinct_and_their_facts_complete(script: dict[str, Any]) -> None:
    films = script["FILMS"]
    assert len({(film.title, film.year) for film in films}) == len(films) == 80
    for film in films:
        assert 1940 <= film.year <= 2024
        assert len(set(film.keywords.split("; "))) >= 3
        assert len(set(film.cast.split("; "))) >= 3
        assert film.title.lower() not in film.overview.lower()


def test_the_sample_reads_without_a_fault_and_nearly_all_of_it_is_in_the_5_core(
    grounded: Grounded,
) -> None:
    report = grounded.report
    assert (report.reviews.lines, report.reviews.good) == (1047, 1047)
    assert (report.catalogue.items, report.catalogue.malformed.kinds) == (80, {})
    assert (report.users, report.items, report.interactions) == (60, 79, 1043)
    assert (report.profiles, report.drops) == (59, {"no_liked_item": 1})


def test_every_profile_of_the_sample_has_reviews_and_facts(grounded: Grounded) -> None:
    profiles = [each for each in grounded.profiles() if isinstance(each, UserProfile)]
    assert len(profiles) == 59
    for profile in profiles:
        for seen in (*profile.history, profile.target):
            assert seen.review_text
            assert seen.item.directors
            assert seen.item.actors
            assert seen.item.genres
            assert seen.item.keywords
