from __future__ import annotations

from typing import Any

import pytest

from services.evaluator.report.catalogue import catalogue_view
from services.evaluator.report.html import render_html
from tests.unit.evaluator.conftest import MakeReport
from tests.unit.evaluator.test_report_html import Page

GROUNDING: dict[str, Any] = {
    "quality": {
        "coverage": {"genres": 1.0, "keywords": 0.952},
        "long_tail": {
            "top_percent": {"1": 0.125, "10": 0.5, "20": 0.7},
            "gini": 0.61,
            "median_interactions": 31.0,
        },
        "disliked_share": 0.38,
        "disliked_target_share": 0.0,
    },
    "ratings": {"1": 1, "5": 3},
    "users_before_core": 92,
    "users": 50,
    "sampled_users": 45,
    "drops": {"no_liked_item": 4},
    "profiles": 41,
}


def test_users_left_out_are_told_by_reason() -> None:
    view = catalogue_view(GROUNDING)
    assert view is not None
    assert view.left_out == {
        "not in the k-core": 42,
        "not in the sample": 5,
        "no liked item": 4,
    }
    assert view.ratings == {"1": 0.25, "5": 0.75}


def test_the_page_shows_how_good_the_catalogue_is(make_report: MakeReport) -> None:
    text = Page(render_html(make_report(grounding=GROUNDING))).text
    for said in (
        "genres 100.0% keywords 95.2%",
        "1 25.0% 5 75.0%",
        "38.0% of the interactions and 0.0% of the targets are disliked",
        "1 12.5% 10 50.0% 20 70.0%",
        "Gini 0.61",
        "31.0 interactions in the median",
        "not in the k-core 42",
    ):
        assert said in text


def example(title: str, film: str, score: float) -> dict[str, Any]:
    found = {"title": title, "film": film, "score": score}
    return found | {"item_id": "B1", "reviews": 1234, "film_id": "348"}


MATCHING: dict[str, Any] = {
    "min_score": 0.88,
    "items": 100,
    "matched": 70,
    "ambiguous": 3,
    "editions": 9,
    "unmatched": 20,
    "not_films": 12,
    "untitled": 10,
    "ambiguous_examples": [example("King Kong [DVD]", "King Kong (2005)", 0.931)],
    "unmatched_examples": [
        example("Friends: <b>Season</b> 4", "", 0.0),
        example("Bravehart", "Braveheart (1995)", 0.873),
    ],
    "edition_examples": [],
}


def test_the_page_shows_how_items_were_matched(make_report: MakeReport) -> None:
    grounding = GROUNDING | {"catalogue": {"records": 5, "matching": MATCHING}}
    text = Page(render_html(make_report(grounding=grounding))).text
    for said in (
        "where the score is at least 0.88",
        "looked for 100 matched 70 of these ambiguous 3",
        "not matched 20 of these series or sets of films 12 without a title 10",
        "Not matched, the most reviewed",
        "Friends: <b>Season</b> 4 1,234 none 0.00",
        "Bravehart 1,234 Braveheart (1995) 0.87",
        "King Kong [DVD] 1,234 King Kong (2005) 0.93",
    ):
        assert said in text


@pytest.mark.parametrize("catalogue", [{"records": 5}, {"records": 5, "matching": None}])
def test_where_nothing_was_matched_by_title_nothing_is_said_of_it(
    catalogue: dict[str, Any], make_report: MakeReport
) -> None:
    html = render_html(make_report(grounding=GROUNDING | {"catalogue": catalogue}))
    assert 'id="catalogue"' in html
    assert "Items matched to films" not in html


@pytest.mark.parametrize("missing", ["quality", "ratings", "users_before_core"])
def test_a_report_without_these_figures_has_no_such_section(
    missing: str, make_report: MakeReport
) -> None:
    grounding = {key: value for key, value in GROUNDING.items() if key != missing}
    html = render_html(make_report(grounding=grounding))
    Page(html)
    assert 'id="catalogue"' not in html
    assert "#catalogue" not in html
